import { LABEL } from '../../../src/autoscaler/names';
import { mismatch } from '../../../src/autoscaler/planning/mismatch';
import { Samples } from '../../../src/autoscaler/planning/samples';
import type { KubernetesView, Pod } from '../../../src/autoscaler/snapshot';
import { type ClusterState, emptyState } from '../../../src/autoscaler/state';
import type { RuntimeConfig, RuntimePool } from '../../../src/config/runtime';
import { burstPool, config, MI, pending, typeOf } from '../builders';

/** In which words a pod is told why no node of a pool, however empty, takes it. */

const burst: RuntimePool = {
  ...burstPool,
  instanceTypes: ['t3.medium', 'c7g.xlarge'],
  labels: { for: 'web' },
};
const settings: RuntimeConfig = {
  ...config,
  instanceTypes: {
    ...config.instanceTypes,
    'c5.2xlarge': typeOf(7920, 13_000, 0.34, { others: { 'ephemeral-storage': 100 } }),
    'r5.large': typeOf(1930, 15_000, 0.126),
    'g4dn.xlarge': typeOf(3920, 14_000, 0.526, { others: { 'nvidia.com/gpu': 1 } }),
    // Of each pair of resources one has both.
    'no-memory': typeOf(4000, 4000, 0.1, { others: { 'example.com/key': 1 } }),
    'no-cores': typeOf(2000, 8000, 0.1, { others: { 'example.com/key': 1 } }),
    'no-key': typeOf(4000, 8000, 0.1),
    'c7g.xlarge': typeOf(3920, 7000, 0.145, { arch: 'arm64', others: { 'ephemeral-storage': 100 } }),
  },
};
const view: KubernetesView = { nodes: [], pods: [], budgets: [], daemonSets: [] };

const why = (
  over: Partial<Pod>,
  pool: Partial<RuntimePool> = {},
  more: Partial<KubernetesView & ClusterState> = {},
) => {
  const changed = { ...burst, ...pool };
  const samples = new Samples(
    { allocatable: more.allocatable ?? emptyState().allocatable },
    { ...view, ...(more.daemonSets && { daemonSets: more.daemonSets }) },
    settings,
  );
  return mismatch(pending(over), changed, samples.all(changed));
};
const asks = (requests: Partial<Pod['requests']>): Partial<Pod> => ({
  requests: { cpuMilli: 100, memoryBytes: MI, pods: 1, ...requests },
});
const largest = 'the largest type of pool burst, c7g.xlarge, allocates';
const zone = (value: string) => [
  { labels: [{ key: LABEL.zone, operator: 'In' as const, values: [value] }], fields: [] },
];

