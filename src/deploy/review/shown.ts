import { statSync } from 'node:fs';
import { textOf } from '../../config/given-file';
import { Refusal } from '../errors';
import type { PlanDocument } from './document';
import { MOST_PLAN_BYTES, planIn } from './form';

/** What a plan that Terraform saved begins with: it is a zip. */
const ZIP = 'PK';

/**
 * What `plan --for-review` or `terraform show -json` printed into a file.
 *
 * @param file one that can be read, as the guard of `--saved` sees to
 * @returns undefined where the file is a saved plan
 * @throws {Refusal} where it is neither, or too large
 */
export function shownPlan(file: string): PlanDocument | undefined {
  const { size } = statSync(file);
  if (size > MOST_PLAN_BYTES) throw refused(file, `must be ${MOST_PLAN_BYTES} bytes at most, and has ${size}`);
  const text = textOf(file, (why) => refused(file, `${WANTED}: ${why}`));
  if (text.startsWith(ZIP)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refused(file, `${WANTED}, and is no JSON`);
  }
  const plan = planIn(json);
  if (typeof plan === 'string') throw refused(file, `${WANTED}: ${plan}`);
  return plan;
}

const WANTED = 'must be what `plan --out` saved, or what `plan --for-review` or `terraform show -json` printed';

const refused = (file: string, rule: string): Refusal =>
  new Refusal('command line', '--saved', { value: file, rule, fix: 'make it anew, and see whether that fails' });
