import type { Pod } from '../../snapshot';
import { byName, type Slot, tolerates } from '../scheduling';
import { liking } from '../selectors';
import type { Bin, Board } from './board';
import type { Kind } from './kinds';
import type { Tally } from './tally';

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
  let left = [...pods].sort(order);
  // What was refused is tried again when others have come: they may be the company that it waits for.
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    const refused = new Set<Kind>();
    left = left.filter((pod) => {
      const kind = board.kinds.of(pod);
      const bin = refused.has(kind) ? undefined : favourite(board, kind, bias);
      if (bin) {
        board.put(kind, bin);
        seats.set(pod.uid, bin);
        // Room only gets less; but company may come.
      } else if (!board.isSociable(kind)) refused.add(kind);
      return !bin;
    });
    if (!left.some((pod) => board.isSociable(board.kinds.of(pod)))) break;
  }
  return { seats, homeless: left };
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

/** Luck of no sort: dice, which fall the same way whenever they are thrown as the same number. */
export const thrown = (board: Board, number: number): Bias =>
  board.bins.map(({ index }) => MARGIN * (2 * fraction(number * 4099 + index) - 1));

/** From 0 to 1, and far apart for numbers that are close (the finalizer of MurmurHash3). */
function fraction(number: number): number {
  let hash = Math.imul(number + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

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
  const { drawnBy } = board.company(kind);
  const isPicky = kind.pod.preferredNodes !== undefined || board.hasDiscouraging || drawnBy.length > 0;
  return board.freest(kind, {
    balanced: true,
    ...(bias && { bias }),
    ...(isPicky && { taste: (fitting: readonly Bin[]) => taste(kind.pod, drawnBy, fitting) }),
  });
}

/**
 * Weights of the default profile beside it: TaintToleration 3, NodeAffinity 2, InterPodAffinity 2; each from 0 to 100 over
 * the nodes that fit.
 */
function taste(pod: Pod, drawnBy: readonly Tally[], fitting: readonly Bin[]): number[] {
  const liked = scaled(fitting.map(({ slot }) => liking(pod, slot)));
  const avoided = scaled(fitting.map(({ slot }) => avoidedTaints(pod, slot)));
  const drawn = fitting.map(({ domains }) =>
    drawnBy.reduce((sum, tally) => sum + tally.in(domains[tally.key] as number), 0),
  );
  const least = Math.min(...drawn);
  const near = scaled(drawn.map((count) => count - least));
  return fitting.map((_, i) => 2 * (liked[i] as number) + 2 * (near[i] as number) - 3 * (avoided[i] as number));
}

/** The largest is 100. */
function scaled(values: readonly number[]): number[] {
  const most = Math.max(...values);
  return values.map((value) => (most > 0 ? (100 * value) / most : 0));
}

const avoidedTaints = (pod: Pod, { taints }: Slot): number =>
  taints.filter(({ effect }) => effect === 'PreferNoSchedule').filter((taint) => !isTolerated(pod, taint)).length;

const isTolerated = ({ tolerations }: Pod, taint: Slot['taints'][number]): boolean =>
  tolerations.some((toleration) => tolerates(toleration, taint));
