import { LABEL } from '../../../../src/autoscaler/names';
import { plan } from '../../../../src/autoscaler/planning/planner';
import type { DaemonSet, Pod } from '../../../../src/autoscaler/snapshot';
import type { RuntimeConfig } from '../../../../src/config/runtime';
import { base, burstPool, config, fillOf, MI, pending, scene, times, typeOf } from '../../builders';

/** What else may be asked for when EC2 refuses the type and the zone that were planned: whatever holds the same pods. */

const settings: RuntimeConfig = {
  ...config,
  zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
  pools: [
    {
      ...burstPool,
      instanceTypes: ['t3.small', 't3.medium', 'm5.large', 'm6g.large', 'm5.xlarge'],
    },
  ],
  instanceTypes: {
    't3.small': typeOf(2000, 1900, 0.03),
    't3.medium': typeOf(2000, 3788, 0.0488),
    'm5.large': typeOf(2000, 8000, 0.1),
    'm6g.large': typeOf(2000, 8000, 0.11, { arch: 'arm64' }),
    'm5.xlarge': typeOf(4000, 16_000, 0.2),
  },
};

const launchFor = (over: Partial<Pod>, count = 1, daemonSets: DaemonSet[] = [], to = settings) => {
  const pods = [fillOf(base), ...times(count, () => pending(over))];
  const [intent, ...more] = plan(scene({ pods, view: { daemonSets } }), to).intents;
  expect(more).toEqual([]);
  return intent?.kind === 'launch'
    ? { types: intent.types, zones: intent.zones?.map((zone) => zone.at(-1)) }
    : undefined;
};
const of = (cpuMilli: number, memoryMi: number): Partial<Pod> => ({
  requests: { cpuMilli, memoryBytes: memoryMi * MI, pods: 1 },
});
const selector = [{ key: 'app', operator: 'In' as const, values: ['web'] }];
const term = (topologyKey: string) => [{ selector, namespaces: ['default'], topologyKey }];

describe('instead of what was planned', () => {
  it.each<[string, Partial<Pod>, number, string[], string[]]>([
    [
      'every type and zone holds a small pod',
      of(100, 100),
      1,
      ['t3.small', 't3.medium', 'm5.large', 'm6g.large', 'm5.xlarge'],
      ['a', 'b', 'c'],
    ],
    // 2 × 1500Mi are more than the 1900Mi of a t3.small.
    [
      'only what holds all pods of the node',
      of(500, 1500),
      2,
      ['t3.medium', 'm5.large', 'm6g.large', 'm5.xlarge'],
      ['a', 'b', 'c'],
    ],
    [
      'only types of the architecture that the pod selects',
      { ...of(100, 3000), nodeSelector: { [LABEL.arch]: 'amd64' } },
      1,
      ['t3.medium', 'm5.large', 'm5.xlarge'],
      ['a', 'b', 'c'],
    ],
    [
      'only the zone of its volume',
      {
        ...of(2000, 100),
        volumeTerms: [[{ labels: [{ key: LABEL.zone, operator: 'In', values: ['us-east-1b'] }], fields: [] }]],
      },
      1,
      ['t3.small', 't3.medium', 'm5.large', 'm6g.large', 'm5.xlarge'],
      ['b'],
    ],
    // What fills the base worker is of app=web as well, and in zone a.
    [
      'no other zone where one of the zone refuses it',
      { ...of(3000, 100), labels: { app: 'web' }, antiAffinity: term(LABEL.zone) },
      1,
      ['m5.xlarge'],
      ['b'],
    ],
    [
      'any zone where only one of the node refuses it',
      { ...of(3000, 100), labels: { app: 'web' }, antiAffinity: term(LABEL.hostname) },
      1,
      ['m5.xlarge'],
      ['a', 'b', 'c'],
    ],
  ])('%s may come', (_, over, count, types, zones) => {
    expect(launchFor(over, count)).toEqual({ types, zones });
  });

  it.each([
    ['lowest-cost', 'the cheapest first', ['t3.small', 't3.medium', 'm5.large', 'm5.xlarge']],
    ['priority', 'in the order of the configuration', ['m5.xlarge', 't3.small', 'm5.large', 't3.medium']],
  ] as const)('of %s, types come %s', (placement, _, types) => {
    const instanceTypes = ['m5.xlarge', 't3.small', 'm5.large', 't3.medium'];
    const pools = settings.pools.map((each) => ({ ...each, instanceTypes }));
    const to = { ...settings, pools, policy: { ...settings.policy, placement } };
    expect(launchFor(of(100, 100), 1, [], to)?.types).toEqual(types);
  });

  it('no type may come on which DaemonSets leave too little', () => {
    // GIVEN a DaemonSet of 200m on each node: 1800m of 2000m are left
    const requests = { cpuMilli: 200, memoryBytes: 0, pods: 1 };
    const agent = { namespace: 'kube-system', name: 'agent', requests, nodeSelector: {}, tolerations: [] };
    expect(launchFor(of(1900, 100), 1, [agent])?.types).toEqual(['m5.xlarge']);
    expect(launchFor(of(1800, 100), 1, [agent])?.types).toHaveLength(5);
  });
});
