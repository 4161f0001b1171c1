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
  }
  // Where all find a place it is the scheduler's that counts: nodes are bought for the pods that will be on them.
  if (played.homeless.length === 0) {
    placed.clear();
    for (const [uid, bin] of played.seats) placed.set(uid, bin);
  }
  const onBin = byBin(pods, placed);
  return {
    opened: kept.map((node) => ({ ...node, pods: onBin.get(node.bin) ?? [] })),
    uncertain: new Set(played.homeless.map(({ uid }) => uid)),
    seats: played.seats,
  };
}

export function byBin(pods: readonly Pod[], seats: ReadonlyMap<string, Bin>): Map<Bin, Pod[]> {
  const groups = new Map<Bin, Pod[]>();
  for (const pod of pods) {
    const bin = seats.get(pod.uid);
    if (!bin) continue;
    const there = groups.get(bin);
    if (there) there.push(pod);
    else groups.set(bin, [pod]);
  }
  return groups;
}

/** Of the zone that has most of them, or the rest would be out of balance; there the one with the fewest pods. */
function leastUsed(opened: readonly Opened[], { seats }: Rehearsal): Opened {
  const inZone = counted(opened.map(({ offer, zone }) => `${offer.pool.name}/${zone}`));
  const onBin = counted([...seats.values()]);
  const ofZone = ({ offer, zone }: Opened) => inZone.get(`${offer.pool.name}/${zone}`) ?? 0;
  const ofBin = ({ bin }: Opened) => onBin.get(bin) ?? 0;
  return [...opened].sort((a, b) => ofZone(b) - ofZone(a) || ofBin(a) - ofBin(b))[0] as Opened;
}

function counted<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
