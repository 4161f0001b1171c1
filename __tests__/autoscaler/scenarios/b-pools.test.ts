import { LABEL } from '../../../src/autoscaler/names';
import { plan } from '../../../src/autoscaler/planning/planner';
import { type ClusterState, emptyState, type LaunchOperation } from '../../../src/autoscaler/state';
import type { RuntimeConfig, RuntimePool, Taint } from '../../../src/config/runtime';
import {
  base,
  burstPool,
  config,
  fillOf,
  instance,
  launching,
  MI,
  MINUTE,
  nodeOf,
  nodesOf,
  pending,
  type pod,
  scene,
  T0,
  times,
  typeOf,
} from '../builders';

/**
 * In which pool and zone nodes are launched. The numbers are those of the list of
 * scenarios by which autoscalers are compared. Of a t3.medium pods get 2000m: eight of 250m.
 */

const burst: RuntimePool = { ...burstPool, max: 30 };
const other: RuntimePool = { ...burst, name: 'other', instanceTypes: ['m5.large'] };
/** The pool burst is the cheaper one, of nodes of the same size. */
const two: RuntimeConfig = {
  ...config,
  limits: { maxNodes: 40 },
  pools: [burst, other],
  instanceTypes: { ...config.instanceTypes, 'm5.large': typeOf(2000, 3788, 0.1) },
};

const waiting = (pods: ReturnType<typeof pod>[], state: Partial<ClusterState> = {}) =>
  scene({ pods: [fillOf(base), ...pods], snapshot: { state: { ...emptyState(), ...state } } });
const failed = (pool: string, type: string) =>
  Object.fromEntries(
    config.zones.map((zone) => [
      `${pool}/on-demand/${type}/${zone}`,
      { failures: 1, until: T0 + MINUTE, reason: 'InsufficientInstanceCapacity' },
    ]),
  );

describe('zones', () => {
  it.each([
    ['none', [0, 0], 5, [3, 2]],
    ['as many in each', [2, 2], 4, [2, 2]],
    ['two in one after the other lost its own', [2, 0], 4, [1, 3]],
    ['three and one after a person added some', [3, 1], 2, [0, 2]],
    ['so many in one that the other cannot catch up', [4, 0], 2, [0, 2]],
  ])('[27] with %s, %p, %d more nodes come as evenly as may be: %p', (_, there, more, launched) => {
    // GIVEN full workers in zones a and b, and pods for so many more
    const workers = config.zones.flatMap((zone, z) => times(there[z] ?? 0, (i) => instance(`i-${z}-${i}`, { zone })));
    const pods = [base, ...workers].map(fillOf);
    const result = plan(scene({ instances: workers, pods: [...pods, ...times(8 * more, () => pending())] }), two);
    // THEN
    const inZone = (zone: string) =>
      result.intents.reduce((sum, i) => sum + (i.kind === 'launch' && i.zones?.[0] === zone ? i.count : 0), 0);
    expect(config.zones.map(inZone)).toEqual(launched);
    expect(nodesOf(result)).toEqual({ burst: more });
  });
});

