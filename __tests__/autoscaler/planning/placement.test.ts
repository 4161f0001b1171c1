import { LABEL } from '../../../src/autoscaler/names';
import { plan } from '../../../src/autoscaler/planning/planner';
import { emptyState } from '../../../src/autoscaler/state';
import type { Placement, RuntimeConfig, RuntimePool } from '../../../src/config/runtime';
import { base, burstPool, config, fillOf, MI, MINUTE, nodesOf, pending, scene, T0, times, typeOf } from '../builders';

/**
 * The same demand under each setting of `policy.placement`: four pods of 1000m and 1000Mi. Every pool holds all of them:
 *
 * | pool  | of one node     | nodes | $ an hour | share left over, of cores and of memory |
 * |-------|-----------------|-------|-----------|-----------------------------------------|
 * | owned | 2000m,  8000Mi  | 2     | 0.20      | 0 + 0.75                                |
 * | cheap | 4000m, 16000Mi  | 1     | 0.12      | 0 + 0.75                                |
 * | tight | 4000m,  5000Mi  | 1     | 0.17      | 0 + 0.2                                 |
 */

const pool = (name: string, type: string): RuntimePool => ({
  ...burstPool,
  name,
  instanceTypes: [type],
});
const [owned, cheap, tight] = [pool('owned', 'm5.large'), pool('cheap', 't3.xlarge'), pool('tight', 'c5.xlarge')];
const three = (placement: Placement, over: Partial<RuntimeConfig> = {}): RuntimeConfig => ({
  ...config,
  pools: [owned, cheap, tight],
  policy: { ...config.policy, placement },
  instanceTypes: {
    ...config.instanceTypes,
    'm5.large': typeOf(2000, 8000, 0.1),
    't3.xlarge': typeOf(4000, 16_000, 0.12),
    'c5.xlarge': typeOf(4000, 5000, 0.17),
  },
  ...over,
});

const requests = { cpuMilli: 1000, memoryBytes: 1000 * MI, pods: 1 };
const demandOf = (count: number) =>
  scene({ pods: [fillOf(base), ...times(count, (i) => pending({ name: `p-${i}`, requests }))] });
const demand = demandOf(4);

describe('a new node', () => {
  it.each<[Placement, Record<string, number>, string]>([
    ['lowest-cost', { cheap: 1 }, 'Pool: cheap, type: t3.xlarge, zone: us-east-1a.'],
    ['least-waste', { tight: 1 }, 'Pool: tight, type: c5.xlarge, zone: us-east-1a.'],
    ['priority', { owned: 2 }, 'Pool: owned, type: m5.large, zone: us-east-1a.'],
  ])('is chosen by %s: %p, and the pod is told', (placement, nodes, text) => {
    const result = plan(demand, three(placement));
    expect(nodesOf(result)).toEqual(nodes);
    expect(result.pods['default/p-0']).toMatchObject({
      code: 'pod-gets-node',
      text: expect.stringContaining(text),
    });
  });

  it('is of the next pool by priority where the first is at its maximum', () => {
    // GIVEN two more pods: 2 + 4
    const pools = [{ ...owned, max: 1 }, cheap, tight];
    expect(nodesOf(plan(demandOf(6), three('priority', { pools })))).toEqual({ owned: 1, cheap: 1 });
  });

  it('is by priority of the first type that holds the pod, however many there are and whatever they cost', () => {
    // GIVEN of twelve types the seventh is the first, and pods that need a node each
    const names = times(12, (i) => `m${i}.large`);
    const order = [...names.slice(6), ...names.slice(0, 6)];
    const apart = [{ selector: [], namespaces: ['default'], topologyKey: LABEL.hostname }];
    const pods = times(3, (i) => pending({ name: `p-${i}`, requests, antiAffinity: apart }));
    const types = Object.fromEntries(names.map((name, i) => [name, typeOf(2000 * (i + 1), 8000, 0.1 * (i + 1))]));
    const settings = three('priority', {
      pools: [{ ...owned, instanceTypes: order }],
      instanceTypes: { ...config.instanceTypes, ...types },
    });
    const { intents } = plan(scene({ pods: [fillOf(base), ...pods] }), settings);
    expect(intents.map((intent) => intent.kind === 'launch' && intent.types?.[0])).toEqual(
      intents.map(() => 'm6.large'),
    );
    expect(nodesOf(plan(scene({ pods: [fillOf(base), ...pods] }), settings))).toEqual({ owned: 3 });
  });

  it.each<[Placement, string]>([
    ['lowest-cost', 't3.xlarge'],
    ['priority', 'c5.xlarge'],
  ])('of one pool of several types is by %s a %s', (placement, type) => {
    // GIVEN the dearer type is named first
    const pools = [{ ...owned, instanceTypes: ['c5.xlarge', 't3.xlarge'] }];
    expect(plan(demand, three(placement, { pools })).intents).toMatchObject([
      { count: 1, types: [type, expect.any(String)] },
    ]);
  });

  it('is by lowest cost the one whose spot price is the lowest, until spot is refused', () => {
    // GIVEN the tight pool asks for spot, which is a third: 0.057 $ against 0.12 $
    const settings = three('lowest-cost', { pools: [owned, cheap, { ...tight, markets: ['spot', 'on-demand'] }] });
    expect(nodesOf(plan(demand, settings))).toEqual({ tight: 1 });
    // WHEN spot failed in both zones THEN its price is 0.17 $
    const failed = { failures: 1, until: T0 + MINUTE, reason: 'InsufficientInstanceCapacity' };
    const offerings = Object.fromEntries(config.zones.map((zone) => [`tight/spot/c5.xlarge/${zone}`, failed]));
    expect(nodesOf(plan({ ...demand, state: { ...emptyState(), offerings } }, settings))).toEqual({ cheap: 1 });
  });
});

it('new nodes alike are only bought in zones in which they hold the pods', () => {
  // GIVEN a DaemonSet that leaves in zone b too little of a node for any of them
  const daemon = {
    namespace: 'kube-system',
    name: 'cache',
    requests: { cpuMilli: 1500, memoryBytes: MI, pods: 1 },
    nodeSelector: { [LABEL.zone]: 'us-east-1b' },
    tolerations: [],
  };
  const snapshot = demandOf(8);
  if (snapshot.kubernetes.known) snapshot.kubernetes.value.daemonSets.push(daemon);
  const { intents, pods } = plan(snapshot, three('lowest-cost', { pools: [owned] }));
  expect(intents).toMatchObject([{ kind: 'launch', count: 4, zones: ['us-east-1a'] }]);
  expect(Object.values(pods).filter(({ code }) => code !== 'pod-gets-node')).toEqual([]);
});
