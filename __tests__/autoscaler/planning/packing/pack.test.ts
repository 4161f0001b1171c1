import { LABEL } from '../../../../src/autoscaler/names';
import { Board } from '../../../../src/autoscaler/planning/packing/board';
import type { Offer } from '../../../../src/autoscaler/planning/packing/offers';
import { type Packed, pack } from '../../../../src/autoscaler/planning/packing/pack';
import { bucketsOf, type Group, groupsOf } from '../../../../src/autoscaler/planning/packing/queue';
import { FairShare } from '../../../../src/autoscaler/planning/packing/share';
import type { Shop } from '../../../../src/autoscaler/planning/packing/shop';
import { Trials } from '../../../../src/autoscaler/planning/packing/trials';
import type { Pod, Resources } from '../../../../src/autoscaler/snapshot';
import { burstPool, MI, pending } from '../../builders';
import { labelled, term } from './takers';

/** The order in which pods are placed and nodes are tried. Resources are of tenths of a node: cores, memory. */

const room = (cores: number, memory: number): Resources => ({
  cpuMilli: cores * 100,
  memoryBytes: memory * 100 * MI,
  pods: 1,
});
const SIZE = { ...room(10, 10), pods: 100 };
const named = (name: string, cores: number, memory: number, over: Partial<Pod> = {}): Pod =>
  pending({ name, requests: room(cores, memory), ...over });
/** Cares for company, of which there is none. */
const choosy = { antiAffinity: [term('nobody', LABEL.hostname)] };
/** Of the same name, no two share a node. */
const apart = (name: string): Partial<Pod> => ({ ...labelled(name), antiAffinity: [term(name, LABEL.hostname)] });

const slot = (name: string, size = SIZE) => ({
  ...{ name, size, free: size, taints: [] },
  labels: { [LABEL.hostname]: name, [LABEL.zone]: 'a' },
});
const boardOf = (pods: readonly Pod[], there: readonly Pod[] = []) =>
  new Board([{ slot: slot('n'), pods: [...there], open: true }], pods);

const offer = (type: string, usdPerHour: number, order: number, size = SIZE): Offer => ({
  ...{ type, usdPerHour, order, size },
  ...{ pool: burstPool, market: 'on-demand', zones: ['a'] },
});
const shopOf = (offers: readonly Offer[], over: Partial<Shop> = {}): Shop => ({
  ...{ offers, large: false, placement: 'lowest-cost' },
  refusal: () => undefined,
  take: () => {},
  zones: ({ zones }) => zones,
  sample: ({ type, size }) => slot(type, size),
  ...over,
});
const NOTHING = shopOf([]);
const placed = ({ placed: bins }: Packed, pods: readonly Pod[]): string[] =>
  pods.filter(({ uid }) => bins.has(uid)).map(({ name }) => name);

