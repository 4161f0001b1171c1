import { LABEL } from '../../../../src/autoscaler/names';
import { Board } from '../../../../src/autoscaler/planning/packing/board';
import type { Slot } from '../../../../src/autoscaler/planning/scheduling';
import type { Pod as TPod } from '../../../../src/autoscaler/snapshot';
import { MI, pod } from '../../builders';
import { ALL, labelled, type Nodes, ROOM, spreading, takers, term } from './takers';

/** Which nodes take a pod for its size and what it asks of a node. Of each rule one case that it lets through and one that it does not. */

describe('room', () => {
  it.each<[string, TPod['requests'], Nodes, string[]]>([
    ['is enough to the last millicore, byte and seat', ROOM, {}, ALL],
    ['lacks a millicore', { ...ROOM, cpuMilli: 1001 }, {}, []],
    ['lacks a byte', { ...ROOM, memoryBytes: ROOM.memoryBytes + 1 }, {}, []],
    ['lacks a seat', { ...ROOM, pods: 11 }, {}, []],
    [
      'has a GPU on one node alone',
      { ...ROOM, others: { 'nvidia.com/gpu': 1 } },
      { a2: { free: { ...ROOM, others: { 'nvidia.com/gpu': 1 } } } },
      ['a2'],
    ],
    [
      'is promised twice already, which a pod that asks for nothing of it does not mind',
      { cpuMilli: 0, memoryBytes: MI, pods: 1 },
      { a1: { free: { ...ROOM, cpuMilli: -500 } }, a2: { free: { ...ROOM, memoryBytes: -1 } } },
      ['a1', 'b1'],
    ],
  ])('%s', (_, requests, nodes, expected) => {
    expect(takers({ requests }, {}, nodes)).toEqual(expected);
  });
});

describe('what a pod asks of a node', () => {
  const inZone = (zone: string) => [
    { labels: [{ key: LABEL.zone, operator: 'In' as const, values: [zone] }], fields: [] },
  ];
  const tainted: Nodes = {
    a1: { taints: [{ key: 'for', value: 'db', effect: 'NoSchedule' }] },
    a2: { taints: [{ key: 'for', value: 'db', effect: 'NoExecute' }] },
    b1: { taints: [{ key: 'for', value: 'db', effect: 'PreferNoSchedule' }] },
  };

  it.each<[string, Partial<TPod>, Nodes, string[]]>([
    ['its selector', { nodeSelector: { [LABEL.zone]: 'b' } }, {}, ['b1']],
    ['required affinity, one of its terms', { nodeTerms: [[...inZone('a'), ...inZone('c')]] }, {}, ['a1', 'a2']],
    ['both lists of terms', { nodeTerms: [inZone('a'), inZone('b')] }, {}, []],
    ['the zone of its volume', { volumeTerms: [inZone('b')] }, {}, ['b1']],
    ['the zones of two volumes that are apart', { volumeTerms: [inZone('a'), inZone('b')] }, {}, []],
    ['no taint that it does not tolerate, though one that only advises', {}, tainted, ['b1']],
    ['taints that it tolerates by value', { tolerations: [{ key: 'for', value: 'db' }] }, tainted, ALL],
    ['taints of another value', { tolerations: [{ key: 'for', value: 'web' }] }, tainted, ['b1']],
    [
      'taints of one effect',
      { tolerations: [{ key: 'for', operator: 'Exists', effect: 'NoSchedule' }] },
      tainted,
      ['a1', 'b1'],
    ],
  ])('%s', (_, over, nodes, expected) => {
    expect(takers(over, {}, nodes)).toEqual(expected);
  });
});

describe('host ports', () => {
  it.each<[string, string, string, boolean]>([
    ['the same port of all addresses', 'TCP/0.0.0.0/80', 'TCP/0.0.0.0/80', false],
    ['another port', 'TCP/0.0.0.0/81', 'TCP/0.0.0.0/80', true],
    ['the port of another protocol', 'UDP/0.0.0.0/80', 'TCP/0.0.0.0/80', true],
    ['one address where all are taken', 'TCP/10.0.0.1/80', 'TCP/0.0.0.0/80', false],
    ['all addresses where one is taken', 'TCP/0.0.0.0/80', 'TCP/10.0.0.1/80', false],
    ['another address', 'TCP/10.0.0.2/80', 'TCP/10.0.0.1/80', true],
  ])('%s (%s beside %s): %s', (_, wanted, taken, fits) => {
    const there = { a1: [{ hostPorts: [taken] }] };
    expect(takers({ hostPorts: [wanted] }, there)).toEqual(fits ? ALL : ['a2', 'b1']);
  });
});

describe('a board', () => {
  it('is as it was when what was put on it is taken off again, also with a node that was only thought of', () => {
    // GIVEN two pods that refuse each other on a node
    const [first, second] = ['one', 'two'].map((name) =>
      pod({ name, ...labelled('web'), antiAffinity: [term('web', LABEL.hostname)] }),
    ) as [TPod, TPod];
    const slot = (name: string): Slot => ({
      name,
      labels: { [LABEL.hostname]: name },
      taints: [],
      size: ROOM,
      free: ROOM,
    });
    const board = new Board([{ slot: slot('a1'), pods: [], open: true }], [first, second]);
    const [a1] = board.bins;
    const kind = board.kinds.of(second);
    if (!a1) throw new Error('no bin');
    // WHEN
    board.put(board.kinds.of(first), a1);
    const thought = board.add(slot('new'));
    // THEN
    expect([board.fits(kind, a1), board.fits(kind, thought)]).toEqual([false, true]);
    board.drop(thought);
    board.take(board.kinds.of(first), a1);
    expect([board.fits(kind, a1), a1.cpuMilli]).toEqual([true, 1000]);
  });

  it('counts the pods of a node that takes none, and no domain of it', () => {
    // GIVEN the only node of zone b is withdrawn with a pod on it, so that zone a is the only one
    const spread = [spreading()];
    const coming = pod({ name: 'coming', ...labelled('web'), spread });
    const seat = (name: string, pods: TPod[]) => ({
      slot: { name, labels: { [LABEL.zone]: name.slice(0, 1) }, taints: [], size: ROOM, free: ROOM },
      pods,
      open: true,
    });
    const board = new Board([seat('a1', [pod(labelled('web'))]), seat('b1', [])], [coming]);
    const [a1, b1] = board.bins;
    if (!a1 || !b1) throw new Error('no bins');
    const kind = board.kinds.of(coming);
    expect([board.fits(kind, a1), board.fits(kind, b1)]).toEqual([false, true]);
    // WHEN
    board.withdraw(b1);
    expect([board.fits(kind, a1), board.fits(kind, b1)]).toEqual([true, false]);
    // THEN
    board.restore(b1);
    expect([board.fits(kind, a1), board.fits(kind, b1)]).toEqual([false, true]);
  });
});