describe('a pool that is not well', () => {
  /** Its only node is a probe, and on its way. */
  const probe: LaunchOperation = launching();

  it.each<[string, Partial<ClusterState>, Record<string, number>]>([
    // 8 pods have a place on the probe, and 16 are left.
    ['tries with one node whether any joins', { joinFailures: { burst: 3 }, operations: [probe] }, { other: 2 }],
    ['may try one node', { joinFailures: { burst: 3 } }, { burst: 1, other: 2 }],
    ['failed in every offering', { offerings: failed('burst', 't3.medium') }, { other: 3 }],
    ['failed to join twice only', { joinFailures: { burst: 2 } }, { burst: 3 }],
  ])(
    '[28] of three nodes that are asked for, a pool that %s leaves those to the next that it may not get',
    (_, state, nodes) => {
      expect(
        nodesOf(
          plan(
            waiting(
              times(24, () => pending()),
              state,
            ),
            two,
          ),
        ),
      ).toEqual(nodes);
    },
  );

  it('[28] nothing at all is launched while so many nodes are not Ready that it is no matter of one pool', () => {
    const workers = times(6, (i) => instance(`i-${i}`));
    const nodes = [nodeOf(base), ...workers.map((of, i) => nodeOf(of, { ready: i < 2 }))];
    const result = plan(scene({ instances: workers, nodes, pods: times(60, () => pending()) }), two);
    expect([result.decision.code, result.intents]).toEqual(['mass-unready', []]);
  });

  it('[29] a pod that no pool helps is told why, and each pool says its own reason', () => {
    // GIVEN a pool at its maximum, one that failed, one whose taint the pod does not tolerate, and one too small
    const tainted: RuntimePool = { ...other, name: 'gpu', taints: [{ key: 'gpu', effect: 'NoSchedule' }] };
    const tiny: RuntimePool = { ...other, name: 'tiny', instanceTypes: ['t3.nano'] };
    const worker = instance('i-a');
    const snapshot = scene({
      instances: [worker],
      pods: [fillOf(base), fillOf(worker), pending({ name: 'p' })],
      snapshot: { state: { ...emptyState(), offerings: failed('other', 'm5.large') } },
    });
    const instanceTypes = { ...two.instanceTypes, 't3.nano': typeOf(100, 400, 0.01) };
    const of = (...pools: RuntimePool[]) => plan(snapshot, { ...two, pools, instanceTypes });
    // WHEN
    const all = of({ ...burst, max: 1 }, other, tainted, tiny);
    // THEN
    expect(nodesOf(all)).toEqual({});
    expect(all.pods['default/p']).toMatchObject({
      code: 'pod-over-limit',
      text: expect.stringContaining('max of pool burst'),
    });
    expect([all.pools.burst?.code, all.pools.other?.code]).toEqual(['pool-at-maximum', 'pool-offerings-failed']);
    // THEN where none could ever help, its verdict names every pool
    expect(of(tainted, tiny).pods['default/p']?.text).toMatch(
      /It requests 250m and 128Mi: it does not tolerate the taint gpu:NoSchedule of pool gpu; it needs 0.25 cores; the largest type of pool tiny, t3.nano, allocates 0.1\.$/,
    );
  });

  it.each<[string, Partial<RuntimeConfig>, Partial<ClusterState>, string]>([
    ['a limit', { limits: { maxNodes: 40, cores: 5 } }, {}, 'pod-over-limit'],
    ['no capacity', {}, { offerings: failed('burst', 'c5.2xlarge') }, 'pod-waits-for-offering'],
  ])(
    '[29] a pod that only the large type of a pool takes is told of %s that keeps it, whatever else the pool offers',
    (_, settings, state, code) => {
      // GIVEN t3.medium is to be had, and c5.2xlarge of 8 cores is not
      const pools = [{ ...burst, instanceTypes: ['t3.medium', 'c5.2xlarge'] }];
      const instanceTypes = { ...config.instanceTypes, 'c5.2xlarge': typeOf(8000, 15_000, 0.34) };
      const large = pending({ name: 'large', requests: { cpuMilli: 6000, memoryBytes: MI, pods: 1 } });
      const result = plan(waiting([large], state), { ...two, pools, instanceTypes, ...settings });
      expect([result.pods['default/large']?.code, nodesOf(result)]).toEqual([code, {}]);
    },
  );

  it('[29] a pod whose volume is in a zone that has no capacity waits for it, though another zone has some', () => {
    const [first, second] = config.zones as [string, string];
    const inZone = (zone: string) =>
      pending({
        name: zone,
        volumeTerms: [[{ labels: [{ key: LABEL.zone, operator: 'In', values: [zone] }], fields: [] }]],
      });
    const refused = { failures: 1, until: T0 + MINUTE, reason: 'InsufficientInstanceCapacity' };
    const offerings = { [`burst/on-demand/t3.medium/${first}`]: refused };
    const result = plan(waiting([inZone(first), inZone(second)], { offerings }), { ...two, pools: [burst] });
    expect(result.pods[`default/${first}`]?.code).toBe('pod-waits-for-offering');
    expect(result.pods[`default/${second}`]?.code).toBe('pod-gets-node');
  });
});

