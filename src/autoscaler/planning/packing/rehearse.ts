import type { Pod } from '../../snapshot';
import { byName, type Slot, untolerated } from '../scheduling';
import { liking } from '../selectors';
import type { Bin, Board } from './board';
import type { Kind } from './kinds';

/** Where pods end up when the scheduler places them by itself, and those that it leaves. */
export interface Rehearsal {
  /** By uid. */
  seats: Map<string, Bin>;
  homeless: Pod[];
}

/**
 * Puts the pods onto the board one by one, as kube-scheduler will: the important first, then the older, each on the node
 * with the largest free share, preferences weighed in. It packs nothing tightly, so what fits in a plan on paper may
 * not fit in its hands.
 */
export function rehearse(
  board: Board,
  pods: readonly Pod[],
  { order = schedulingOrder, bias }: Manner = {},
): Rehearsal {
  const seats = new Map<string, Bin>();
  const homeless: Pod[] = [];
  const refused = new Set<Kind>();
  for (const pod of [...pods].sort(order)) {
    const kind = board.kinds.of(pod);
    const bin = refused.has(kind) ? undefined : favourite(board, kind, bias);
    if (bin) {
      board.put(kind, bin);
      seats.set(pod.uid, bin);
    } else {
      homeless.push(pod);
      // Room only gets less; but company may come.
      if (!board.isSociable(kind)) refused.add(kind);
    }
  }
  return { seats, homeless };
}

export interface Manner {
  order?: Order;
  bias?: Bias;
}

/** Added to what the scheduler thinks of a node, by its index. */
export type Bias = readonly number[];

/**
 * Of nodes that it likes the same the scheduler takes any (`selectHost` in pkg/scheduler/schedule_one.go), and what it
 * likes is known to a few points only. These are for bad luck of several sorts: each pod takes the node that most others
 * could use too, or the fewest, or the largest, or the smallest.
 */
export function badLuck(board: Board, pods: readonly Pod[]): Bias[] {
  const gates = [...new Set(pods.map((pod) => board.kinds.of(pod).gate))];
  const useful = board.bins.map((bin) => gates.filter((gate) => board.admits(gate, bin)).length);
  const large = board.bins.map(({ slot }) => slot.size.cpuMilli);
  return [useful, large].flatMap((amounts) => {
    const most = Math.max(1, ...amounts);
    const shares = amounts.map((amount) => (MARGIN * amount) / most);
    return [shares, shares.map((share) => -share)];
  });
}

/** Points of a hundred. */
const MARGIN = 3;

export type Order = (a: Pod, b: Pod) => number;

/** Takes the pods off again. */
export function undo(board: Board, pods: readonly Pod[], { seats }: Pick<Rehearsal, 'seats'>): void {
  for (const pod of pods) {
    const bin = seats.get(pod.uid);
    if (bin) board.take(board.kinds.of(pod), bin);
  }
}

/** `queuesort.PrioritySort`; pods that wait for long have been in the queue in the order in which they were made. */
const schedulingOrder = (a: Pod, b: Pod): number =>
  b.priority - a.priority || a.createdAt - b.createdAt || byName(a, b);

function favourite(board: Board, kind: Kind, bias: Bias | undefined): Bin | undefined {
  const isPicky = kind.pod.preferredNodes !== undefined || board.hasDiscouraging;
  return board.freest(kind, {
    ...(bias && { bias }),
    ...(isPicky && { taste: (slot: Slot) => taste(kind.pod, slot) }),
  });
}

/** Weights of the default profile beside it: TaintToleration 3, NodeAffinity 2; each from 0 to 100. */
function taste(pod: Pod, slot: Bin['slot']): number {
  const soft = slot.taints.filter(({ effect }) => effect === 'PreferNoSchedule');
  const avoided =
    untolerated(
      soft.map((taint) => ({ ...taint, effect: 'NoSchedule' })),
      pod,
    ) !== undefined;
  return 2 * preference(pod, slot) - (avoided ? 300 : 0);
}

function preference(pod: Pod, slot: Bin['slot']): number {
  const most = (pod.preferredNodes ?? []).reduce((sum, { weight }) => sum + weight, 0);
  return most > 0 ? (100 * liking(pod, slot)) / most : 0;
}
