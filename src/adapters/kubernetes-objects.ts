import type { DaemonSet, Node, PodDisruptionBudget } from '../autoscaler/snapshot';
import type { Taint } from '../config/runtime';
import { hostPorts, nonEmpty, requiredNodes } from './kubernetes-constraints';
import { type Condition, type Metadata, needed, reading, time } from './kubernetes-metadata';
import type { PodSpec, WireLabelSelector } from './kubernetes-pod-spec';
import { toToleration } from './kubernetes-pods';
import { podRequests, toAllocatable } from './kubernetes-resources';
import { toSelector } from './kubernetes-selectors';

/** Nodes, budgets and DaemonSets of the wire into the snapshot's. */

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
      ...nonEmpty('hostPorts', hostPorts(pod)),
    };
  });
}

/** There is no word for it in a budget or a DaemonSet; the API server lets no such condition pass today. */
const ignore = () => {};
