import { plan } from '../../../src/autoscaler/planning/planner';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { config, MI, pending, scene, times, typeOf } from '../builders';

const [burst] = config.pools as [RuntimeConfig['pools'][number]];

/** Cores, dollars an hour. */
const sold = (types: Record<string, [number, number]>): RuntimeConfig => ({
  ...config,
  zones: ['us-east-1a'],
  pools: [{ ...burst, instanceTypes: Object.keys(types) }],
  instanceTypes: Object.fromEntries(
    Object.entries(types).map(([name, [cores, usd]]) => [name, typeOf(cores * 1000, cores * 4096, usd)]),
  ),
});

const ofCores = (...cores: number[]) =>
  cores.map((each, i) =>
    pending({ name: `p-${i}`, requests: { cpuMilli: each * 1000, memoryBytes: 128 * MI, pods: 1 } }),
  );

const bought = (pods: ReturnType<typeof pending>[], to: RuntimeConfig) =>
  plan(scene({ nodes: [], pods }), to)
    .intents.flatMap((intent) => (intent.kind === 'launch' ? times(intent.count, () => intent.types?.[0]) : []))
    .sort();

describe('what is bought for the whole demand', () => {
  it.each<[string, number[], Record<string, [number, number]>, string[]]>([
    // A node of 4 cores for 1.9 would be used best by 4 × 1, but then the fifth takes one of 2 for 1: 2.9; 3 × 2 is 3.
    ['the cheapest mixture', [1, 1, 1, 1, 1], { two: [2, 1], four: [4, 1.9] }, ['four', 'two']],
    ['the smallest node that holds what is left', [1], { two: [2, 1], four: [4, 1.9] }, ['two']],
    ['one large node, where two small ones are dearer', [1, 1, 1, 1], { two: [2, 1], four: [4, 1.9] }, ['four']],
    ['two small ones, where the large one is dearer', [1, 1, 1, 1], { two: [2, 1], four: [4, 2.1] }, ['two', 'two']],
    ['the only one that holds a large pod, and fills it', [3, 1, 1], { two: [2, 1], four: [4, 5] }, ['four', 'two']],
  ])('is %s', (_, cores, types, expected) => {
    expect(bought(ofCores(...cores), sold(types))).toEqual(expected);
  });

  it.each([
    ['zone', 'topology.kubernetes.io/zone', 'us-east-1b', { zones: ['us-east-1b', 'us-east-1a'] }],
    ['type', 'node.kubernetes.io/instance-type', 'twin', { types: ['twin', 'two'] }],
  ])('is what the pod prefers, among what costs the same: its %s', (_, key, value, expected) => {
    const term = { labels: [{ key, operator: 'In' as const, values: [value] }], fields: [] };
    const [pod] = ofCores(1).map((each) => ({ ...each, preferredNodes: [{ weight: 1, term }] }));
    const alike = { ...sold({ two: [2, 1], twin: [2, 1] }), zones: ['us-east-1a', 'us-east-1b'] };
    expect(plan(scene({ nodes: [], pods: pod ? [pod] : [] }), alike).intents).toMatchObject([expected]);
  });

  it('is not what would be best node by node', () => {
    // GIVEN a node of 3 is used best by a pod of 3; but then 2 + 2 + 2 are left: 1 + 1 + 1.8 + 1 = 4.8 dollars
    const types: Record<string, [number, number]> = { three: [3, 1], five: [5, 1.8] };
    // THEN 3 + 2, 3 + 2 and 2 are bought for: 1.8 + 1.8 + 1 = 4.6
    expect(bought(ofCores(3, 3, 2, 2, 2), sold(types))).toEqual(['five', 'five', 'three']);
  });
});
