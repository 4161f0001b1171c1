import { LABEL } from '../../../../src/autoscaler/names';
import { Board } from '../../../../src/autoscaler/planning/packing/board';
import { bucketsOf, groupsOf } from '../../../../src/autoscaler/planning/packing/queue';
import { type Patience, patience, tighten } from '../../../../src/autoscaler/planning/packing/tighten';
import type { Pod } from '../../../../src/autoscaler/snapshot';
import { MI, pending } from '../../builders';
import { term } from './takers';

const SEATS = 5;

/** A node of 10 GiB and five seats. Each pod is named by its GiB. */
const size = { cpuMilli: 10_000, memoryBytes: 10_240 * MI, pods: SEATS };
const slot = { name: 'n', labels: { [LABEL.hostname]: 'n', [LABEL.zone]: 'a' }, taints: [], size, free: size };
const named = (gib: number, index: number): Pod =>
  pending({ name: `${gib}-${index}`, requests: { cpuMilli: 100, memoryBytes: gib * 1024 * MI, pods: 1 } });

/**
 * What is on the node in the end, in GiB.
 *
 * @param there put onto the node at first, the first of them because of which it is bought
 * @param over how the pods of a size are different
 */
function tightened(
  there: number[],
  waiting: number[],
  over: Record<number, Partial<Pod>> = {},
  spent: Patience = patience(),
): number[] {
  const pods = [...there, ...waiting].map((gib, i) => ({ ...named(gib, i), ...over[gib] }));
  const board = new Board([{ slot, pods: [], open: true }], pods);
  const bin = board.bin('n');
  const groups = groupsOf(pods, board);
  const of = (gib: number) => groups.find(({ pods: [first] }) => first?.name.startsWith(`${gib}-`));
  const contents = new Map();
  for (const gib of there) {
    const group = of(gib);
    if (!group || !bin) throw new Error(`${gib} has no group`);
    board.put(group.kind, bin);
    contents.set(group, (contents.get(group) ?? 0) + 1);
  }
  const first = of(there[0] ?? 0);
  if (!bin || !first) throw new Error('nothing is there');
  tighten({ board, bin, first, buckets: bucketsOf(groups), contents }, ({ memoryBytes }) => memoryBytes, spent);
  const held = [...contents].flatMap(([group, count]) => Array(count).fill(Number(group.pods[0].name.split('-')[0])));
  expect(bin.memoryBytes).toBeCloseTo((10 - held.reduce((sum, gib) => sum + gib, 0)) * 1024 * MI);
  return held.sort((a, b) => b - a);
}

describe('what is on a node is exchanged', () => {
  it.each<[string, number[], number[], number[]]>([
    ['for a pod that fits the rest exactly', [6, 3], [4], [6, 4]],
    ['for two that together do', [2, 6], [4, 4], [4, 4, 2]],
    ['for two alike, but for one where only one waits', [1, 7], [4], [7, 1]],
    ['again and again, as long as it gains', [2, 3, 3], [4, 4, 4], [4, 4, 2]],
    ['for the best there is', [6, 2], [3, 4], [6, 4]],
    ['never for what does not fit', [6, 3], [5, 7], [6, 3]],
    ['never for more pods than it has seats', [1, 1, 1, 1, 3], [2, 2], [3, 2, 2, 1, 1]],
    ['never but for one of those for which it is bought', [3, 3, 3], [4, 4, 4], [4, 3, 3]],
  ])('%s', (_, there, waiting, expected) => {
    expect(tightened(there, waiting)).toEqual(expected);
  });

  it('but for pods that care for company, on the node or waiting', () => {
    const apart = { antiAffinity: [term('db', LABEL.hostname)] };
    expect(tightened([6, 3], [4], { 3: apart })).toEqual([6, 3]);
    expect(tightened([6, 3], [4], { 4: apart })).toEqual([6, 3]);
  });

  it('but for pods that must not be there', () => {
    expect(tightened([6, 3], [4], { 4: { nodeSelector: { [LABEL.zone]: 'b' } } })).toEqual([6, 3]);
  });
});

describe('looking for exchanges', () => {
  it('[77] ends where patience does, and leaves what is there as it is', () => {
    expect(tightened([6, 3], [4], {}, { left: 0 })).toEqual([6, 3]);
  });

  it('never takes more steps than it may, whatever waits', () => {
    const spent = { left: 50 };
    const sizes = Array.from({ length: 300 }, (_, i) => 2 + i / 1000);
    tightened([1, 1, 1, 1], sizes, {}, spent);
    expect(spent.left).toBe(0);
  });
});
