import type { Resources } from '../../snapshot';
import { minus, plus } from '../resources';
import type { Bin, Board } from './board';
import type { Contents } from './fill';
import { type Bucket, type Group, left } from './queue';
import type { Worth } from './worth';

/** One pod leaves the node, and one or two that are worth more come in its place. */
interface Exchange {
  out: Group;
  into: Group[];
  /** Dollars an hour. */
  gain: number;
}

/** Steps that may still be spent on looking for exchanges, over a whole plan: what is not looked at stays as it is. */
export interface Patience {
  left: number;
}

/** Some tens of milliseconds. */
export const patience = (): Patience => ({ left: 2_000_000 });

/** A node that is filled, and what else waits. */
export interface Filled {
  board: Board;
  bin: Bin;
  /** What the node is bought for: one of it stays. */
  first: Group;
  buckets: readonly Bucket[];
  contents: Contents;
}

/**
 * Exchanges what is on a node for what uses its room better, as long as it gains: filled by size alone, a node ends with
 * a rest that a slightly larger pod, or two smaller ones, would have used. Pods that care for company stay where they
 * are: others may be there because of them.
 */
export function tighten(filled: Filled, worth: Worth, spent: Patience): void {
  const { board, bin, contents } = filled;
  while (spent.left > 0) {
    const best = bestExchange(filled, worth, spent);
    if (!best) return;
    board.take(best.out.kind, bin);
    count(contents, best.out, -1);
    for (const group of best.into) {
      board.put(group.kind, bin);
      count(contents, group, 1);
    }
  }
}

function bestExchange(filled: Filled, worth: Worth, spent: Patience): Exchange | undefined {
  const { board, bin, first, buckets, contents } = filled;
  const waits = (group: Group, most: number) => left(group) >= (contents.get(group) ?? 0) + most;
  const coming = buckets
    .flatMap(({ size, groups }): Coming[] => {
      const group = groups.find((each) => !each.choosy && waits(each, 1));
      return group ? [{ group, size, value: worth(size) }] : [];
    })
    .sort((a, b) => b.value - a.value);
  let best: Exchange | undefined;
  const isMore = (gain: number) => gain > (best?.gain ?? LEAST);
  const consider = (out: Group, into: Group[], gain: number) => {
    if (isMore(gain) && couldReplace(board, bin, out, into)) best = { out, into, gain };
  };
  for (const [out, there] of contents) {
    if (out.choosy || there <= (out === first ? 1 : 0)) continue;
    const gone = out.kind.pod.requests;
    const room: Resources = plus({ cpuMilli: bin.cpuMilli, memoryBytes: bin.memoryBytes, pods: bin.pods }, gone);
    const value = worth(gone);
    // What fits is worth no more than the room, and two that come are worth no more than twice the dearer one.
    for (let i = firstUpTo(coming, worth(room)); i < coming.length && spent.left > 0; i += 1) {
      const one = coming[i] as Coming;
      if (!isMore(2 * one.value - value)) break;
      spent.left -= 1;
      if (!holds(room, one.size)) continue;
      consider(out, [one.group], one.value - value);
      const rest = minus(room, one.size);
      for (let j = Math.max(i, firstUpTo(coming, worth(rest))); j < coming.length && spent.left > 0; j += 1) {
        const two = coming[j] as Coming;
        if (!isMore(one.value + two.value - value)) break;
        spent.left -= 1;
        if (!holds(rest, two.size) || (one === two && !waits(one.group, 2))) continue;
        consider(out, [one.group, two.group], one.value + two.value - value);
      }
    }
  }
  return best;
}

/** Pods of one size that could come. */
interface Coming {
  group: Group;
  size: Resources;
  value: number;
}

/** Of what is sorted, the dearest first, the position of the first that is worth so much at most. */
function firstUpTo(coming: readonly Coming[], value: number): number {
  let [from, to] = [0, coming.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((coming[middle] as Coming).value > value + LEAST) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Cores and memory alone: what is cheap to ask, before the scheduler's rules are. */
const holds = (room: Resources, { cpuMilli, memoryBytes }: Resources): boolean =>
  cpuMilli <= room.cpuMilli && memoryBytes <= room.memoryBytes;

function couldReplace(board: Board, bin: Bin, out: Group, into: readonly Group[]): boolean {
  board.take(out.kind, bin);
  const put: Group[] = [];
  for (const group of into) {
    if (!board.fits(group.kind, bin)) break;
    board.put(group.kind, bin);
    put.push(group);
  }
  for (const group of put) board.take(group.kind, bin);
  board.put(out.kind, bin);
  return put.length === into.length;
}

function count(contents: Contents, group: Group, by: 1 | -1): void {
  const now = (contents.get(group) ?? 0) + by;
  if (now > 0) contents.set(group, now);
  else contents.delete(group);
}

/** Less is no gain: sums are not exact. */
const LEAST = 1e-9;
