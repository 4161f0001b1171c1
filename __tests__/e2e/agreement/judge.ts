import { keyOf } from '../../autoscaler/planning/packing/scheduler';
import { type Case, codeOf } from './cases';
import { hopelessOf, promisedOf } from './codes';
import { kept } from './luck';

/** Plays of a case in which the plan and a scheduler were of two minds. */
const PLAYS = 100;

export interface Judged {
  /** Of these, each with the pod: promises that another fall of the dice would have kept. */
  dice: string[];
  /** Everything else. */
  unexplained: string[];
}

/** What a scheduler did with a case. */
export interface Doing {
  runs(key: string): boolean;
  /** For people. */
  why(key: string): string;
  /** Each pod went to a node that the world's scheduler likes best, too. */
  isOfChoice: boolean;
}

/**
 * Pods about which the plan and a scheduler are of two minds, with the reason. A broken promise is the dice's where all
 * that was decided was decided among nodes that are liked the same, and where in another play with dice every pod of the
 * case that was promised a place has one.
 */
export function judge(each: Case, seed: number, { runs, why, isOfChoice }: Doing): Judged {
  const told = (what: string) => `case ${each.number} (seed ${seed}): ${what}`;
  const said = (key: string, code: string, does: string) => told(`${key}: ${code}, and it ${does}: ${why(key)}`);
  const broken = promisedOf(each)
    .filter((pod) => !runs(keyOf(pod)))
    .map((pod) => said(keyOf(pod), codeOf(each, pod), 'waits'));
  const running = hopelessOf(each)
    .filter((pod) => runs(keyOf(pod)))
    .map((pod) => said(keyOf(pod), codeOf(each, pod), 'runs'));
  if (broken.length === 0) return { dice: [], unexplained: running };
  const well = kept(each, seed, PLAYS);
  const words = `; ${well} of ${PLAYS} plays with dice keep all promises of the case`;
  const all = broken.map((what) => what + words);
  return isOfChoice && well > 0 ? { dice: all, unexplained: running } : { dice: [], unexplained: [...all, ...running] };
}
