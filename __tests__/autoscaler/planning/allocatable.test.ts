import { LABEL } from '../../../src/autoscaler/names';
import { reportedAllocatable } from '../../../src/autoscaler/planning/allocatable';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Node, Resources } from '../../../src/autoscaler/snapshot';
import type { RuntimePool } from '../../../src/config/runtime';
import {
  base,
  burstPool,
  config,
  instance,
  later,
  MI,
  MINUTE,
  nodeOf,
  nodesOf,
  pending,
  scene,
  times,
} from '../builders';

/** What a node offers to pods is learned from nodes of its pool and type. */

const pool: RuntimePool = { ...burstPool, instanceTypes: ['t3.medium', 'm5.large'] };
const settings = { ...config, pools: [pool] };
const offers = (cpuMilli: number, memoryMi: number, others?: Resources['others']): Resources => ({
  cpuMilli,
  memoryBytes: memoryMi * MI,
  pods: 110,
  ...(others && { others }),
});

const worker = (id: string, allocatable: Resources, over: Partial<Node> = {}): Node => {
  const node = nodeOf(instance(id), { allocatable, ...over });
  return { ...node, labels: { ...node.labels, [LABEL.instanceType]: 't3.medium', ...over.labels } };
};
const learned = (nodes: Node[], remembered: Record<string, Resources> = {}) =>
  reportedAllocatable(remembered, { nodes, pods: [], budgets: [], daemonSets: [] }, settings);
const KEY = 'burst/t3.medium';

describe('what a new node will offer', () => {
  it.each<[string, Node[], Record<string, Resources>, Record<string, Resources>]>([
    ['is what the node that is there reports', [worker('i-a', offers(1900, 3400))], {}, { [KEY]: offers(1900, 3400) }],
    [
      'is the least of each where two differ',
      [worker('i-a', offers(1900, 3500)), worker('i-b', offers(1950, 3400))],
      {},
      { [KEY]: offers(1900, 3400) },
    ],
    [
      'is nothing of what only one of two has',
      [worker('i-a', offers(1900, 3400, { 'nvidia.com/gpu': 1 })), worker('i-b', offers(1900, 3400))],
      {},
      { [KEY]: offers(1900, 3400, { 'nvidia.com/gpu': 0 }) },
    ],
    ['is not told by a node that is not Ready', [worker('i-a', offers(0, 0), { ready: false })], {}, {}],
    ['is remembered when the last node is gone', [], { [KEY]: offers(1900, 3400) }, { [KEY]: offers(1900, 3400) }],
    [
      'is what nodes report now, and no more what they once did',
      [worker('i-a', offers(1950, 3500))],
      { [KEY]: offers(1900, 3400) },
      { [KEY]: offers(1950, 3500) },
    ],
    [
      'is forgotten of a type that left the configuration',
      [],
      { 'burst/c5.large': offers(1900, 3400), 'burst/m5.large': offers(1930, 7000) },
      { 'burst/m5.large': offers(1930, 7000) },
    ],
    ['is told by no base worker', [nodeOf(base)], {}, {}],
    [
      'is told by no node of another pool',
      [worker('i-a', offers(1900, 3400), { labels: { [LABEL.pool]: 'gone' } })],
      {},
      {},
    ],
  ])('%s', (_, nodes, remembered, expected) => {
    expect(learned(nodes, remembered)).toEqual(expected);
  });

  it('is what the next tick plans by', () => {
    // GIVEN a worker that offers 1000m where the table says 2000m, full like the base worker
    const node = worker('i-a', offers(1000, 3400));
    const snapshot = scene({
      instances: [instance('i-a')],
      nodes: [nodeOf(base, { unschedulable: true }), { ...node, unschedulable: true }],
      pods: times(8, () => pending()),
    });
    // THEN the first tick knows eight of 250m to a node, and the next four
    const first = plan(snapshot, settings);
    const next = plan(later({ ...snapshot, state: { ...snapshot.state, ...first.memory } }, MINUTE), settings);
    expect([nodesOf(first), nodesOf(next)]).toEqual([{ burst: 1 }, { burst: 2 }]);
  });
});
