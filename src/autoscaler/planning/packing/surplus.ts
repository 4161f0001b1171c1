import type { Pod } from '../../snapshot';
import type { Bin, Board } from './board';
import type { Opened, Packed } from './pack';
import { type Rehearsal, rehearse, undo } from './rehearse';

export interface Settled {
  opened: Opened[];
  /** Uids of pods that have a place on paper alone. */
  uncertain: Set<string>;
  /** Where the others are on the board now, by uid. */
  seats: ReadonlyMap<string, Bin>;
}

/** Pods times nodes beyond which one rehearsal has to do. */
const AFFORDABLE = 250_000;

/**
 * Plays what was packed as the scheduler will place it. Where it does without a node that was to be bought, that node is
 * not bought; a pod that it leaves though there is a place on paper is uncertain, and not promised anything. The board
 * is left as the scheduler would.
 */
export function withoutSurplus(board: Board, demand: readonly Pod[], { placed, opened }: Packed): Settled {
  const pods = demand.filter(({ uid }) => placed.has(uid));
  for (const pod of pods) board.take(board.kinds.of(pod), placed.get(pod.uid) as Bin);
  let kept = [...opened];
  let played = rehearse(board, pods);
  while (kept.length > 0 && played.homeless.length === 0 && pods.length * board.bins.length <= AFFORDABLE) {
    const spare = leastUsed(kept, played);
    undo(board, pods, played);
    board.withdraw(spare.bin);
    const without = rehearse(board, pods);
    if (without.homeless.length > 0) {
      undo(board, pods, without);
      board.restore(spare.bin);
      played = rehearse(board, pods);
      break;
    }
    kept = kept.filter((each) => each !== spare);
    played = without;
    for (const { uid } of spare.pods) placed.set(uid, without.seats.get(uid) as Bin);
  }
  return { opened: kept, uncertain: new Set(played.homeless.map(({ uid }) => uid)), seats: played.seats };
}

function leastUsed(opened: readonly Opened[], { seats }: Rehearsal): Opened {
  const counts = new Map<Bin, number>();
  for (const bin of seats.values()) counts.set(bin, (counts.get(bin) ?? 0) + 1);
  return opened.reduce((a, b) => ((counts.get(b.bin) ?? 0) < (counts.get(a.bin) ?? 0) ? b : a));
}