describe('a pod that no node of a pool takes', () => {
  it.each<[string, Partial<Pod>, string]>([
    ['cores', asks({ cpuMilli: 6000 }), `it needs 6 cores; ${largest} 3.92`],
    ['a part of a core', asks({ cpuMilli: 3921 }), `it needs 3.92 cores; ${largest} 3.92`],
    ['memory', asks({ memoryBytes: 8000 * MI }), `it needs 8000Mi; ${largest} 7000Mi`],
    ['a disk', asks({ others: { 'ephemeral-storage': 101 } }), `it needs 101 of ephemeral-storage; ${largest} 100`],
    ['a GPU', asks({ others: { 'nvidia.com/gpu': 1 } }), `it needs 1 of nvidia.com/gpu; ${largest} 0`],
    ['more seats than there are', asks({ pods: 111 }), `it needs a seat for a pod; ${largest} 110`],
  ])('for %s is told what it needs and what the largest type offers', (_, over, text) => {
    expect(why(over)).toBe(text);
  });

  it.each<[string, Partial<Pod>, string]>([
    [
      'memory of the type with most memory, though another one has more cores',
      asks({ memoryBytes: 20_000 * MI }),
      'it needs 20000Mi; the largest type of pool burst, r5.large, allocates 15000Mi',
    ],
    [
      'a GPU of the type with most of them',
      asks({ others: { 'nvidia.com/gpu': 2 } }),
      'it needs 2 of nvidia.com/gpu; the largest type of pool burst, g4dn.xlarge, allocates 1',
    ],
    [
      'cores and memory, of which no type has enough of either',
      asks({ cpuMilli: 8000, memoryBytes: 20_000 * MI }),
      'it needs 8 cores and 20000Mi; the largest types of pool burst allocate 7.92 (c5.2xlarge) and 15000Mi (r5.large)',
    ],
    [
      'two resources of one type',
      asks({ cpuMilli: 8000, others: { 'ephemeral-storage': 101 } }),
      'it needs 8 cores and 101 of ephemeral-storage; the largest type of pool burst, c5.2xlarge, allocates 7.92 and 100',
    ],
    [
      'cores and memory that are on different types',
      asks({ cpuMilli: 6000, memoryBytes: 14_000 * MI }),
      'it needs 6 cores and 14000Mi; no type of pool burst allocates both',
    ],
    [
      'cores and a GPU that are on different types, and not memory, which is with either',
      asks({ cpuMilli: 6000, memoryBytes: 4000 * MI, others: { 'nvidia.com/gpu': 1 } }),
      'it needs 6 cores and 1 of nvidia.com/gpu; no type of pool burst allocates both',
    ],
  ])('of several types is told %s', (_, over, text) => {
    expect(why(over, { instanceTypes: ['t3.medium', 'c5.2xlarge', 'r5.large', 'g4dn.xlarge'] })).toBe(text);
  });

  it('is told all of three resources of which each type has two', () => {
    const over = asks({ cpuMilli: 3000, memoryBytes: 6500 * MI, others: { 'example.com/key': 1 } });
    expect(why(over, { instanceTypes: ['no-memory', 'no-cores', 'no-key'] })).toBe(
      'it needs 3 cores, 6500Mi and 1 of example.com/key; no type of pool burst allocates all of it',
    );
  });

  it('is told of the largest among the types that it may run on', () => {
    expect(why({ ...asks({ cpuMilli: 3000 }), nodeSelector: { [LABEL.arch]: 'amd64' } })).toBe(
      'it needs 3 cores; the largest type of pool burst, t3.medium, allocates 2',
    );
  });

  it('is told what DaemonSets leave, and what nodes have reported', () => {
    const requests = { cpuMilli: 420, memoryBytes: 0, pods: 1 };
    const daemonSets = [{ namespace: 'kube-system', name: 'agent', requests, nodeSelector: {}, tolerations: [] }];
    expect(why(asks({ cpuMilli: 3600 }), {}, { daemonSets })).toBe(`it needs 3.6 cores; ${largest} 3.5`);
    const allocatable = { 'burst/c7g.xlarge': { cpuMilli: 3400, memoryBytes: 7000 * MI, pods: 58 } };
    expect(why(asks({ cpuMilli: 3600 }), {}, { allocatable })).toBe(`it needs 3.6 cores; ${largest} 3.4`);
  });

  it.each<[string, Partial<Pod>, Partial<RuntimePool>, string]>([
    [
      'a taint',
      {},
      { taints: [{ key: 'for', value: 'db', effect: 'NoSchedule' }] },
      'it does not tolerate the taint for=db:NoSchedule of pool burst',
    ],
    [
      'a taint without a value',
      {},
      { taints: [{ key: 'gpu', effect: 'NoExecute' }] },
      'it does not tolerate the taint gpu:NoExecute of pool burst',
    ],
    [
      'its selector',
      { nodeSelector: { for: 'db', disk: 'ssd' } },
      {},
      'no node of pool burst matches its node selector for=db, disk=ssd',
    ],
    ['its affinity', { nodeTerms: [zone('us-east-1z')] }, {}, 'no node of pool burst matches its node affinity'],
    [
      'its volume',
      { volumeTerms: [zone('us-east-1z')] },
      {},
      'no node of pool burst matches its volumes, which are in another place',
    ],
    [
      'its affinity or its volume',
      { nodeTerms: [zone('us-east-1a')], volumeTerms: [zone('us-east-1b')] },
      {},
      'no node of pool burst matches its node affinity or the place of its volumes',
    ],
  ])('for %s is told so', (_, over, pool, text) => {
    expect(why(over, pool)).toBe(text);
  });

  it('is told nothing where one type in one zone takes it', () => {
    expect(why(asks({ cpuMilli: 3920, memoryBytes: 7000 * MI, pods: 110 }))).toBeUndefined();
    expect(
      why({ volumeTerms: [zone('us-east-1b')], nodeSelector: { for: 'web', [LABEL.arch]: 'arm64' } }),
    ).toBeUndefined();
  });
});
