import { isTerminating, type LabelSelector, type Pod, type SpreadConstraint, tolerates } from '../objects';
import { selects } from '../selectors';
import { type ClusterView, factsOf, type NodeState } from './facts';
import { matchesNode } from './node-match';

/** The constraint's selector with the pod's own values of `matchLabelKeys`; without a selector they add none (`mergeLabelSetWithSelector`). */
function selectorOf({ labelSelector, matchLabelKeys = [] }: SpreadConstraint, pod: Pod): LabelSelector | undefined {
  const labels = pod.metadata.labels ?? {};
  const keys = matchLabelKeys.filter((key) => labels[key] !== undefined);
  if (!labelSelector || keys.length === 0) return labelSelector;
  return {
    ...labelSelector,
    matchLabels: {
      ...labelSelector.matchLabels,
      ...Object.fromEntries(keys.map((key) => [key, labels[key] as string])),
    },
  };
}

const isSoft = ({ whenUnsatisfiable }: SpreadConstraint): boolean => whenUnsatisfiable === 'ScheduleAnyway';

/**
 * Labels that a node needs to count for the constraint: those of all of the pod's constraints of its sort
 * (`nodeLabelsMatchSpreadConstraints` in pkg/scheduler/framework/plugins/podtopologyspread/common.go).
 */
const labelsFor = (constraint: SpreadConstraint, pod: Pod): string[] =>
  (pod.spec.topologySpreadConstraints ?? [])
    .filter((other) => isSoft(other) === isSoft(constraint))
    .map(({ topologyKey }) => topologyKey);

/** Nodes that count as places: by default those that the pod's affinity allows, whatever their taints. */
function counts(constraint: SpreadConstraint, pod: Pod, state: NodeState): boolean {
  if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNode(pod, state.node)) return false;
  if (constraint.nodeTaintsPolicy !== 'Honor') return true;
  return state.taints.every(
    (taint) => taint.effect === 'PreferNoSchedule' || tolerates(factsOf(pod).tolerations, taint),
  );
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;

/**
 * Matching pods by domain; a domain with none is there with 0. An empty selector matches none here, though it matches the
 * pod itself (`countPodsMatchSelector` in podtopologyspread/common.go).
 */
export function podsByDomain(constraint: SpreadConstraint, pod: Pod, view: ClusterView): Map<string, number> {
  const selector = selectorOf(constraint, pod);
  const counted = selector && !isEmpty(selector) ? selector : undefined;
  const needed = labelsFor(constraint, pod);
  const domains = new Map<string, number>();
  for (const state of view.nodes) {
    if (needed.some((label) => state.labels[label] === undefined)) continue;
    if (!counts(constraint, pod, state)) continue;
    const domain = state.labels[constraint.topologyKey] as string;
    const matching = state.pods.filter(
      (other) =>
        other.metadata.namespace === pod.metadata.namespace &&
        !isTerminating(other) &&
        selects(counted, other.metadata.labels),
    );
    domains.set(domain, (domains.get(domain) ?? 0) + matching.length);
  }
  return domains;
}

/** `maxSkew` over the least filled domain; with fewer domains than `minDomains` the least is 0. */
export function spreadReasons(pod: Pod, state: NodeState, view: ClusterView): string[] {
  for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
    if (isSoft(constraint)) continue;
    const domain = state.labels[constraint.topologyKey];
    if (domain === undefined) return ["node(s) didn't match pod topology spread constraints (missing required label)"];
    const domains = podsByDomain(constraint, pod, view);
    const least = domains.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...domains.values());
    const self = selects(selectorOf(constraint, pod), pod.metadata.labels) ? 1 : 0;
    if ((domains.get(domain) ?? 0) + self - least > constraint.maxSkew)
      return ["node(s) didn't match pod topology spread constraints"];
  }
  return [];
}
