import type { KubernetesView, Pod, Snapshot } from '../snapshot';
import type { RemovalOperation } from '../state';
import { isExpendable } from './demand';
import { isOpen, isRemoval } from './fleet-view';
import { evictable } from './movable';

/** Nodes that EC2 takes whatever we want: what is on them needs another place now. */

/** Its pods leave without being asked for room first, and have their new place bought at once. */
export const isUrgent = (operation: RemovalOperation, rebalance: 'cordon' | 'drain'): boolean =>
  operation.cause === 'interruption' || (operation.cause === 'rebalance' && rebalance === 'drain');

export const departures = (snapshot: Snapshot, rebalance: 'cordon' | 'drain'): RemovalOperation[] =>
  snapshot.state.operations.filter(isRemoval).filter((o) => isOpen(o) && isUrgent(o, rebalance));

/**
 * Pods whose controller will make them anew elsewhere, and soon; those that leave already have their successors, and
 * expendable ones wait for room.
 */
export const evacuees = (view: KubernetesView, leaving: RemovalOperation[]): Pod[] =>
  leaving
    .flatMap((operation) => (operation.node ? evictable(view, operation.node.name) : []))
    .filter((pod) => pod.owner !== undefined && pod.deletionAt === undefined && !isExpendable(pod));

/** As the scheduler will see it in a moment: no pod goes to a node that is about to leave. */
export function withoutDepartures(view: KubernetesView, snapshot: Snapshot): KubernetesView {
  const leaving = new Set(
    snapshot.state.operations
      .filter(isRemoval)
      .filter((o) => isOpen(o) && o.cause !== undefined)
      .map((o) => o.node?.uid),
  );
  if (leaving.size === 0) return view;
  return { ...view, nodes: view.nodes.map((n) => (leaving.has(n.uid) ? { ...n, unschedulable: true } : n)) };
}
