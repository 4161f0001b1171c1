import { LABEL } from '../../../../src/autoscaler/names';
import { Board } from '../../../../src/autoscaler/planning/packing/board';
import { rehearse, thrown } from '../../../../src/autoscaler/planning/packing/rehearse';
import type { Slot } from '../../../../src/autoscaler/planning/scheduling';
import type { Pod as TPod } from '../../../../src/autoscaler/snapshot';
import { MI, pod, T0 } from '../../builders';
import { app, labelled, ROOM, spreading, type There, term } from './takers';

/** Nodes by name, the zone is the first letter; a name in capitals is a cordoned node. */
function boardOf(
  names: string[],
  there: There,
  coming: TPod[],
  sizes: Record<string, Partial<Slot['size']>> = {},
): Board {
  const seats = names.map((name) => {
    const labels = { [LABEL.hostname]: name, [LABEL.zone]: name.slice(0, 1).toLowerCase() };
    const size = { ...ROOM, ...sizes[name] };
    const cordoned = name === name.toUpperCase();
    const pods = (there[name] ?? []).map((each) => pod({ nodeName: name, ...each }));
    return { slot: { name, labels, taints: [], size, free: size }, pods, open: !cordoned, cordoned };
  });
  return new Board(seats, coming);
}

/** Where each pod ends up, by name. */
function placed(board: Board, coming: TPod[]): Record<string, string | undefined> {
  const { seats } = rehearse(board, coming);
  return Object.fromEntries(coming.map(({ name, uid }) => [name, seats.get(uid)?.slot.name]));
}

const NOTHING = { cpuMilli: 0, memoryBytes: 0, pods: 1 };

describe('the rehearsal', () => {
  it('tries a pod again that was refused, when its company has come', () => {
    // GIVEN a pod that is taken first and has to be near one that is taken later
    const shy = pod({ name: 'shy', priority: 1, affinity: [term('db', LABEL.hostname)] });
    const db = pod({ name: 'db', ...labelled('db') });
    // THEN
    const names = placed(boardOf(['a1', 'b1'], {}, [shy, db]), [shy, db]);
    expect(names.shy).toBe(names.db);
    expect(names.db).toBeDefined();
  });

  it('draws a pod to those that had to have one like it', () => {
    // GIVEN a node that has less room, and on it a pod that needs company like the one that comes
    const there = { a1: [{ affinity: [term('db', LABEL.hostname)] }] };
    const db = pod({ name: 'db', requests: NOTHING, ...labelled('db') });
    const sizes = { a1: { cpuMilli: 500 } };
    // THEN
    expect(placed(boardOf(['a1', 'b1'], there, [db], sizes), [db]).db).toBe('a1');
    expect(placed(boardOf(['a1', 'b1'], {}, [db], sizes), [db]).db).toBe('b1');
  });

  it('prefers the node whose cores and memory it uses alike, where as much stays free', () => {
    // GIVEN two nodes of which the pod leaves the same share free: of one it uses cores alone, of the other both
    const coming = pod({ name: 'coming', requests: { cpuMilli: 400, memoryBytes: 400 * MI, pods: 1 } });
    const sizes = {
      a1: { cpuMilli: 1000, memoryBytes: 100_000 * MI },
      b1: { cpuMilli: 2000, memoryBytes: 2000 * MI },
    };
    // THEN
    expect(placed(boardOf(['a1', 'b1'], {}, [coming], sizes), [coming]).coming).toBe('b1');
  });

  it('weighs a preference by the most that a node which fits has of it', () => {
    // GIVEN a pod that likes zone b a little, and more what no node has
    const wish = (key: string, values: string[], weight: number) => ({
      weight,
      term: { labels: [{ key, operator: 'In' as const, values }], fields: [] },
    });
    const coming = pod({
      name: 'coming',
      requests: { ...NOTHING, cpuMilli: 400 },
      preferredNodes: [wish(LABEL.zone, ['b'], 1), wish('disk', ['ssd'], 99)],
    });
    // THEN all of the preference counts, more than that zone a has far more room
    const sizes = { b1: { cpuMilli: 500 } };
    expect(placed(boardOf(['a1', 'b1'], {}, [coming], sizes), [coming]).coming).toBe('b1');
  });

  it('throws dice that fall the same way each time, and another way as another number', () => {
    const board = boardOf(['a1', 'a2', 'b1'], {}, []);
    expect(thrown(board, 1)).toEqual(thrown(board, 1));
    expect(thrown(board, 1)).not.toEqual(thrown(board, 2));
    expect(Math.max(...thrown(board, 1).map(Math.abs))).toBeLessThanOrEqual(3);
  });
});

describe('a cordoned node', () => {
  const created = { createdAt: T0, ...labelled('web') };
  const coming = () => pod({ name: 'coming', ...created, spread: [spreading({ honorTaints: true })] });
  const full = { A1: [labelled('web'), labelled('web')], a2: [], b1: [labelled('web')] };

  it('counts with its pods for a spread that looks at taints only once it is taken back', () => {
    // GIVEN two such pods on a cordoned node of zone a, and one in zone b
    const one = coming();
    const board = boardOf(['A1', 'a2', 'b1'], full, [one]);
    const [cordoned, a2, b1] = board.bins as [never, never, never];
    const takes = () => [a2, b1].map((bin) => board.fits(board.kinds.of(one), bin));
    // THEN zone a counts as empty
    expect(takes()).toEqual([true, false]);
    // WHEN
    board.reopen(cordoned);
    // THEN
    expect(takes()).toEqual([false, true]);
    // WHEN
    board.close(cordoned, true);
    // THEN
    expect(takes()).toEqual([true, false]);
  });

  it('counts as ever for a spread that does not look at taints', () => {
    const one = pod({ name: 'coming', ...created, spread: [spreading({ selector: app('web') })] });
    const board = boardOf(['A1', 'a2', 'b1'], full, [one]);
    const takes = board.bins.filter((bin) => board.fits(board.kinds.of(one), bin)).map(({ slot }) => slot.name);
    expect(takes).toEqual(['b1']);
  });
});
