import { grouped } from '../../grouped';
import type { Pod } from '../../snapshot';
import type { Slot } from '../scheduling';
import type { Bin, Board } from './board';
import type { Opened, Packed } from './pack';
import { type Bias, badLuck, type Rehearsal, rehearse, thrown, undo } from './rehearse';

export interface Settled {
  opened: Opened[];
  /** Uids of pods that have a place on paper alone. */
  uncertain: Set<string>;
  /** Where the others are on the board now, by uid. */
  seats: ReadonlyMap<string, Bin>;
  /** Where pods came to be in any of the plays, by uid. */
  chances: ReadonlyMap<string, Bin>;
}

/** Plays with dice, of so many pods times nodes at most: hundredths of a second. */
const THROWS = 32;
const AFFORDABLE_THROWS = 250_000;
/** Pods times nodes, over all rehearsals: a fraction of a second. */
const AFFORDABLE = 1_000_000;
/**
 * Pods times nodes beyond which nothing is played. With so many nodes the scheduler looks at some of them only
 * (`percentageOfNodesToScore`), and a play that looks at all says little.
 */
const MOST_PLAYED = 3_000_000;

/**
 * Plays what was packed as the scheduler will place it. Where it does without a node that was to be bought, that node is
 * not bought; a pod that it leaves though there is a place on paper is uncertain, and not promised anything. Pods that
 * have no place even on paper are played too: the scheduler takes them in their turn, and they may fill that of others.
 * The board is left as the scheduler would.
 *
 * @param back nodes that are being drained, and open where the packing uses them
 */
export function withoutSurplus(
  board: Board,
  demand: readonly Pod[],
  { placed, opened }: Packed,
  back: readonly Bin[],
): Settled {
  if (demand.length * board.bins.length > MOST_PLAYED) {
    return { opened, uncertain: new Set(), seats: placed, chances: placed };
  }
  undo(board, demand, { seats: placed });
  const budget = { left: AFFORDABLE };
  const isKept = ({ missed }: Played): boolean => ![...missed].some((uid) => placed.has(uid));
  let kept = [...opened];
  let played = play(board, demand, budget);
  while (kept.length > 0 && isKept(played) && budget.left > 0) {
    const spare = leastUsed(kept, played);
    undo(board, demand, played);
    board.withdraw(spare.bin);
    const without = play(board, demand, budget);
    // Nor is it spare where it would have had room for a pod that a limit left without a place.
    if ([...without.missed].some((uid) => !played.missed.has(uid))) {
      undo(board, demand, without);
      board.restore(spare.bin);
      rehearse(board, demand);
      break;
    }
    kept = kept.filter((each) => each !== spare);
    played = without;
  }
  // Where all find a place it is the scheduler's that counts: nodes are bought for the pods that will be on them.
  if (isKept(played)) {
    placed.clear();
    for (const [uid, bin] of played.seats) placed.set(uid, bin);
  }
  // Nor is a node taken back that the scheduler does without.
  const used = new Set([...placed.values(), ...played.seats.values()]);
  for (const bin of back) if (bin.open && !used.has(bin)) board.close(bin, true);
  playWithDice(board, demand, played);
  const onBin = byBin(demand, placed);
  return {
    opened: kept.map((node) => ({ ...node, pods: onBin.get(node.bin) ?? [] })),
    uncertain: played.missed,
    seats: played.seats,
    chances: played.chances,
  };
}

/** Pods of the plan that have no place when the scheduler places all of them by itself. The board is as before. */
export function strandedBy(board: Board, demand: readonly Pod[], { placed }: Packed): Pod[] {
  undo(board, demand, { seats: placed });
  const played = rehearse(board, demand);
  undo(board, demand, played);
  for (const pod of demand) {
    const bin = placed.get(pod.uid);
    if (bin) board.put(board.kinds.of(pod), bin);
  }
  return played.homeless.filter(({ uid }) => placed.has(uid));
}

interface Played {
  /** With even luck, and so they are on the board. */
  seats: Rehearsal['seats'];
  /** Uids of pods that found no place, with even luck or with bad. */
  missed: Set<string>;
  chances: Map<string, Bin>;
}

/** With bad luck as long as it can be afforded, and then with even. */
function play(board: Board, demand: readonly Pod[], budget: { left: number }): Played {
  const missed = new Set<string>();
  const chances = new Map<string, Bin>();
  const once = (bias?: Bias): Rehearsal => {
    budget.left -= demand.length * board.bins.length;
    const played = rehearse(board, demand, bias ? { bias } : {});
    note(played, { missed, chances });
    return played;
  };
  for (const bias of badLuck(board, demand)) {
    if (budget.left > demand.length * board.bins.length) undo(board, demand, once(bias));
  }
  return { seats: once().seats, missed, chances };
}

function note({ seats, homeless }: Rehearsal, { missed, chances }: Pick<Played, 'missed' | 'chances'>): void {
  for (const { uid } of homeless) missed.add(uid);
  for (const [uid, bin] of seats) chances.set(uid, bin);
}

/**
 * What is decided is played many times more, for what promises depend on: dice, and how much more a new node turns out to
 * have than the table says, from nothing to all of it. The board is as before.
 */
function playWithDice(board: Board, demand: readonly Pod[], played: Played): void {
  const throws = Math.min(THROWS, Math.floor(AFFORDABLE_THROWS / Math.max(1, demand.length * board.bins.length)));
  undo(board, demand, played);
  for (let i = 0; i < throws; i += 1) {
    const larger = enlarged(board, (i % SIZES) / (SIZES - 1));
    const game = rehearse(board, demand, { bias: thrown(board, i) });
    note(game, played);
    undo(board, demand, game);
    for (const { bin, more } of larger) board.enlarge(bin, more, -1);
  }
  for (const pod of demand) {
    const bin = played.seats.get(pod.uid);
    if (bin) board.put(board.kinds.of(pod), bin);
  }
}

/** Of new nodes: as small as the table says, as large as their type's name, and two between. */
const SIZES = 4;

function enlarged(board: Board, share: number): { bin: Bin; more: Slot['more'] & object }[] {
  const part = (amount: number) => Math.floor(share * amount);
  return board.bins.flatMap((bin) => {
    if (!bin.slot.more) return [];
    const { memoryBytes, others = {} } = bin.slot.more;
    const parts = Object.entries(others).map(([name, amount]) => [name, part(amount)] as const);
    const more = { memoryBytes: part(memoryBytes), others: Object.fromEntries(parts) };
    board.enlarge(bin, more, 1);
    return [{ bin, more }];
  });
}

export const byBin = (pods: readonly Pod[], seats: ReadonlyMap<string, Bin>): Map<Bin, Pod[]> =>
  grouped(
    pods.filter(({ uid }) => seats.has(uid)),
    ({ uid }) => seats.get(uid) as Bin,
  );

/** Of the zone that has most of them, or the rest would be out of balance; there the one with the fewest pods. */
function leastUsed(opened: readonly Opened[], { seats }: Played): Opened {
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
