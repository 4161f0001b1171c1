import { type BenchPod, type BenchSpread, HOST, type Labels, matches, ZONE } from '../schema';
import { hostHolds, hostStuck } from './host-order';
import type { PlacedOn } from './nodes';
import type { Report, Rule } from './report';

/**
 * Affinity and spread bind a pod at the moment when it is placed, and the plan does not say in which order that was. So
 * an order is constructed: again and again one pod is placed whose constraints hold now, first one that keeps the zones
 * even for those that are still to come. Where none is left, the plan gets a violation, and a pod is placed all the same.
 *
 * What is found in order is a proof. That none was found is none for the contrary: it is tried again with those first
 * that found no place, and the attempt with the fewest violations counts.
 */
export function checkOrder(
  nodes: PlacedOn[],
  zones: string[],
  order: readonly string[] | undefined,
  report: Report,
): void {
  const stuckOnHost = new Set<BenchPod>();
  for (const node of nodes) {
    for (const pod of hostStuck(node.running, node.placed)) {
      stuckOnHost.add(pod);
      report('host spread', `${pod.name} on ${node.name}`);
    }
  }
  if (order && holdsInOrder(nodes, zones, order)) return;
  let best: Stuck[] | undefined;
  const urgent = new Set<BenchPod>();
  for (let attempt = 0; attempt < ATTEMPTS && best?.length !== 0; attempt += 1) {
    const found = new Ordering(nodes, zones, stuckOnHost, urgent).run();
    if (!best || found.length < best.length) best = found;
    for (const { pod } of found) urgent.add(pod);
  }
  for (const { rule, pod, node } of best ?? []) report(rule, `${pod.name} on ${node.name}`);
}

/**
 * Does everything hold in the order that the planner tells, when a pod that does not hold yet waits for others to come?
 * Where it tells nothing, or a wrong one, an order is looked for.
 */
function holdsInOrder(nodes: PlacedOn[], zones: string[], order: readonly string[]): boolean {
  const left = new Map(nodes.flatMap((node) => node.placed.map((pod) => [pod.name, { pod, node }])));
  const ordering = new Ordering(nodes, zones, new Set(), new Set());
  let waiting: { pod: BenchPod; node: PlacedOn }[] = [];
  for (const name of order) {
    const next = left.get(name);
    if (!next) return false;
    left.delete(name);
    waiting.push(next);
    for (let before = -1; waiting.length !== before; ) {
      before = waiting.length;
      waiting = waiting.filter(({ pod, node }) => !ordering.placeIfHolds(pod, node));
    }
  }
  return left.size === 0 && waiting.length === 0;
}

interface Stuck {
  rule: Rule;
  pod: BenchPod;
  node: PlacedOn;
}

const ATTEMPTS = 10;

/** Ranks that are beyond all others. */
const FOR_GOOD = 1e6;
const FIRST = 1e12;

const add = (counts: Map<string, number>, zone: string, change: number): void => {
  counts.set(zone, (counts.get(zone) ?? 0) + change);
};

/** Pods that no rule of the zones tells apart. */
interface Bucket {
  zone: string;
  pod: BenchPod;
  spreads: BenchSpread[];
  /** Indices of the selectors that name these pods. */
  named: number[];
  waiting: { pod: BenchPod; node: PlacedOn }[];
}

interface Selector {
  matchLabels: Labels;
  /** By zone: the pods that it names and that are placed. */
  counts: Map<string, number>;
  /** By zone: pods still to come that are spread by it. */
  spread: Map<string, number>;
  /** By zone: pods still to come that it names and that are spread by something themselves. */
  bound: Map<string, number>;
  /** What the emptiest zone will have in the end. */
  finalLeast: number;
}

class Ordering {
  private readonly selectors: Selector[] = [];
  private readonly index = new Map<string, number>();
  private readonly buckets: Bucket[];
  private readonly onNode: Map<PlacedOn, { there: BenchPod[]; waiting: BenchPod[]; host: boolean }>;

  constructor(
    nodes: PlacedOn[],
    private readonly zones: string[],
    private readonly stuckOnHost: ReadonlySet<BenchPod>,
    private readonly urgent: ReadonlySet<BenchPod>,
  ) {
    this.onNode = new Map(nodes.map((node) => [node, this.stateOf(node)]));
    for (const pod of nodes.flatMap(({ placed }) => placed)) {
      for (const term of [...(pod.topologySpread ?? []), ...(pod.podAffinity ?? [])]) this.selector(term.matchLabels);
    }
    for (const { zone, running } of nodes) for (const pod of running) this.count(pod, zone);
    this.buckets = this.bucketsOf(nodes);
    for (const selector of this.selectors) selector.finalLeast = this.finalLeastOf(selector);
  }

