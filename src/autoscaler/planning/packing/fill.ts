import type { Resources } from '../../snapshot';
import { NOTHING, plus, times } from '../resources';
import type { Bin, Board } from './board';
import { type Bucket, type Group, left } from './queue';

/** How many pods of a group go onto a node. */
export type Contents = Map<Group, number>;

/**
 * Fills a node with what has no place yet, and counts it on the board. Of the sizes that fit, the one that uses most of
 * what is free most (largest scalar product of what is asked and what is left, by their share of the node), so that
 * neither cores nor memory are left over. `contents` says what was put there already, and gets what is added.
 *
 * @param most stop where the node's contents reach so much; undefined: when nothing more fits
 */
export function fill(board: Board, bin: Bin, size: Resources, buckets: readonly Bucket[], contents: Contents): void {
  const open = [...buckets];
  for (;;) {
    const index = bestOf(open, bin, size);
    const bucket = open[index];
    if (!bucket) return;
    const group = bucket.groups.find((each) => left(each) > (contents.get(each) ?? 0) && board.fits(each.kind, bin));
    if (group) {
      board.put(group.kind, bin);
      contents.set(group, (contents.get(group) ?? 0) + 1);
    } else {
      open[index] = open[open.length - 1] as Bucket;
      open.pop();
    }
  }
}

function bestOf(buckets: readonly Bucket[], bin: Bin, size: Resources): number {
  const cpu = bin.cpuMilli / Math.max(1, size.cpuMilli) ** 2;
  const memory = bin.memoryBytes / Math.max(1, size.memoryBytes) ** 2;
  let best = -1;
  let most = -1;
  for (let i = 0; i < buckets.length; i += 1) {
    const need = (buckets[i] as Bucket).size;
    if (need.cpuMilli > bin.cpuMilli && need.cpuMilli > 0) continue;
    if (need.memoryBytes > bin.memoryBytes && need.memoryBytes > 0) continue;
    if (need.pods > bin.pods) continue;
    const use = need.cpuMilli * cpu + need.memoryBytes * memory;
    if (use > most) {
      most = use;
      best = i;
    }
  }
  return best;
}

/** What all of it asks for together. */
export const requestsOfAll = (contents: Contents): Resources =>
  [...contents].reduce((sum, [{ kind }, count]) => plus(sum, times(kind.pod.requests, count)), NOTHING);

/** Takes it all off again. */
export function empty(board: Board, bin: Bin, contents: Contents): void {
  for (const [group, count] of contents) for (let i = 0; i < count; i += 1) board.take(group.kind, bin);
}
