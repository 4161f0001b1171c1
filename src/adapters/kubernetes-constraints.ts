import { selects } from '../autoscaler/planning/selectors';
import type { LabelSelector, NodeTerm, Pod, PodTerm, SpreadConstraint } from '../autoscaler/snapshot';
import type { PodSpec, WirePodTerm, WireSpread } from './kubernetes-pod-spec';
import { type Doubt, isIn, toNodeTerm, toNodeTerms, toSelector } from './kubernetes-selectors';

/** Where a pod may run by its own spec. Its volumes say more (kubernetes-volumes.ts). */
export type Constraints = Pick<
  Pod,
  'nodeTerms' | 'preferredNodes' | 'affinity' | 'antiAffinity' | 'spread' | 'hostPorts'
>;

export interface PodIdentity {
  namespace: string;
  labels: Record<string, string>;
}

/** Labels of every namespace by its name. They are listed only where a pod selects by them. */
export type Namespaces = ReadonlyMap<string, Record<string, string>>;

/** What a pod does not have is no empty list: snapshots are stored. */
export function constraintsOf(spec: PodSpec, pod: PodIdentity, namespaces: Namespaces, doubt: Doubt): Constraints {
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms = (list: WirePodTerm[] | undefined) => list?.map((term) => toPodTerm(term, pod, namespaces, doubt));
  return {
    ...nonEmpty('nodeTerms', requiredNodes(spec, doubt)),
    ...nonEmpty('preferredNodes', preferredNodes(nodeAffinity, doubt)),
    ...nonEmpty('affinity', terms(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution)),
    ...nonEmpty('antiAffinity', terms(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)),
    ...nonEmpty('spread', toSpread(spec.topologySpreadConstraints, pod, doubt)),
    ...nonEmpty('hostPorts', hostPorts(spec)),
  };
}

/** None or one list. */
export const requiredNodes = ({ affinity }: PodSpec, doubt: Doubt): NodeTerm[][] =>
  toNodeTerms(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, doubt);

export const nonEmpty = <K extends string, V>(key: K, list: V[] | undefined): { [key in K]?: V[] } =>
  list === undefined || list.length === 0 ? {} : ({ [key]: list } as { [key in K]?: V[] });

type NodeAffinity = NonNullable<PodSpec['affinity']>['nodeAffinity'];

/** One without weight or condition adds nothing (component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go). */
const preferredNodes = (affinity: NodeAffinity, doubt: Doubt): Pod['preferredNodes'] & object =>
  (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .map(({ weight = 0, preference = {} }) => ({ weight, term: toNodeTerm(preference, doubt) }))
    .filter(({ weight, term }) => weight > 0 && term.labels.length + term.fields.length > 0);

/**
 * `matchLabelKeys` and `mismatchLabelKeys` are in the selector already: the API server merges them when the pod is
 * created (pkg/registry/core/pod/strategy.go, applyMatchLabelKeysAndMismatchLabelKeys).
 */
function toPodTerm(term: WirePodTerm, pod: PodIdentity, namespaces: Namespaces, doubt: Doubt): PodTerm {
  const topologyKey = needed(term.topologyKey, 'pod affinity', doubt);
  return {
    ...selecting(toSelector(term.labelSelector, doubt)),
    namespaces: namespacesOf(term, pod.namespace, namespaces, doubt),
    topologyKey,
  };
}

/** `{}` selects every namespace; neither list nor selector is the pod's own (kube-scheduler framework/types.go, getNamespacesFromPodAffinityTerm). */
function namespacesOf(term: WirePodTerm, own: string, namespaces: Namespaces, doubt: Doubt): string[] {
  const named = term.namespaces ?? [];
  if (!term.namespaceSelector) return named.length === 0 ? [own] : named;
  const selector = toSelector(term.namespaceSelector, doubt);
  const selected = [...namespaces].filter(([, labels]) => selects(selector, labels)).map(([name]) => name);
  return [...new Set([...named, ...selected])].sort();
}

/** Does listing the namespaces tell anything of this pod? */
export const selectsNamespaces = (spec: PodSpec): boolean =>
  [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity].some((affinity) =>
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.some((term) => term.namespaceSelector),
  );

/** Absent is `DoNotSchedule`; what may be violated is only a wish. */
const toSpread = (constraints: WireSpread[] | undefined, pod: PodIdentity, doubt: Doubt): SpreadConstraint[] =>
  (constraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable !== 'ScheduleAnyway')
    .map((constraint) => ({
      topologyKey: needed(constraint.topologyKey, 'topology spread', doubt),
      ...selecting(withOwnValues(toSelector(constraint.labelSelector, doubt), constraint.matchLabelKeys, pod)),
      maxSkew: constraint.maxSkew ?? 1,
      minDomains: constraint.minDomains ?? 1,
      honorAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
      honorTaints: constraint.nodeTaintsPolicy === 'Honor',
    }));

/**
 * The scheduler adds the pod's values of `matchLabelKeys` (plugins/podtopologyspread/common.go), newer API servers have
 * put them into the selector before (strategy.go, mutateTopologySpreadConstraints): each is there once. Keys that the
 * pod does not have are ignored.
 */
function withOwnValues(
  selector: LabelSelector | undefined,
  keys: string[] | undefined,
  { labels }: PodIdentity,
): LabelSelector | undefined {
  if (!selector) return undefined;
  const own = (keys ?? []).flatMap((key) => {
    const value = labels[key];
    if (value === undefined) return [];
    const there = selector.some((one) => one.key === key && one.operator === 'In' && one.values.includes(value));
    return there ? [] : [isIn(key, [value])];
  });
  return [...selector, ...own];
}

const selecting = (selector: LabelSelector | undefined): { selector?: LabelSelector } =>
  selector === undefined ? {} : { selector };

function needed(topologyKey: string | undefined, where: string, doubt: Doubt): string {
  if (!topologyKey) doubt(`${where} without a topology key`);
  return topologyKey ?? '';
}

/**
 * Of what runs as long as the pod: containers and sidecars (pkg/scheduler/util/utils.go, GetHostPorts). In the host's
 * network every port is one: the API server has filled it in (pkg/apis/core/v1/defaults.go, defaultHostNetworkPorts).
 */
export function hostPorts(spec: PodSpec): string[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const ports = [...sidecars, ...(spec.containers ?? [])].flatMap((container) => container.ports ?? []);
  const named = ports
    .filter(({ hostPort = 0 }) => hostPort > 0)
    .map(({ hostPort, hostIP, protocol }) => `${protocol || 'TCP'}/${hostIP || '0.0.0.0'}/${hostPort}`);
  return [...new Set(named)];
}
