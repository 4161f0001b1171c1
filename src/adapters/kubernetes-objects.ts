import type { DaemonSet, Node, Pod, PodDisruptionBudget, Toleration } from '../autoscaler/snapshot';
import type { Taint } from '../config/runtime';
import { SourceError } from './errors';
import { constraintsOf, type Namespaces, nonEmpty, requiredNodes } from './kubernetes-constraints';
import type { PodSpec, WireLabelSelector } from './kubernetes-pod-spec';
import { podRequests, toAllocatable } from './kubernetes-resources';
import { toSelector } from './kubernetes-selectors';
import { unsupportedFeatures } from './kubernetes-unsupported';
import { NO_STORAGE, type Storage, volumePlace } from './kubernetes-volumes';

/**
 * Kubernetes' wire objects into the snapshot's. Whatever cannot be read throws `SourceError` 'invalid' that names the
 * object: a default in its place would be a lie about a node or a pod, and the planner acts on it.
 */

export interface Metadata {
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[];
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  lastTransitionTime?: string;
}

const MIRROR = 'kubernetes.io/config.mirror';
const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;

interface WireNode {
  metadata?: Metadata;
  spec?: { providerID?: string; unschedulable?: boolean; taints?: Taint[] };
  status?: { allocatable?: Record<string, unknown>; conditions?: Condition[] };
}