  run(): Stuck[] {
    const violations: Stuck[] = [];
    for (;;) {
      const next = this.next();
      if (next === undefined) return violations;
      if (next.broken) violations.push({ rule: next.broken, pod: next.pod, node: next.node });
      this.place(next.bucket, next.pod, next.node);
    }
  }

  /** Whether the pod may be placed now; then it is. */
  placeIfHolds(pod: BenchPod, node: PlacedOn): boolean {
    const bucket = this.buckets.find(({ waiting }) => waiting.some((each) => each.pod === pod));
    if (!bucket || this.brokenBy(bucket) || !this.nodeHolds(pod, node)) return false;
    this.place(bucket, pod, node);
    return true;
  }

  private stateOf(node: PlacedOn) {
    const host = node.placed.some((pod) =>
      [...(pod.topologySpread ?? []), ...(pod.podAffinity ?? [])].some(({ topologyKey }) => topologyKey === HOST),
    );
    const waiting = node.placed.filter((pod) => !this.stuckOnHost.has(pod));
    return { there: [...node.running], waiting, host };
  }

  private selector(matchLabels: Labels): number {
    const key = JSON.stringify(Object.entries(matchLabels).sort());
    const known = this.index.get(key);
    if (known !== undefined) return known;
    this.index.set(key, this.selectors.length);
    this.selectors.push({ matchLabels, counts: this.zeros(), spread: new Map(), bound: new Map(), finalLeast: 0 });
    return this.selectors.length - 1;
  }

  private zeros(): Map<string, number> {
    return new Map(this.zones.map((zone) => [zone, 0]));
  }

  private of(matchLabels: Labels): Selector {
    return this.selectors[this.selector(matchLabels)] as Selector;
  }

  private count(pod: BenchPod, zone: string): void {
    for (const { matchLabels, counts } of this.selectors) {
      if (matches(matchLabels, pod.labels)) add(counts, zone, 1);
    }
  }

  /** What all buckets will have added to it. */
  private finalLeastOf({ matchLabels, counts }: Selector): number {
    const final = new Map(counts);
    for (const { pod, zone, waiting } of this.buckets) {
      if (matches(matchLabels, pod.labels)) add(final, zone, waiting.length);
    }
    return Math.min(...final.values());
  }

  private bucketsOf(nodes: PlacedOn[]): Bucket[] {
    const buckets = new Map<string, Bucket>();
    for (const node of nodes) {
      for (const pod of node.placed) {
        const { labels, nodeSelector, topologySpread, podAffinity } = pod;
        const isUrgent = this.urgent.has(pod);
        const key = JSON.stringify([node.zone, labels, nodeSelector, topologySpread, podAffinity, isUrgent]);
        const bucket = buckets.get(key) ?? this.bucket(pod, node.zone);
        buckets.set(key, bucket);
        bucket.waiting.push({ pod, node });
        this.countToCome(bucket, 1);
      }
    }
    return [...buckets.values()];
  }

  private bucket(pod: BenchPod, zone: string): Bucket {
    const named = this.selectors.flatMap(({ matchLabels }, i) => (matches(matchLabels, pod.labels) ? [i] : []));
    const spreads = (pod.topologySpread ?? []).filter(({ topologyKey }) => topologyKey === ZONE);
    return { zone, pod, spreads, named, waiting: [] };
  }

  /** The pod to place now: one whose constraints hold, else one with what of it does not. */
  private next(): { bucket: Bucket; pod: BenchPod; node: PlacedOn; broken?: Rule } | undefined {
    const waiting = this.buckets.filter((bucket) => bucket.waiting.length > 0);
    const ranked = waiting
      .map((bucket) => ({ bucket, broken: this.brokenBy(bucket), rank: this.rank(bucket) }))
      .sort((a, b) => a.rank - b.rank || b.bucket.waiting.length - a.bucket.waiting.length);
    for (const { bucket, broken } of ranked) {
      if (broken) continue;
      const found = bucket.waiting.find(({ pod, node }) => this.nodeHolds(pod, node));
      if (found) return { bucket, ...found };
    }
    const forced = ranked[0];
    const first = forced?.bucket.waiting[0];
    if (!forced || !first) return undefined;
    return { bucket: forced.bucket, ...first, broken: forced.broken ?? this.brokenOnNode(first.pod) };
  }

  private countToCome({ zone, spreads, named }: Bucket, change: number): void {
    for (const { matchLabels } of spreads) add(this.of(matchLabels).spread, zone, change);
    if (spreads.length === 0) return;
    for (const i of named) add((this.selectors[i] as Selector).bound, zone, change);
  }