describe('pods that ask for a sort of node', () => {
  const taint: Taint = { key: 'nvidia.com/gpu', effect: 'NoSchedule' };
  const gpu: RuntimePool = { ...burst, name: 'gpu', instanceTypes: ['g4dn.xlarge'] };
  const instanceTypes = {
    ...two.instanceTypes,
    'g4dn.xlarge': typeOf(4000, 15_000, 0.526, { others: { 'nvidia.com/gpu': 1 } }),
  };
  const withGpu = (taints: Taint[]): RuntimeConfig => ({
    ...two,
    pools: [{ ...gpu, taints }, burst],
    instanceTypes,
  });
  const requests = { cpuMilli: 1000, memoryBytes: 512 * MI, pods: 1 };
  const learning = (i: number) =>
    pending({
      name: `learn-${i}`,
      requests: { ...requests, others: { 'nvidia.com/gpu': 1 } },
      tolerations: [{ key: taint.key, operator: 'Exists' }],
    });

  it.each<[string, Taint[]]>([
    ['with a taint', [taint]],
    ['without a taint', []],
  ])(
    '[32] a pod that asks for a GPU gets a node of the pool %s that has one, one GPU each; others get plain ones',
    (_, taints) => {
      // THEN 3 / 1 = 3 of the pool gpu; 16 pods of 250m need 4000m, at 0.0122 $ for each pod on a t3.medium
      expect(nodesOf(plan(waiting(times(3, learning)), withGpu(taints)))).toEqual({ gpu: 3 });
      expect(nodesOf(plan(waiting(times(16, () => pending())), withGpu(taints)))).toEqual({ burst: 2 });
    },
  );

  it('[32] a plain pod that tolerates the GPU pool goes to a plain one nevertheless', () => {
    const tolerant = times(16, () => pending({ tolerations: [{ operator: 'Exists' }] }));
    expect(nodesOf(plan(waiting(tolerant), withGpu([taint])))).toEqual({ burst: 2 });
  });

  it('[32] plain pods fill what a GPU node that is bought anyhow has left, before one more is bought', () => {
    // GIVEN beside one that takes 1000m of 4000m, twelve pods of 250m: 3000m
    const result = plan(waiting([learning(0), ...times(12, () => pending())]), withGpu([]));
    expect(nodesOf(result)).toEqual({ gpu: 1 });
  });

  it('[33] that wants a port of the host which a DaemonSet takes on every node gets no node after node', () => {
    const web = { hostPorts: ['TCP/0.0.0.0/80'] };
    const requests = { cpuMilli: 100, memoryBytes: 0, pods: 1 };
    const ingress = { namespace: 'kube-system', name: 'ingress', requests, nodeSelector: {}, tolerations: [], ...web };
    const waiting = scene({ nodes: [], pods: [pending({ name: 'web', ...web })], view: { daemonSets: [ingress] } });
    const result = plan(waiting, config);
    expect(result.intents).toEqual([]);
    expect(result.pods['default/web']).toMatchObject({ code: 'pod-kept-away' });
  });

  it.each([
    ['bind the same host port', { hostPorts: ['TCP/0.0.0.0/8080'] }],
    [
      'refuse each other on a node',
      {
        antiAffinity: [
          {
            selector: [{ key: 'app', operator: 'In' as const, values: ['web'] }],
            namespaces: ['default'],
            topologyKey: LABEL.hostname,
          },
        ],
      },
    ],
  ])('[33] pods that %s get a node each, and those of others share these nodes', (_, over) => {
    // GIVEN five of them, of which the empty base worker takes one, and pods that would fit beside them
    const apart = times(5, () => pending({ ...over, labels: { app: 'web' } }));
    const beside = times(20, () => pending({ labels: { app: 'batch' } }));
    const named = { ...nodeOf(base), labels: { ...nodeOf(base).labels, [LABEL.hostname]: nodeOf(base).name } };
    const result = plan(scene({ nodes: [named], pods: [...apart, ...beside] }), two);
    // THEN 5 − 1 = 4 nodes; of 5 × 8 seats 25 are taken
    expect(nodesOf(result)).toEqual({ burst: 4 });
    expect(Object.values(result.pods).map(({ code }) => code)).not.toContain('pod-kept-away');
  });
});