export function toNode(item: unknown): Node {
  const { metadata, spec, status } = item as WireNode;
  return reading('node', metadata, (name) => ({
    name,
    uid: needed('metadata.uid', metadata?.uid),
    resourceVersion: needed('metadata.resourceVersion', metadata?.resourceVersion),
    ...(spec?.providerID ? { providerId: spec.providerID } : {}),
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    taints: (spec?.taints ?? []).map(toTaint),
    unschedulable: spec?.unschedulable === true,
    ready: (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    createdAt: time('metadata.creationTimestamp', metadata?.creationTimestamp),
    allocatable: toAllocatable(status?.allocatable ?? {}),
  }));
}

/** Without `timeAdded`, which changes from beat to beat and decides nothing. */
const toTaint = ({ key, value, effect }: Taint): Taint => ({ key, ...(value === undefined ? {} : { value }), effect });

interface WirePod {
  metadata?: Metadata;
  spec?: PodSpec;
  status?: { phase?: string; conditions?: Condition[]; nominatedNodeName?: string };
}

/** What else is read to understand a pod's spec. */
export interface Surroundings {
  namespaces: Namespaces;
  storage: Storage;
}

export const NO_SURROUNDINGS: Surroundings = { namespaces: new Map(), storage: NO_STORAGE };

/** The spec of a pod that has not ended: of others nobody asks where they may run. */
export function livingSpec(item: unknown): PodSpec | undefined {
  const { spec, status } = item as WirePod;
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? undefined : spec;
}

export function toPod(item: unknown, { namespaces, storage }: Surroundings = NO_SURROUNDINGS): Pod {
  const { metadata, spec = {}, status } = item as WirePod;
  return reading('pod', metadata, (name) => {
    const namespace = metadata?.namespace ?? '';
    const labels = metadata?.labels ?? {};
    const unsupported = new Set(unsupportedFeatures(spec));
    const doubt = (what: string) => void unsupported.add(what);
    const living = livingSpec(item) ?? {};
    const { nodeTerms = [], ...constraints } = constraintsOf(living, { namespace, labels }, namespaces, doubt);
    const place = volumePlace(living, { namespace, name }, storage, doubt);
    const controller = metadata?.ownerReferences?.find((reference) => reference.controller === true);
    const owner = controller && { kind: controller.kind, name: controller.name, uid: controller.uid };
    const unschedulableSince = unschedulableTime(status?.conditions ?? []);
    const deletion = metadata?.deletionTimestamp;
    return {
      namespace,
      name,
      uid: needed('metadata.uid', metadata?.uid),
      ...(spec.nodeName ? { nodeName: spec.nodeName } : {}),
      phase: toPhase(status?.phase),
      createdAt: time('metadata.creationTimestamp', metadata?.creationTimestamp),
      ...(unschedulableSince === undefined ? {} : { unschedulableSince }),
      gated: (spec.schedulingGates?.length ?? 0) > 0,
      ...(deletion === undefined ? {} : { deletionAt: time('metadata.deletionTimestamp', deletion) }),
      requests: podRequests(spec),
      priority: spec.priority ?? 0,
      labels,
      annotations: metadata?.annotations ?? {},
      nodeSelector: spec.nodeSelector ?? {},
      tolerations: (spec.tolerations ?? []).map(toToleration),
      ...nonEmpty('nodeTerms', [...nodeTerms, ...place.nodeTerms]),
      ...constraints,
      // Of a pod that has its node it says nothing any more.
      ...(status?.nominatedNodeName && !spec.nodeName ? { nominatedNode: status.nominatedNodeName } : {}),
      ...(owner === undefined ? {} : { owner }),
      mirror: metadata?.annotations?.[MIRROR] !== undefined,
      localVolume: place.local || (spec.volumes ?? []).some((volume) => volume.hostPath !== undefined),
      unsupported: [...unsupported],
    };
  });
}

function toPhase(phase: string | undefined): Pod['phase'] {
  const found = PHASES.find((known) => known === phase);
  if (found === undefined) throw new Error(`status.phase is ${JSON.stringify(phase)}, not one of ${PHASES.join(', ')}`);
  return found;
}

/** Not for gated pods: their condition has the reason SchedulingGated. */
function unschedulableTime(conditions: Condition[]): number | undefined {
  const condition = conditions.find(({ type }) => type === 'PodScheduled');
  if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return undefined;
  return time('the time of condition PodScheduled', condition.lastTransitionTime);
}

const toToleration = ({ key, operator, value, effect }: Toleration): Toleration => ({
  ...(key ? { key } : {}),
  ...(operator ? { operator } : {}),
  ...(value === undefined ? {} : { value }),
  ...(effect ? { effect } : {}),
});

interface WireBudget {
  metadata?: Metadata;
  spec?: { selector?: WireLabelSelector | null };
  status?: { disruptionsAllowed?: number; observedGeneration?: number };
}

/** No entry for a budget with no selector: in policy/v1 it matches no pod. An empty selector matches all. */
export function toBudgets(item: unknown): PodDisruptionBudget[] {
  const { metadata, spec, status } = item as WireBudget;
  return reading('poddisruptionbudget', metadata, (name) => {
    // A condition that is not known is left out: the budget then covers more pods than it does.
    const selector = toSelector(spec?.selector, ignore);
    if (!selector) return [];
    // A spec newer than the status: the API server refuses evictions until its controller has looked.
    const current = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
    return [
      {
        namespace: metadata?.namespace ?? '',
        name,
        selector,
        disruptionsAllowed: current ? (status?.disruptionsAllowed ?? 0) : 0,
      },
    ];
  });
}

interface WireDaemonSet {
  metadata?: Metadata;
  spec?: { template?: { spec?: PodSpec } };
}

export function toDaemonSet(item: unknown): DaemonSet {
  const { metadata, spec } = item as WireDaemonSet;
  return reading('daemonset', metadata, (name) => {
    const pod = spec?.template?.spec ?? {};
    return {
      namespace: metadata?.namespace ?? '',
      name,
      requests: podRequests(pod),
      nodeSelector: pod.nodeSelector ?? {},
      tolerations: (pod.tolerations ?? []).map(toToleration),
      ...nonEmpty('nodeTerms', requiredNodes(pod, ignore)),
    };
  });
}

/** There is no word for it in a budget or a DaemonSet; the API server lets no such condition pass today. */
const ignore = () => {};

/** Names the object in whatever its reading throws. */
function reading<T>(kind: string, metadata: Metadata | undefined, read: (name: string) => T): T {
  const full = named(kind, { metadata });
  try {
    return read(metadata?.name ?? '');
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new SourceError('invalid', `${kind} ${full}: ${text}`, { cause });
  }
}

/** `namespace/name`, or the name alone where it has no namespace. */
export function named(kind: string, item: unknown): string {
  const { name, namespace } = (item as { metadata?: Metadata }).metadata ?? {};
  if (!name) throw new SourceError('invalid', `a ${kind} has no metadata.name`);
  return namespace ? `${namespace}/${name}` : name;
}

function needed(what: string, value: string | undefined): string {
  if (!value) throw new Error(`${what} is missing`);
  return value;
}

function time(what: string, value: string | undefined): number {
  const milliseconds = Date.parse(value ?? '');
  if (Number.isNaN(milliseconds)) throw new Error(`${what} is ${JSON.stringify(value)}, no RFC 3339 time`);
  return milliseconds;
}
