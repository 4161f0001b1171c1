import { type Pod, tolerates } from '../objects';
import { matchesNodeTerm } from '../selectors';
import { domainOf, termSelects } from './affinity';
import { type Amounts, type ClusterView, factsOf, type NodeState } from './facts';
import { podsByDomain } from './spread';

/** What a pod without requests counts as when nodes are compared (kube-scheduler `util.DefaultMilliCPURequest`). */
const DEFAULT_REQUEST: Amounts = { cpu: 100, memory: 200 * 1024 ** 2 };

/** Each scorer answers 0–100 for each node, or raw values that are normalised to it. */
interface Scorer {
  weight: number;
  score(pod: Pod, state: NodeState, view: ClusterView): number;
  normalise?: 'more' | 'less';
}

/** LeastAllocated: the mean free share of cpu and memory. */
function leastAllocated(pod: Pod, state: NodeState): number {
  const shares = ['cpu', 'memory'].map((name) => {
    const allocatable = state.allocatable[name] ?? 0;
    const used = scored(state, name) + requestFor(pod, name);
    return used > allocatable ? 0 : ((allocatable - used) * 100) / allocatable;
  });
  return Math.floor((shares[0] as number) / 2 + (shares[1] as number) / 2);
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

function preferredPods(pod: Pod, state: NodeState, view: ClusterView): number {
  const { podAffinity, podAntiAffinity } = factsOf(pod).affinity;
  const sum = (
    terms: NonNullable<typeof podAffinity>['preferredDuringSchedulingIgnoredDuringExecution'] = [],
  ): number =>
    terms.reduce((total, { weight, podAffinityTerm: term }) => {
      const there = domainOf(state, term.topologyKey, view).flatMap(({ pods }) => pods);
      return total + weight * there.filter((other) => termSelects(term, pod, other, view)).length;
    }, 0);
  return (
    sum(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution) -
    sum(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution)
  );
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

/** Weights of kube-scheduler's default profile. */
const SCORERS: Scorer[] = [
  { weight: 1, score: leastAllocated },
  { weight: 3, score: untoleratedPreferences, normalise: 'less' },
  { weight: 2, score: preferredNodes, normalise: 'more' },
  { weight: 2, score: preferredPods, normalise: 'more' },
  { weight: 2, score: softSpread, normalise: 'less' },
];

/** 0–100 between the smallest and the largest; no difference, no weight. */
function normalised(values: number[], direction: 'more' | 'less'): number[] {
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  if (range === 0) return values.map(() => 0);
  return values.map((value) =>
    Math.floor(((direction === 'more' ? value - least : range - (value - least)) * 100) / range),
  );
}

/** The best of the nodes that fit; of equals the first by name, where kube-scheduler would throw dice. */
export function best(pod: Pod, fitting: NodeState[], view: ClusterView): NodeState {
  if (fitting.length === 1) return fitting[0] as NodeState;
  const totals = fitting.map(() => 0);
  for (const { weight, score, normalise } of SCORERS) {
    const raw = fitting.map((state) => score(pod, state, view));
    const values = normalise ? normalised(raw, normalise) : raw;
    for (const [i, value] of values.entries()) totals[i] = (totals[i] as number) + weight * value;
  }
  const top = Math.max(...totals);
  const winners = fitting.filter((_, i) => totals[i] === top);
  return winners.reduce((a, b) => (a.node.metadata.name <= b.node.metadata.name ? a : b));
}
