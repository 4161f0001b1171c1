import { z } from 'zod';
import { textOf } from '../config/given-file';
import type { PlayedRun } from './saving';

/** A file that is no report. Its message names file, place, rule and fix. */
export class BadRun extends Error {
  override readonly name = 'BadRun';
  readonly exitCode = 2;
}

const RUN = z.object({
  name: z.string(),
  timeline: z.array(z.object({ time: z.iso.datetime() })),
  summary: z.object({
    costUsd: z.number().nullable(),
    staticCostUsd: z.number().nullable(),
    nodeHours: z.number(),
    peakNodes: z.number(),
  }),
});

/**
 * Reads what `simulate --json` printed: a report, or an array of them.
 *
 * @throws {BadRun} names file, place, value, rule and fix
 */
export function readPlayedRuns(file: string): PlayedRun[] {
  const text = textOf(file, (why) => refused(file, why));
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw refused(file, `it is no JSON: ${(error as Error).message}`);
  }
  const result = z
    .array(RUN)
    .min(1)
    .safeParse(Array.isArray(document) ? document : [document]);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw refused(file, `${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
}

const refused = (file: string, why: string): BadRun =>
  new BadRun(
    `--run ${file}: must be what simulate --json printed: ${why}; ` +
      `write one with npm run -s simulate -- scenarios/tour.yaml --json > run.json`,
  );