describe('pods that care for company', () => {
  it('come onto a node first that take cores and memory as they are free', () => {
    // GIVEN a larger pod that takes nearly all cores and hardly any memory, and two that take both alike
    const pods = [named('uneven', 9, 1, choosy), named('even-1', 5, 5, choosy), named('even-2', 5, 5, choosy)];
    const board = boardOf(pods);
    // WHEN they are placed on one node
    const packed = pack(board, pods, [{ bins: board.bins }], NOTHING);
    // THEN the two fill it
    expect(placed(packed, pods)).toEqual(['even-1', 'even-2']);
  });

  it('of a size that has no room anywhere are asked for once, however many kinds wait', () => {
    const pods = ['a', 'b', 'c', 'd'].map((name) => named(name, 6, 6, { ...choosy, tolerations: [{ key: name }] }));
    const board = boardOf(pods);
    const asked = jest.spyOn(board, 'freest');
    const packed = pack(board, pods, [{ bins: board.bins }], NOTHING);
    expect(placed(packed, pods)).toHaveLength(1);
    // The first, which gets the room; the second; and once for the nodes that were bought, which are none.
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it('are not kept off by another of their size that only its company keeps off', () => {
    const there = pending({ ...labelled('web'), nodeName: 'n', requests: room(1, 1) });
    const pods = [named('a-web', 3, 3, apart('web')), named('b-other', 3, 3, apart('other'))];
    const board = boardOf(pods, [there]);
    expect(placed(pack(board, pods, [{ bins: board.bins }], NOTHING), pods)).toEqual(['b-other']);
  });
});

describe('what nothing can be bought for', () => {
  const near = { affinity: [term('db', LABEL.zone)] };

  it('keeps nothing from being bought for others', () => {
    const pods = [named('huge', 99, 99), named('small', 5, 5)];
    const packed = pack(boardOf(pods), pods, [], shopOf([offer('m', 1, 0)]));
    expect(placed(packed, pods)).toEqual(['small']);
    expect(packed.left.map(({ name }) => name)).toEqual(['huge']);
  });

  it('because its company is not there is tried again when that has come', () => {
    const pods = [named('web', 9, 9, near), named('db', 9, 9, labelled('db'))];
    const packed = pack(boardOf(pods), pods, [], shopOf([offer('m', 1, 0)]));
    expect(packed.left).toEqual([]);
    expect(packed.opened).toHaveLength(2);
  });
});

describe('how large a node is worth buying', () => {
  const worth = ({ cpuMilli }: Resources): number => cpuMilli;
  const shareOf = (pods: readonly Pod[], change: (groups: Group[]) => void = () => {}): number => {
    const board = boardOf(pods);
    const groups = groupsOf(pods, board);
    const share = new FairShare(groups, board, worth);
    change(groups);
    return share.now();
  };
  const two = [named('web-1', 2, 1, apart('web')), named('web-2', 2, 1, apart('web'))];

  it('is what waits, divided by the nodes that pods without a like beside them need', () => {
    expect(shareOf([...two, named('other', 6, 1)])).toBe(500);
  });

  it('is no matter where one node may take everything', () => {
    expect(shareOf([named('a', 2, 1), named('b', 2, 1)])).toBe(Number.POSITIVE_INFINITY);
    expect(shareOf([named('one', 2, 1, apart('web')), named('b', 2, 1)])).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes by what has no place yet', () => {
    const three = [...two, named('web-3', 2, 1, apart('web')), named('other', 6, 1)];
    const placeOne = (groups: Group[]) => {
      for (const group of groups) if (group.pods.length === 3) group.placed = 1;
    };
    expect(shareOf(three)).toBe(400);
    expect(shareOf(three, placeOne)).toBe(500);
  });
});

describe('after a node that is used well', () => {
  const offers = [offer('m', 1, 0), offer('l', 3, 1, { ...room(20, 20), pods: 100 })];

  /** Types that are tried for a second node of the same pods, when the first was the best for them. */
  function triedAgain(pods: readonly Pod[], usdWorth: number, placement: Shop['placement'] = 'lowest-cost'): string[] {
    const board = boardOf(pods);
    const groups = groupsOf(pods, board);
    const tried: string[] = [];
    const sample: Shop['sample'] = ({ type, size }) => slot(type, size);
    const add = board.add.bind(board);
    const trials = new Trials(board, shopOf(offers, { placement, sample }), () => usdWorth);
    const [first] = groups;
    if (!first) throw new Error('nothing waits');
    trials.best(first, bucketsOf(groups), Number.POSITIVE_INFINITY);
    jest.spyOn(board, 'add').mockImplementation((of) => {
      tried.push(of.name);
      return add(of);
    });
    trials.best(first, bucketsOf(groups), Number.POSITIVE_INFINITY);
    return tried;
  }
  const pods = [named('a', 10, 10)];

  it('no other is tried for the next of its pods', () => {
    expect(triedAgain(pods, 0.97)).toEqual(['m']);
  });

  it('that is not used so well, or where cost does not decide, all are', () => {
    expect(triedAgain(pods, 0.96)).toEqual(['m', 'l']);
    expect(triedAgain(pods, 0.97, 'least-waste')).toEqual(['m', 'l']);
  });
});
