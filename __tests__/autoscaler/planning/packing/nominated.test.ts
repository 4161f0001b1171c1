import { LABEL } from '../../../../src/autoscaler/names';
import { Board } from '../../../../src/autoscaler/planning/packing/board';
import type { SpreadConstraint, Pod as TPod } from '../../../../src/autoscaler/snapshot';
import { MI, pod } from '../../builders';
import { ALL, labelled, ROOM, spreading, type There, takers, term } from './takers';

/**
 * Pods that the scheduler ends others for on a node: a pod has to pass that node's filters with those of its priority or
 * above, and without them.
 */

const asking = (cpuMilli: number): Partial<TPod> => ({ requests: { cpuMilli, memoryBytes: MI, pods: 1 } });
const web = labelled('web');
const spread = (over: Partial<SpreadConstraint> = {}): Partial<TPod> => ({
  ...web,
  spread: [spreading(over)],
});

describe('beside a pod that is nominated to a node', () => {
  it.each<[string, Partial<TPod>, There, There, string[]]>([
    ['of its priority, a pod leaves it its room', asking(600), {}, { a1: [asking(600)] }, ['a2', 'b1']],
    ['a pod takes what is left', asking(400), {}, { a1: [asking(600)] }, ALL],
    [
      'of a higher priority, a pod leaves it its room',
      asking(600),
      {},
      { a1: [{ ...asking(600), priority: 1 }] },
      ['a2', 'b1'],
    ],
    ['of a lower priority, a pod takes its room', { ...asking(600), priority: 1 }, {}, { a1: [asking(600)] }, ALL],
    [
      'of a lower priority, a pod leaves room to another one of a higher',
      { ...asking(600), priority: 1 },
      {},
      { a1: [asking(600)], b1: [asking(600), { ...asking(600), priority: 2 }] },
      ['a1', 'a2'],
    ],
    [
      'a pod leaves it its port',
      { hostPorts: ['TCP/0.0.0.0/80'] },
      {},
      { a1: [{ hostPorts: ['TCP/0.0.0.0/80'] }] },
      ['a2', 'b1'],
    ],
    [
      'a pod keeps off that node alone, though its zone is asked for',
      { ...labelled('db'), antiAffinity: [term('web', LABEL.zone)] },
      {},
      { a1: [web] },
      ['a2', 'b1'],
    ],
    [
      'a pod that it refuses keeps off',
      web,
      {},
      { a1: [{ ...labelled('db'), antiAffinity: [term('web', LABEL.zone)] }] },
      ['a2', 'b1'],
    ],
    ['a pod is not near it yet', { ...web, affinity: [term('db', LABEL.zone)] }, {}, { a1: [labelled('db')] }, []],
    ['the first of its group goes anywhere', { ...web, affinity: [term('web', LABEL.zone)] }, {}, { a1: [web] }, ALL],
    ['a pod is spread with it', spread(), {}, { a1: [web] }, ['a2', 'b1']],
    ['a pod is spread without it too', spread(), { a1: [web] }, { b1: [web] }, ['b1']],
    ['a pod is spread with it by an empty selector', spread({ selector: [] }), {}, { a1: [web] }, ['a2', 'b1']],
    [
      'a pod is spread with it where it is of its namespace',
      spread({ selector: [] }),
      {},
      { a1: [{ ...web, namespace: 'other' }] },
      ALL,
    ],
  ])('%s', (_, over, there, nominated, expected) => {
    expect(takers(over, there, {}, nominated)).toEqual(expected);
  });

  it('whoever is asked for, nothing is held after the question', () => {
    // GIVEN a pod of 600m that is nominated to the only node, of 1000m
    const coming = pod({ name: 'coming', ...asking(600) });
    const first = pod({ name: 'first', priority: 1, ...asking(600) });
    const slot = { name: 'a1', labels: {}, taints: [], size: ROOM, free: ROOM };
    const board = new Board([{ slot, pods: [], open: true, nominated: [first] }], [coming]);
    const [a1] = board.bins;
    if (!a1) throw new Error('no bin');
    // WHEN
    const answers = [coming, first, coming].map((each) => board.fits(board.kinds.of(each), a1));
    // THEN
    expect(answers).toEqual([false, false, false]);
    expect([a1.cpuMilli, a1.memoryBytes, a1.pods]).toEqual([ROOM.cpuMilli, ROOM.memoryBytes, ROOM.pods]);
  });
});
