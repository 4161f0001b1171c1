import type { Context } from '../context';
import {
  type Controller,
  isActive,
  type Node,
  type Pod,
  type PodTemplateSpec,
  type Toleration,
  tolerates,
} from '../objects';
import type { Pods } from '../pods';
import { matchesNode } from '../scheduler/node-match';
import { freeName } from './replicas';

/** What the DaemonSet controller adds to each of its pods (https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations). */
const ADDED: Toleration[] = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
].map(([key, effect]) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: effect as string }));

/** One pod for each node that its selector, affinity and tolerations allow; whether it has room is the scheduler's business. */
export function reconcileDaemonSet(context: Context, pods: Pods, set: Controller): void {
  const byNode = new Map<string, Pod>();
  for (const pod of context.store.podsOf(set.metadata.uid)) byNode.set(pod.spec.nodeName ?? targetOf(pod), pod);
  for (const node of context.store.list<Node>('nodes')) {
    const pod = byNode.get(node.metadata.name);
    const eligible = isEligible(set, node);
    if (eligible && !pod)
      pods.create(set.metadata.namespace as string, freeName(context, set), templateFor(set, node), set);
    if (!eligible && pod && isActive(pod)) pods.delete(pod);
    byNode.delete(node.metadata.name);
  }
  // What is left was for a node that is gone.
  for (const pod of byNode.values()) if (isActive(pod)) pods.delete(pod, { grace: 0 });
  pods.complete(set);
}

/** Of the node that the controller's own affinity term names. */
const targetOf = (pod: Pod): string =>
  pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]
    ?.matchFields?.[0]?.values?.[0] ?? '';

function isEligible(set: Controller, node: Node): boolean {
  const { spec } = set.spec.template;
  const tolerations = [...(spec.tolerations ?? []), ...ADDED];
  const candidate = { spec } as Pod;
  return (
    matchesNode(candidate, node) &&
    (node.spec.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(tolerations, taint))
  );
}

/** Every term of the affinity is narrowed to the one node, as `util.ReplaceDaemonSetPodNodeNameNodeAffinity` does. */
function templateFor(set: Controller, node: Node): PodTemplateSpec {
  const { metadata, spec } = set.spec.template;
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }];
  const affinity = {
    ...spec.affinity,
    nodeAffinity: {
      ...spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
    },
  };
  return { metadata, spec: { ...spec, affinity, tolerations: [...(spec.tolerations ?? []), ...ADDED] } };
}
