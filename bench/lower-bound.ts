import { type BenchPod, type BenchType, HOST, type Input, matches } from './schema';

/**
 * A price that no plan can go below. Prices per unit that no instance type undercuts: weights w, so that for every
 * type (what it offers) · w <= its price. Then any fleet that holds the demand costs at least demand · w. The best such w
 * is the dual of the linear program that buys fractions of nodes.
 *
 * Offered and demanded are CPU, memory, pods, and places for the largest group that lives apart: pods that keep each
 * other off a node by hostname anti-affinity, of which a node takes one. The room of existing nodes counts as if all of
 * it could be used. What it leaves out (whole nodes, zones, spread) only makes the truth dearer.
 */
export function lowerBound(input: Input): number {
  const left = leftOver(input);
  const wanted = left.flatMap((value, i) => (value > 0 ? [i] : []));
  if (wanted.length === 0) return 0;
  // What a dollar an hour of each type gives, in parts of the demand.
  const offers = input.instanceTypes.map((type) => {
    const offered = offeredBy(type);
    return wanted.map((i) => (offered[i] ?? 0) / (left[i] ?? 1) / type.price);
  });
  return best([], 1, wanted.length, (shares) => {
    const values = offers.map((offer) => sum(offer, (value, i) => value * (shares[i] ?? 0)));
    return 1 / Math.max(...values);
  });
}

/** The demand without what existing nodes have room for. */
function leftOver({ pods, existingNodes }: Input): number[] {
  const apart = largestApart(pods);
  const isApart = (pod: BenchPod) => apart !== undefined && matches(apart, pod.labels);
  const free = (key: 'cpuMilli' | 'memoryMi') =>
    sum(existingNodes, (node) => node[key] - sum(node.running, (pod) => pod[key]));
  return [
    sum(pods, ({ cpuMilli }) => cpuMilli) - free('cpuMilli'),
    sum(pods, ({ memoryMi }) => memoryMi) - free('memoryMi'),
    pods.length - sum(existingNodes, (node) => node.pods - node.running.length),
    pods.filter((pod) => isApart(pod) && pod.podAntiAffinity !== undefined).length -
      existingNodes.filter((node) => !node.running.some(isApart)).length,
  ];
}

const offeredBy = (type: BenchType): number[] => [
  type.cpuMilli - type.reservedCpuMilli,
  type.memoryMi - type.reservedMemoryMi,
  type.pods,
  1,
];

/**
 * The bound for the best way to share the price of the demand among its resources. It rises towards one optimum from
 * everywhere (it is quasi-concave), so each share is found by golden section, the later ones inside of the earlier.
 */
function best(shares: number[], left: number, count: number, bound: (shares: number[]) => number): number {
  if (shares.length === count - 1) return bound([...shares, left]);
  const value = (share: number) => best([...shares, share], left - share, count, bound);
  let [from, to] = [0, left];
  let [a, b] = [to - GOLDEN * (to - from), from + GOLDEN * (to - from)];
  let [atA, atB] = [value(a), value(b)];
  for (let step = 0; step < STEPS; step += 1) {
    if (atA < atB) {
      [from, a, atA] = [a, b, atB];
      b = from + GOLDEN * (to - from);
      atB = value(b);
    } else {
      [to, b, atB] = [b, a, atA];
      a = to - GOLDEN * (to - from);
      atA = value(a);
    }
  }
  return Math.max(atA, atB, value(0), value(left));
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const STEPS = 24;

/** The labels of the largest group whose pods all keep each other off their nodes. */
function largestApart(pods: BenchPod[]): Record<string, string> | undefined {
  const groups = new Map<string, { labels: Record<string, string>; count: number }>();
  for (const pod of pods) {
    for (const { topologyKey, matchLabels } of pod.podAntiAffinity ?? []) {
      if (topologyKey !== HOST || !matches(matchLabels, pod.labels)) continue;
      const key = JSON.stringify(matchLabels);
      const group = groups.get(key) ?? { labels: matchLabels, count: 0 };
      groups.set(key, { ...group, count: group.count + 1 });
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)[0]?.labels;
}

const sum = <T>(items: readonly T[], value: (item: T, index: number) => number): number =>
  items.reduce((total, item, index) => total + value(item, index), 0);
