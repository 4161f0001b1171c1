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

/** Which pending pods call for a node? Deduplicated by uid, because a paginated list may show one twice. */
export function demandOf(view: KubernetesView, at: number, policy: RuntimePolicy): Demand {
  const pending = new Map(view.pods.filter(isPending).map((pod) => [pod.uid, pod]));
  const verdicts: Record<string, Verdict> = {};
  const pods: Pod[] = [];
  for (const pod of pending.values()) {
    const excuse = excuseOf(pod, at, policy);
    if (excuse) verdicts[podKey(pod)] = excuse;
    else pods.push(pod);
  }
  const unschedulable = [...pending.values()].filter(
    (pod) => !pod.gated && pod.unschedulableSince !== undefined,
  ).length;
  return { pods: pods.sort(packingOrder), unschedulable, verdicts };
}

const isPending = (pod: Pod): boolean =>
  pod.phase === 'Pending' &&
  !pod.nodeName &&
  pod.deletionAt === undefined &&
  (pod.gated || pod.unschedulableSince !== undefined);

function excuseOf(pod: Pod, at: number, policy: RuntimePolicy): Verdict | undefined {
  if (pod.gated) return verdict('pod-gated');
  if (pod.owner?.kind === 'DaemonSet') return verdict('pod-daemonset');
  if (pod.unsupported.length > 0) return verdict('pod-unsupported', `It asks for ${pod.unsupported.join(', ')}.`);
  const waited = at - (pod.unschedulableSince ?? at);
  if (waited < policy.settlingMs) {
    return verdict('pod-settling', `It has waited ${waited / 1000} s of ${policy.settlingMs / 1000} s.`);
  }
  return undefined;
}
