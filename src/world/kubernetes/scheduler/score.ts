import { type Affinity, type Pod, type PodAffinityTerm, tolerates } from '../objects';
import { matchesNodeTerm } from '../selectors';
import { domainOf, termSelects } from './affinity';
import { type Amounts, type ClusterView, factsOf, type NodeState } from './facts';
import { podsByDomain } from './spread';

/** What a pod without requests counts as when nodes are compared (kube-scheduler `util.DefaultMilliCPURequest`). */
const DEFAULT_REQUEST: Amounts = { cpu: 100, memory: 200 * 1024 ** 2 };

/** How raw values become 0–100 over the nodes that fit; without one they are that already. */
type Scale =
  /** Of the largest (`DefaultNormalizeScore`). */
  | 'of-most'
  /** The same, and less is better. */
  | 'less-of-most'
  /** Between the least and the most (`InterPodAffinity.NormalizeScore`). */
  | 'between'
  /** Less is better, the least scores full (`PodTopologySpread.NormalizeScore`). */
  | 'least-is-full';

interface Scorer {
  weight: number;
  score(pod: Pod, state: NodeState, view: ClusterView): number;
  scale?: Scale;
}

/** LeastAllocated: the mean free share of cpu and memory, in whole points as kube-scheduler counts. */
function leastAllocated(pod: Pod, state: NodeState): number {
  const shares = ['cpu', 'memory'].map((name) => {
    const allocatable = state.allocatable[name] ?? 0;
    const used = scored(state, name) + requestFor(pod, name);
    return used > allocatable ? 0 : Math.floor(((allocatable - used) * 100) / allocatable);
  });
  return Math.floor(((shares[0] as number) + (shares[1] as number)) / 2);
}

/** BalancedAllocation: whether the pod brings the used shares of cpu and memory nearer to each other. */
function balancedAllocation(pod: Pod, state: NodeState): number {
  const { requests } = factsOf(pod);
  const [cpu = 0, memory = 0] = [requests.cpu, requests.memory];
  // Else all pods without requests would go to one node (https://github.com/kubernetes/kubernetes/issues/129138).
  if (cpu === 0 && memory === 0) return 0;
  const gain = balance(state, cpu, memory) - balance(state, 0, 0);
  return 50 + Math.floor((50 + gain) / 2);
}

/** 100 where both are used alike, 50 where one is used up and the other not at all. Pods without requests use nothing. */
function balance({ requested, allocatable }: NodeState, cpu: number, memory: number): number {
  const used = (name: string, more: number) =>
    Math.min(1, ((requested[name] ?? 0) + more) / Math.max(1, allocatable[name] ?? 0));
  return Math.floor((1 - Math.abs(used('cpu', cpu) - used('memory', memory)) / 2) * 100);
}

const requestFor = (pod: Pod, name: string): number => factsOf(pod).requests[name] ?? (DEFAULT_REQUEST[name] as number);
const scored = (state: NodeState, name: string): number =>
  state.pods.reduce((sum, pod) => sum + requestFor(pod, name), 0);

function untoleratedPreferences(pod: Pod, state: NodeState): number {
  const { tolerations } = factsOf(pod);
  return state.taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint)).length;
}

function preferredNodes(pod: Pod, state: NodeState): number {
  const preferred = factsOf(pod).affinity.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferred.reduce(
    (sum, { weight, preference }) => sum + (matchesNodeTerm(preference, state.node) ? weight : 0),
    0,
  );
}

type Preferred = NonNullable<NonNullable<Affinity['podAffinity']>['preferredDuringSchedulingIgnoredDuringExecution']>;

/** What the pod prefers to be near and away from, and what the pods that are there prefer of it. */
function preferredPods(pod: Pod, state: NodeState, view: ClusterView): number {
  const { podAffinity, podAntiAffinity } = factsOf(pod).affinity;
  const own = (terms: Preferred = []): number =>
    terms.reduce((total, { weight, podAffinityTerm: term }) => {
      const there = domainOf(state, term.topologyKey, view).flatMap(({ pods }) => pods);
      return total + weight * there.filter((other) => termSelects(term, pod, other, view)).length;
    }, 0);
  return (
    own(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution) -
    own(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution) +
    preferredByOthers(pod, state, view)
  );
}

/** A required affinity of theirs weighs 1 (`HardPodAffinityWeight`): once there, it would rather have company. */
function preferredByOthers(pod: Pod, state: NodeState, view: ClusterView): number {
  let total = 0;
  const add = (term: PodAffinityTerm, other: Pod, elsewhere: NodeState, weight: number) => {
    const value = state.labels[term.topologyKey];
    if (value === undefined || value !== elsewhere.labels[term.topologyKey]) return;
    if (termSelects(term, other, pod, view)) total += weight;
  };
  for (const elsewhere of view.nodes) {
    for (const other of elsewhere.pods) {
      const { podAffinity, podAntiAffinity } = factsOf(other).affinity;
      for (const term of podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
        add(term, other, elsewhere, 1);
      for (const { weight, podAffinityTerm } of podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
        add(podAffinityTerm, other, elsewhere, weight);
      for (const { weight, podAffinityTerm } of podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
        add(podAffinityTerm, other, elsewhere, -weight);
    }
  }
  return total;
}

function softSpread(pod: Pod, state: NodeState, view: ClusterView): number {
  const soft = (pod.spec.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway',
  );
  return soft.reduce(
    (sum, constraint) =>
      sum + (podsByDomain(constraint, pod, view).get(state.labels[constraint.topologyKey] ?? '') ?? 0),
    0,
  );
}

/** Plug-ins and weights of kube-scheduler's default profile; no image is anywhere before its pod, so ImageLocality is not among them. */
const SCORERS: Scorer[] = [
  { weight: 1, score: leastAllocated },
  { weight: 1, score: balancedAllocation },
  { weight: 3, score: untoleratedPreferences, scale: 'less-of-most' },
  { weight: 2, score: preferredNodes, scale: 'of-most' },
  { weight: 2, score: preferredPods, scale: 'between' },
  { weight: 2, score: softSpread, scale: 'least-is-full' },
];

const SCALES: Record<Scale, (value: number, least: number, most: number) => number> = {
  'of-most': (value, _, most) => (most === 0 ? 0 : (100 * value) / most),
  'less-of-most': (value, _, most) => (most === 0 ? 100 : 100 - Math.floor((100 * value) / most)),
  between: (value, least, most) => (most === least ? 0 : (100 * (value - least)) / (most - least)),
  'least-is-full': (value, least, most) => (most === 0 ? 100 : (100 * (most + least - value)) / most),
};

function scaled(values: number[], scale: Scale): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => Math.floor(SCALES[scale](value, least, most)));
}

/** Those that kube-scheduler likes best of the nodes that fit. */
export function favourites(pod: Pod, fitting: NodeState[], view: ClusterView): NodeState[] {
  if (fitting.length === 1) return fitting;
  const totals = fitting.map(() => 0);
  for (const { weight, score, scale } of SCORERS) {
    const raw = fitting.map((state) => score(pod, state, view));
    const values = scale ? scaled(raw, scale) : raw;
    for (const [i, value] of values.entries()) totals[i] = (totals[i] as number) + weight * value;
  }
  const top = Math.max(...totals);
  return fitting.filter((_, i) => totals[i] === top);
}

/** The best of the nodes that fit; of equals the first by name, where kube-scheduler would throw dice. */
export const best = (pod: Pod, fitting: NodeState[], view: ClusterView): NodeState =>
  favourites(pod, fitting, view).reduce((a, b) => (a.node.metadata.name <= b.node.metadata.name ? a : b));
