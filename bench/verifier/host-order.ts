import { type BenchPod, HOST, matches } from '../schema';

/**
 * Hostname spread on one node. Its minimum is 0, for a new and empty node is always possible, so a pod that is placed
 * only ever takes room from later ones. Hence an order can be found backwards: whoever may come last, comes last.
 */

const spreads = (pod: BenchPod) => (pod.topologySpread ?? []).filter(({ topologyKey }) => topologyKey === HOST);

/** May the pod come to the node with these others? */
export const hostHolds = (pod: BenchPod, others: BenchPod[]): boolean =>
  spreads(pod).every(({ matchLabels, maxSkew }) => {
    const there = others.filter((other) => matches(matchLabels, other.labels)).length;
    return there + (matches(matchLabels, pod.labels) ? 1 : 0) <= maxSkew;
  });

/** Pods that come at no place in any order, to be let in all the same; empty where an order exists. */
export function hostStuck(before: BenchPod[], pods: BenchPod[]): BenchPod[] {
  let left = pods;
  const stuck: BenchPod[] = [];
  while (left.some((pod) => spreads(pod).length > 0)) {
    const others = (pod: BenchPod) => [...before, ...left.filter((other) => other !== pod)];
    const last =
      left.find((pod) => spreads(pod).length > 0 && hostHolds(pod, others(pod))) ??
      left.find((pod) => spreads(pod).length === 0);
    const removed = last ?? mostInTheWay(before, left);
    if (!last) stuck.push(removed);
    left = left.filter((pod) => pod !== removed);
  }
  return stuck;
}

/** Without this one, most of the others hold. */
function mostInTheWay(before: BenchPod[], pods: BenchPod[]): BenchPod {
  const holding = (without: BenchPod): number => {
    const rest = pods.filter((pod) => pod !== without);
    return rest.filter((pod) => hostHolds(pod, [...before, ...rest.filter((other) => other !== pod)])).length;
  };
  return pods
    .map((pod) => ({ pod, count: holding(pod) }))
    .reduce((best, each) => (each.count > best.count ? each : best)).pod;
}
