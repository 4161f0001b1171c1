import { type BenchPod, type BenchSpread, HOST, type Labels, matches, ZONE } from '../schema';
import { hostHolds, hostStuck } from './host-order';
import type { PlacedOn } from './nodes';
import type { Report, Rule, Violation } from './report';

/**
 * Affinity and spread bind a pod at the moment when it is placed, and the plan does not say in which order that was. So
 * an order is constructed: again and again one pod is placed whose constraints hold now, first one that keeps the zones
 * even for those that are still to come. Where none is left, the plan gets a violation, and a pod is placed all the same.
 *
 * What is found in order is a proof. That none was found is none for the contrary: several ways to choose are tried,
 * and the one with the fewest violations counts.
 */
export function checkOrder(nodes: PlacedOn[], zones: string[], report: Report): void {
  const stuckOnHost = new Set<BenchPod>();
  for (const node of nodes) {
    for (const pod of hostStuck(node.running, node.placed)) {
      stuckOnHost.add(pod);
      report('host spread', `${pod.name} on ${node.name}`);
    }
  }
  let best: Violation[] | undefined;
  for (let attempt = 0; attempt < ATTEMPTS && best?.length !== 0; attempt += 1) {
    const found = new Ordering(nodes, zones, stuckOnHost, attempt).run();
    if (!best || found.length < best.length) best = found;
  }
  for (const { rule, detail } of best ?? []) report(rule, detail);
}

const ATTEMPTS = 6;

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
    private readonly attempt: number,
  ) {
    this.onNode = new Map(nodes.map((node) => [node, this.stateOf(node)]));
    for (const pod of nodes.flatMap(({ placed }) => placed)) {
      for (const term of [...(pod.topologySpread ?? []), ...(pod.podAffinity ?? [])]) this.selector(term.matchLabels);
    }
    for (const { zone, running } of nodes) for (const pod of running) this.count(pod, zone);
    this.buckets = this.bucketsOf(nodes);
    for (const selector of this.selectors) selector.finalLeast = this.finalLeastOf(selector);
  }

  run(): Violation[] {
    const violations: Violation[] = [];
    for (;;) {
      const next = this.next();
      if (next === undefined) return violations;
      if (next.broken) violations.push({ rule: next.broken, detail: `${next.pod.name} on ${next.node.name}` });
      this.place(next.bucket, next.pod, next.node);
    }
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
        const key = JSON.stringify([node.zone, labels, nodeSelector, topologySpread, podAffinity]);
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
    const isBound = bucket.spreads.length > 0;
    // The attempts differ in who goes first among those that do equally much.
    const preference = isBound === (this.attempt % 2 === 0) ? 0 : 0.25;
    const noise = this.attempt < 2 ? 0 : noiseOf(this.attempt, bucket) * 0.2;
    const bootstrap = this.isFirstOfGroup(bucket) ? FIRST : 0;
    return bootstrap + harm + preference + noise;
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

/** In [0, 1), the same for the same attempt and bucket. */
function noiseOf(attempt: number, { zone, waiting, named }: Bucket): number {
  const text = `${attempt}/${zone}/${named.join()}/${waiting.length}`;
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return (hash >>> 0) / 2 ** 32;
}
