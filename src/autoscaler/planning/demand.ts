import type { RuntimePolicy } from '../../config/runtime';
import type { Verdict } from '../plan';
import type { KubernetesView, Pod } from '../snapshot';
import { packingOrder, podKey } from './scheduling';
import { verdict } from './verdict';

export interface Demand {
  /** Unschedulable pods that a node could help, in the order of packing. */
  pods: Pod[];
  /** All that the scheduler reports as unschedulable, whatever the cause. */
  unschedulable: number;
  /** Why the others do not count. */
  verdicts: Record<string, Verdict>;
}

/** Pods below are placeholders, to be run where there is room (Cluster Autoscaler's --expendable-pods-priority-cutoff). */
const EXPENDABLE_BELOW = -10;

/** Cluster Autoscaler's annotation: people know it, and their charts carry it. */
export const SCALE_UP_DELAY = 'cluster-autoscaler.kubernetes.io/pod-scale-up-delay';

/** Which pending pods call for a node? */
export function demandOf(view: KubernetesView, at: number, policy: RuntimePolicy): Demand {
  const waiting = view.pods.filter((pod) => pod.phase === 'Pending' && !pod.nodeName);
  const pending = waiting.filter(isPending);
  const verdicts: Record<string, Verdict> = {};
  for (const pod of waiting)
    if (!isPending(pod)) verdicts[podKey(pod)] = verdict(pod.deletionAt === undefined ? 'pod-unseen' : 'pod-ending');
  const pods: Pod[] = [];
  const nodes = new Set(view.nodes.map(({ name }) => name));
  for (const pod of pending) {
    const excuse = excuseOf(pod, at, policy, nodes);
    if (excuse) verdicts[podKey(pod)] = excuse;
    else pods.push(pod);
  }
  const unschedulable = pending.filter((pod) => !pod.gated && pod.unschedulableSince !== undefined).length;
  return { pods: pods.sort(packingOrder), unschedulable, verdicts };
}

/** It runs where there is room, and no node is bought for it. */
export const isExpendable = ({ priority }: Pod): boolean => priority < EXPENDABLE_BELOW;

const isPending = (pod: Pod): boolean =>
  pod.deletionAt === undefined && (pod.gated || pod.unschedulableSince !== undefined);

function excuseOf(pod: Pod, at: number, policy: RuntimePolicy, nodes: ReadonlySet<string>): Verdict | undefined {
  if (pod.gated) return verdict('pod-gated');
  if (pod.owner?.kind === 'DaemonSet') return verdict('pod-daemonset');
  if (pod.unsupported.length > 0) return verdict('pod-unsupported', `${pod.unsupported.join('; ')}.`);
  if (isExpendable(pod)) {
    return verdict('pod-expendable', `Its priority is ${pod.priority}, below ${EXPENDABLE_BELOW}.`);
  }
  if (pod.nominatedNode && nodes.has(pod.nominatedNode)) {
    return verdict('pod-nominated', `Node: ${pod.nominatedNode}.`);
  }
  const waited = at - (pod.unschedulableSince ?? at);
  const delay = Math.max(policy.settlingMs, delayOf(pod));
  if (waited < delay) return verdict('pod-settling', `It has waited ${waited / 1000} s of ${delay / 1000} s.`);
  return undefined;
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds that the pod itself asks to wait, as Go writes them (`1m30s`); what cannot be read asks for nothing. */
function delayOf({ annotations }: Pod): number {
  const asked = annotations[SCALE_UP_DELAY] ?? '';
  if (!DURATION.test(asked)) return 0;
  const parts = [...asked.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

/** They find their place by themselves, and it may be on the node that would go. */
const FINDING: ReadonlySet<string> = new Set(['pod-settling', 'pod-nominated', 'pod-fits-existing', 'pod-may-wait']);

/**
 * Why no node goes now, where a pod is about to be placed; by the verdicts on the pods. One that has waited for as long
 * as a node has to be unneeded is not about to be: what keeps it is nothing that we know, and no reason to keep nodes.
 */
export function finding(
  { pods }: KubernetesView,
  verdicts: Record<string, Verdict>,
  at: number,
  { unneededForMs }: RuntimePolicy,
): Verdict | undefined {
  // Verdicts are few, pods are all of the cluster, and mostly there is nothing to look for.
  if (!Object.values(verdicts).some(({ code }) => FINDING.has(code))) return undefined;
  for (const pod of pods) {
    const known = verdicts[podKey(pod)];
    const waited = at - (pod.unschedulableSince ?? at);
    if (known && FINDING.has(known.code) && waited < unneededForMs) return verdict(known.code, `${podKey(pod)}.`);
  }
  return undefined;
}
