import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isThere } from '../../../src/dev/is-there';
import { cacheDirectory } from '../../../src/dev/prometheus/cache';
import { fromDebian } from '../../../src/dev/prometheus/debian';

const PACKAGE = 'prometheus-node-exporter';
const VARIABLE = 'E2E_NODE_EXPORTER';
const MISSING = 'E2E_NODE_EXPORTER_MISSING';

/** Gets the distribution's node-exporter for a whole run of Jest; its workers inherit where it is. */
export async function prepareNodeExporter(log: (line: string) => void): Promise<void> {
  const cache = cacheDirectory(process.env);
  const place = path.join(cache, `${PACKAGE}-${process.platform}-${process.arch}`);
  try {
    if (!(await isThere(place))) await putInCache(cache, place);
    process.env[VARIABLE] = place;
  } catch (error) {
    process.env[MISSING] = `node-exporter: ${(error as Error).message.split('\n')[0]}`;
    log(`end to end: ${process.env[MISSING]}`);
  }
}

async function putInCache(cache: string, place: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'incoming-'));
  try {
    await rename(await fromDebian(PACKAGE)(work), place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Why there is no node-exporter, for `itOrSkip`; undefined when there is one. */
export const missingNodeExporter = (): string | undefined =>
  process.env[VARIABLE] === undefined ? (process.env[MISSING] ?? 'run it by `npm run test:e2e`') : undefined;

/** Path of the real node-exporter. @throws Error when there is none */
export function nodeExporterProgram(): string {
  const program = process.env[VARIABLE];
  if (program === undefined) throw new Error(missingNodeExporter());
  return program;
}
