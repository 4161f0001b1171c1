import type { Pod } from '../../../src/world/kubernetes/objects';
import { type Case, codeOf } from './cases';

/** A pod with one of these runs once all nodes are there. */
const PROMISED = new Set(['pod-fits-existing', 'pod-fits-joining', 'pod-fits-draining', 'pod-gets-node']);
/** A pod with one of these is not taken by any node, not even a new one. */
const HOPELESS = new Set(['pod-too-large', 'pod-kept-away']);

export const promisedOf = (each: Case): Pod[] => each.queue.filter((pod) => PROMISED.has(codeOf(each, pod)));
export const hopelessOf = (each: Case): Pod[] => each.queue.filter((pod) => HOPELESS.has(codeOf(each, pod)));

/** How many pods got each code, the most first. */
export function tallied(cases: readonly Case[]): [code: string, count: number][] {
  const counts = new Map<string, number>();
  for (const each of cases) {
    for (const pod of each.queue) counts.set(codeOf(each, pod), (counts.get(codeOf(each, pod)) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}
