import type { Context } from '../context';
import { type Controller, isActive, isReady, type Pod } from '../objects';
import type { Pods } from '../pods';

/** Lower is deleted first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** ReplicaSet and Job alike: as many active pods as wanted. (A Job's pods run on until they are deleted: nothing here ends by itself.) */
export function reconcileReplicas(context: Context, pods: Pods, owner: Controller): void {
  const wanted = (owner.kind === 'Job' ? owner.spec.parallelism : owner.spec.replicas) ?? 1;
  const active = context.store.podsOf(owner.metadata.uid).filter(isActive);
  for (let n = active.length; n < wanted; n++) {
    pods.create(owner.metadata.namespace as string, freeName(context, owner), owner.spec.template, owner);
  }
  if (active.length > wanted)
    for (const pod of active.sort(firstToGo).slice(0, active.length - wanted)) pods.delete(pod);
  pods.complete(owner);
}

export function freeName(context: Context, { metadata }: Controller): string {
  for (;;) {
    const name = `${metadata.name}-${context.suffixes.suffix()}`;
    if (!context.store.find('pods', name, metadata.namespace)) return name;
  }
}

/** Unbound, then pending, then not ready, then the cheapest, then the newest (`controller.ActivePodsWithRanks`, without the rank by company). */
function firstToGo(a: Pod, b: Pod): number {
  const cost = (pod: Pod): number => Number(pod.metadata.annotations?.[DELETION_COST] ?? 0);
  return (
    Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
    Number(a.status.phase === 'Running') - Number(b.status.phase === 'Running') ||
    Number(isReady(a)) - Number(isReady(b)) ||
    cost(a) - cost(b) ||
    Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp) ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  );
}
