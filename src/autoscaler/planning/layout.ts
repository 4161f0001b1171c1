import type { RuntimeConfig } from '../../config/runtime';
import type { KubernetesView, Node, Pod, Snapshot } from '../snapshot';
import type { RemovalOperation } from '../state';
import { isRemoval, isReversible, nominatedTo, podsOn } from './fleet-view';
import { type Bin, Board } from './packing/board';
import { isServing, joiningSlots, nodeSlot } from './slots';

/** All nodes on a board, by what they are to pods that wait. */
export interface Layout {
  board: Board;
  existing: Bin[];
  joining: Bin[];
  /** Being drained by our own choice: taken back before anything is launched. */
  draining: { bin: Bin; operation: RemovalOperation }[];
}

/** @param coming pods that have no place, or are about to lose it */
export function layOut(
  snapshot: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
  coming: readonly Pod[],
): Layout {
  const moving = new Set(coming.map(({ uid }) => uid));
  const onNode = (node: Node) => podsOn(view, node.name).filter(({ uid }) => !moving.has(uid));
  const joining = joiningSlots(snapshot, view, config);
  const started = new Set(joining.map(({ node }) => node?.name));
  const there = view.nodes.filter(({ name }) => !started.has(name));
  const removals = snapshot.state.operations.filter(isRemoval).filter((o) => isReversible(o) && o.cause === undefined);
  const board = new Board(
    [
      ...there.map((node) => ({
        slot: nodeSlot(view, node),
        pods: onNode(node),
        open: isServing(node),
        cordoned: node.unschedulable,
        nominated: nominatedTo(view, node.name),
      })),
      ...joining.map(({ slot, node }) => ({
        slot,
        pods: node ? onNode(node) : [],
        open: true,
        nominated: node ? nominatedTo(view, node.name) : [],
      })),
    ],
    coming,
    // A pod that replaces one we evicted must not bring its old node back, so it is not like the others.
    (pod) => removals.filter((operation) => isReplacement(pod, operation)).map(({ id }) => id),
  );
  const bins = board.bins.slice(0, there.length);
  return {
    board,
    existing: bins.filter(({ open }) => open),
    joining: board.bins.slice(there.length),
    draining: removals.flatMap((operation) => {
      const index = there.findIndex((node) => node.name === operation.node?.name && node.ready);
      const bin = bins[index];
      return bin && !bin.open ? [{ bin, operation }] : [];
    }),
  };
}

/** Or no drain would ever end. */
export const isReplacement = (pod: Pod, operation: RemovalOperation): boolean =>
  pod.owner !== undefined && operation.evictedOwners.includes(pod.owner.uid) && pod.createdAt >= operation.createdAt;