  /** How much it unsettles pods that are still to come; less is better. The first of a group comes after all others. */
  private rank(bucket: Bucket): number {
    const harm = Math.max(0, ...bucket.named.map((i) => this.harm(this.selectors[i] as Selector, bucket)));
    const bootstrap = this.isFirstOfGroup(bucket) ? FIRST : 0;
    if (this.urgent.has(bucket.pod) && harm < FOR_GOOD) return bootstrap - 1;
    return bootstrap + harm + (bucket.spreads.length > 0 ? 0 : 0.25);
  }

  /**
   * Uneven zones keep pods waiting that are spread by the selector. They do for good what goes beyond the end of the
   * emptiest zone, and there is no more room up to that than for the pods that are spread themselves.
   */
  private harm({ counts, spread, bound, finalLeast }: Selector, { zone, spreads }: Bucket): number {
    const waiting = spread.get(zone) ?? 0;
    if (waiting <= 0) return 0;
    const then = (counts.get(zone) ?? 0) + 1;
    const isBound = spreads.length > 0;
    const needed = isBound ? then : then + (bound.get(zone) ?? 0);
    // Whoever is not spread can as well come last.
    if (needed > finalLeast) return (isBound ? FOR_GOOD : FOR_GOOD * 1000) + waiting;
    return then - Math.min(...counts.values());
  }

  private brokenBy(bucket: Bucket): Rule | undefined {
    const { pod, zone } = bucket;
    for (const { topologyKey, matchLabels } of pod.podAffinity ?? []) {
      if (topologyKey !== ZONE) continue;
      const { counts } = this.of(matchLabels);
      const first = matches(matchLabels, pod.labels) && [...counts.values()].every((count) => count === 0);
      if ((counts.get(zone) ?? 0) === 0 && !first) return 'affinity';
    }
    return bucket.spreads.every((spread) => this.spreadHolds(spread, bucket)) ? undefined : 'zone spread';
  }

  private spreadHolds({ matchLabels, maxSkew }: BenchSpread, { pod, zone }: Bucket): boolean {
    const { counts } = this.of(matchLabels);
    // Zones that the pod's selector leaves out are no domain (nodeAffinityPolicy: Honor, the default).
    const wanted = pod.nodeSelector?.[ZONE];
    const domains = this.zones.filter((other) => wanted === undefined || other === wanted);
    const least = Math.min(...domains.map((other) => counts.get(other) ?? 0));
    return (counts.get(zone) ?? 0) + (matches(matchLabels, pod.labels) ? 1 : 0) - least <= maxSkew;
  }

  private isFirstOfGroup({ pod, zone }: Bucket): boolean {
    return (pod.podAffinity ?? []).some(
      ({ topologyKey, matchLabels }) => topologyKey === ZONE && (this.of(matchLabels).counts.get(zone) ?? 0) === 0,
    );
  }

  /** Its own constraints on the node hold, and the node's other pods can still come after it. */
  private nodeHolds(pod: BenchPod, node: PlacedOn): boolean {
    const state = this.onNode.get(node);
    if (!state?.host || this.stuckOnHost.has(pod)) return true;
    if (!hostHolds(pod, state.there) || !this.hostAffinityHolds(pod, state.there)) return false;
    const rest = state.waiting.filter((other) => other !== pod);
    return hostStuck([...state.there, pod], rest).length === 0;
  }

  private hostAffinityHolds(pod: BenchPod, there: BenchPod[]): boolean {
    return (pod.podAffinity ?? []).every(({ topologyKey, matchLabels }) => {
      if (topologyKey !== HOST) return true;
      const isFirst = () =>
        matches(matchLabels, pod.labels) && [...this.of(matchLabels).counts.values()].every((count) => count === 0);
      return there.some((other) => matches(matchLabels, other.labels)) || isFirst();
    });
  }

  private brokenOnNode(pod: BenchPod): Rule {
    return (pod.podAffinity ?? []).some(({ topologyKey }) => topologyKey === HOST) ? 'affinity' : 'host spread';
  }

  private place(bucket: Bucket, pod: BenchPod, node: PlacedOn): void {
    const at = bucket.waiting.findIndex((each) => each.pod === pod);
    bucket.waiting.splice(at, 1);
    this.countToCome(bucket, -1);
    for (const i of bucket.named) add((this.selectors[i] as Selector).counts, node.zone, 1);
    const state = this.onNode.get(node);
    // What is reported already takes nothing from others.
    if (!state?.host || this.stuckOnHost.has(pod)) return;
    state.there.push(pod);
    state.waiting = state.waiting.filter((other) => other !== pod);
  }
}
