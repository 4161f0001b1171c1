import type { Pod, PodAffinityTerm } from '../objects';
import { selects } from '../selectors';
import { type ClusterView, factsOf, type NodeState } from './facts';

/** Whether a term that `owner` carries means `other`. */
export function termSelects(term: PodAffinityTerm, owner: Pod, other: Pod, view: ClusterView): boolean {
  return selectsNamespace(term, owner, other, view) && selects(term.labelSelector, other.metadata.labels);
}

function selectsNamespace(term: PodAffinityTerm, owner: Pod, other: Pod, view: ClusterView): boolean {
  const namespace = other.metadata.namespace as string;
  if (term.namespaces?.includes(namespace)) return true;
  if (term.namespaceSelector)
    return selects(term.namespaceSelector, view.find('namespaces', namespace)?.metadata.labels);
  return !term.namespaces?.length && namespace === owner.metadata.namespace;
}

/** Nodes that share the value of the label with this one; none where it lacks the label. */
export function domainOf(state: NodeState, topologyKey: string, view: ClusterView): NodeState[] {
  const value = state.labels[topologyKey];
  return value === undefined ? [] : view.nodes.filter((other) => other.labels[topologyKey] === value);
}

const somePod = (nodes: NodeState[], test: (pod: Pod) => boolean): boolean => nodes.some(({ pods }) => pods.some(test));

/** Required affinity and anti-affinity; the latter also as the pods that are there already demand it (symmetry). */
export function interPodReasons(pod: Pod, state: NodeState, view: ClusterView): string[] {
  const { podAffinity, podAntiAffinity } = factsOf(pod).affinity;
  const near = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (near.length > 0 && !affinityHolds(near, pod, state, view)) return ["node(s) didn't match pod affinity rules"];
  const apart = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (
    apart.some((term) =>
      somePod(domainOf(state, term.topologyKey, view), (other) => termSelects(term, pod, other, view)),
    )
  ) {
    return ["node(s) didn't match pod anti-affinity rules"];
  }
  return refusedByOthers(pod, state, view) ? ["node(s) didn't satisfy existing pods anti-affinity rules"] : [];
}

/** The first pod of a group that wants to be near its own kind may go anywhere, else none of it could ever start. */
function affinityHolds(terms: PodAffinityTerm[], pod: Pod, state: NodeState, view: ClusterView): boolean {
  if (terms.some((term) => state.labels[term.topologyKey] === undefined)) return false;
  const met = terms.every((term) =>
    somePod(domainOf(state, term.topologyKey, view), (other) => termSelects(term, pod, other, view)),
  );
  if (met) return true;
  const alone = !terms.some((term) => somePod(view.nodes, (other) => termSelects(term, pod, other, view)));
  return alone && terms.every((term) => termSelects(term, pod, pod, view));
}

function refusedByOthers(pod: Pod, state: NodeState, view: ClusterView): boolean {
  return view.nodes.some((elsewhere) =>
    elsewhere.pods.some((other) =>
      (factsOf(other).affinity.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
        (term) =>
          state.labels[term.topologyKey] !== undefined &&
          state.labels[term.topologyKey] === elsewhere.labels[term.topologyKey] &&
          termSelects(term, other, pod, view),
      ),
    ),
  );
}
