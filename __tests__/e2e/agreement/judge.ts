import type { Pod } from '../../../src/world/kubernetes/objects';
import { kinOf } from '../../../src/world/kubernetes/scheduler/facts';
import { keyOf } from '../../autoscaler/planning/packing/scheduler';
import { type Case, codeOf } from './cases';
import { hopelessOf, promisedOf } from './codes';
import { kept } from './luck';

/** Plays of a case in which the plan and a scheduler were of two minds. */
const PLAYS = 100;

export interface Judged {
  /** Each with its pod and the reason: promises that another fall of the dice, or another order, would have kept. */
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
 * case that was promised a place has one. It is the order's where as many pods of its workload run as were promised to:
 * one that was promised nothing was tried again sooner, and has its place.
 */
export function judge(each: Case, seed: number, { runs, why, isOfChoice }: Doing): Judged {
  const told = (what: string) => `case ${each.number} (seed ${seed}): ${what}`;
  const said = (key: string, code: string, does: string) => told(`${key}: ${code}, and it ${does}: ${why(key)}`);
  const missed = promisedOf(each).filter((pod) => !runs(keyOf(pod)));
  const isReplaced = (pod: Pod) =>
    ofKin(each.queue, pod).filter((other) => runs(keyOf(other))).length >= ofKin(promisedOf(each), pod).length;
  const waiting = (pod: Pod) => said(keyOf(pod), codeOf(each, pod), 'waits');
  const replaced = missed.filter(isReplaced).map((pod) => `${waiting(pod)}; another pod of its workload has its place`);
  const broken = missed.filter((pod) => !isReplaced(pod)).map(waiting);
  const running = hopelessOf(each)
    .filter((pod) => runs(keyOf(pod)))
    .map((pod) => said(keyOf(pod), codeOf(each, pod), 'runs'));
  if (broken.length === 0) return { dice: replaced, unexplained: running };
  const well = kept(each, seed, PLAYS);
  const words = `; ${well} of ${PLAYS} plays with dice keep all promises of the case`;
  const all = broken.map((what) => what + words);
  return isOfChoice && well > 0
    ? { dice: [...replaced, ...all], unexplained: running }
    : { dice: replaced, unexplained: [...all, ...running] };
}

const ofKin = (pods: readonly Pod[], pod: Pod): Pod[] => pods.filter((other) => kinOf(other) === kinOf(pod));
