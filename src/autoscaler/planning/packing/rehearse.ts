import type { Pod } from '../../snapshot';
import { byText, podKey, untolerated } from '../scheduling';
import { matchesTerm } from '../selectors';
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
export function rehearse(board: Board, pods: readonly Pod[], order: Order = schedulingOrder): Rehearsal {
  const seats = new Map<string, Bin>();
  const homeless: Pod[] = [];
  const refused = new Set<Kind>();
  for (const pod of [...pods].sort(order)) {
    const kind = board.kinds.of(pod);
    const bin = refused.has(kind) ? undefined : favourite(board, kind);
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

export type Order = (a: Pod, b: Pod) => number;

/** Takes the pods off again. */
export function undo(board: Board, pods: readonly Pod[], { seats }: Rehearsal): void {
  for (const pod of pods) {
    const bin = seats.get(pod.uid);
    if (bin) board.take(board.kinds.of(pod), bin);
  }
}

/** `queuesort.PrioritySort`; pods that wait for long have been in the queue in the order in which they were made. */
const schedulingOrder = (a: Pod, b: Pod): number =>
  b.priority - a.priority || a.createdAt - b.createdAt || byText(podKey(a), podKey(b));

function favourite(board: Board, kind: Kind): Bin | undefined {
  let found: Bin | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const bin of board.bins) {
    if (!bin.open) continue;
    const score = scoreOf(kind.pod, bin);
    if (score > most && board.fits(kind, bin)) {
      most = score;
      found = bin;
    }
  }
  return found;
}

/** Weights of the default profile: LeastAllocated 1, TaintToleration 3, NodeAffinity 2; each from 0 to 100. */
function scoreOf(pod: Pod, { cpuMilli, memoryBytes, slot }: Bin): number {
  const { requests, preferredNodes } = pod;
  const cpu = Math.max(0, cpuMilli - requests.cpuMilli) / Math.max(1, slot.size.cpuMilli);
  const memory = Math.max(0, memoryBytes - requests.memoryBytes) / Math.max(1, slot.size.memoryBytes);
  const free = 50 * cpu + 50 * memory;
  if (!preferredNodes && slot.taints.length === 0) return free;
  return free + 2 * preference(pod, slot) - (avoids(pod, slot) ? 300 : 0);
}

const avoids = (pod: Pod, { taints }: Bin['slot']): boolean =>
  untolerated(
    taints.filter(({ effect }) => effect === 'PreferNoSchedule').map((taint) => ({ ...taint, effect: 'NoSchedule' })),
    pod,
  ) !== undefined;

function preference({ preferredNodes = [] }: Pod, slot: Bin['slot']): number {
  const most = preferredNodes.reduce((sum, { weight }) => sum + weight, 0);
  const met = preferredNodes.reduce((sum, { weight, term }) => sum + (matchesTerm(term, slot) ? weight : 0), 0);
  return most > 0 ? (100 * met) / most : 0;
}
