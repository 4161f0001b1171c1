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

describe('a whole placement is chosen that', () => {
  const types = {
    small: [2000, 4096, 0.04],
    mem: [2000, 8192, 0.06],
    big: [4000, 8192, 0.075],
    huge: [8000, 16_384, 0.15],
  };
  const of = (names: (keyof typeof types)[]): RuntimeConfig => ({
    ...config,
    pools: [{ ...burst, instanceTypes: names }],
    instanceTypes: Object.fromEntries(
      Object.entries(types).map(([name, [cpu, mib, usd]]) => [
        name,
        typeOf(cpu as number, mib as number, usd as number),
      ]),
    ),
  });
  /** Millicores and MiB of each pod. */
  const asking = (...sizes: [number, number][]) =>
    sizes.map(([cpuMilli, mib], i) =>
      pending({ name: `p-${i}`, requests: { cpuMilli, memoryBytes: mib * MI, pods: 1 } }),
    );

  // Each is the cheapest by one of the ways in which a small demand is placed, and by no other.
  it.each<[string, [number, number][], (keyof typeof types)[], string[]]>([
    [
      'is of one sort alone',
      [
        [600, 1024],
        [900, 2560],
        [900, 2560],
        [900, 2560],
      ],
      ['mem', 'big', 'huge'],
      ['mem', 'mem'],
    ],
    [
      'is of nodes as large as may be',
      [
        [1200, 512],
        [1600, 2560],
        [1600, 2560],
        [1900, 2048],
        [1900, 2048],
      ],
      ['small', 'mem', 'huge'],
      ['huge', 'small'],
    ],
    [
      'has pods exchanged for what fits better',
      [
        [1700, 2048],
        [1700, 2048],
        [1200, 512],
        [1000, 3072],
      ],
      ['small', 'mem', 'big', 'huge'],
      ['big', 'small'],
    ],
    [
      'does both, on one sort alone',
      [
        ...times(6, (): [number, number] => [300, 512]),
        ...times(3, (): [number, number] => [800, 3584]),
        ...times(2, (): [number, number] => [900, 3584]),
      ],
      ['small', 'mem', 'huge'],
      ['mem', 'mem', 'mem'],
    ],
  ])('%s', (_, sizes, names, expected) => {
    expect(bought(asking(...sizes), of(names))).toEqual(expected);
  });

  it('leaves no pod to the scheduler that another one of about the same price does not leave', () => {
    // GIVEN a big and a small node are cheaper, and hold the pods on paper alone
    const pods = asking([1900, 1024], [900, 1024], [1200, 2048], [1900, 1024]);
    expect(bought(pods, of(['small', 'mem', 'big', 'huge']))).toEqual(['huge']);
  });
});
