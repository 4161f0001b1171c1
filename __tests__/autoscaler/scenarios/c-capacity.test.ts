import { encodeState, MAX_STATE_BYTES } from '../../../src/adapters/dynamodb-item';
import { LABEL } from '../../../src/autoscaler/names';
import type { LaunchOutcome } from '../../../src/autoscaler/ports';
import type { Instance, Node, Snapshot } from '../../../src/autoscaler/snapshot';
import { type ClusterState, emptyState, type LaunchOperation, MAX_LAUNCH_PODS } from '../../../src/autoscaler/state';
import type { Market, RuntimeConfig, RuntimePool } from '../../../src/config/runtime';
import {
  base,
  burstPool,
  config,
  instance,
  launching,
  MINUTE,
  movedTo,
  nodeOf,
  pending,
  pod,
  removing,
  type Scene,
  scene,
  T0,
  times,
  typeOf,
} from '../builders';
import { type Ran, run, type Script } from '../ports';

/**
 * EC2 has no room, or a node never comes. The numbers are those of the list of scenarios by which autoscalers are
 * compared. Of [39] only a part: the stack has one subnet in each zone, so that one without room is the whole zone.
 */

const refusal = (code: string): LaunchOutcome => ({ outcome: 'refused', code, detail: 'EC2 says no' });

/** Two pools, each of two types in both markets: eight offerings in two zones. */
const wide: Partial<RuntimeConfig> = {
  pools: ['burst', 'other'].map((name) => ({
    ...burstPool,
    name,
    instanceTypes: ['t3.medium', 'g5.xlarge'],
    markets: ['spot', 'on-demand'],
    labels: { for: name },
  })),
  instanceTypes: {
    ...config.instanceTypes,
    'g5.xlarge': typeOf(4000, 16_384, 1.01),
  },
};

const demandFor = (name: string) =>
  scene({ pods: [pending({ name: `for-${name}`, nodeSelector: { for: name } })], cpu: 0.4 });
const withState = (snapshot: Snapshot, state: Partial<ClusterState>): Snapshot => ({
  ...snapshot,
  state: { ...emptyState(), ...state },
});

/** `market/type/zone` of each request, in the order in which EC2 was asked; as it was stored before it was sent. */
function asked({ calls, saved }: Ran): string[] {
  let writes = 0;
  return calls.flatMap((call) => {
    if (call === 'save') writes += 1;
    if (!call.startsWith('launch')) return [];
    const stored = saved[writes - 1]?.operations.find((operation) => operation.kind === 'launch');
    const { market, instanceType, zone } = (stored as LaunchOperation).request;
    return [`${market}/${instanceType}/${zone}`];
  });
}

const allOf = (...parts: string[]): string[] =>
  ['us-east-1a', 'us-east-1b'].flatMap((zone) => parts.map((part) => `burst/${part}/${zone}`)).sort();

describe('no capacity', () => {
  it('[38] lets the next zone, type and market be asked in the same tick, and is remembered', async () => {
    // GIVEN EC2 has no room for the first four offerings
    const codes = [
      'InsufficientInstanceCapacity',
      'UnfulfillableCapacity',
      'InsufficientInstanceCapacity',
      'Unsupported',
    ];
    // WHEN
    const ran = await run(demandFor('burst'), { config: wide, launch: codes.map(refusal) });
    // THEN zone before type before market
    expect(asked(ran)).toEqual([
      'spot/t3.medium/us-east-1a',
      'spot/t3.medium/us-east-1b',
      'spot/g5.xlarge/us-east-1a',
      'spot/g5.xlarge/us-east-1b',
      'on-demand/t3.medium/us-east-1a',
    ]);
    // THEN they are left out for as long as they are remembered
    const { offerings } = ran.state;
    expect(Object.keys(offerings).sort()).toEqual(allOf('spot/t3.medium', 'spot/g5.xlarge'));
    const later = async (at: number) =>
      asked(await run(movedTo(at, withState(demandFor('burst'), { offerings })), { config: wide }));
    expect(await later(T0 + 3 * MINUTE - 1)).toEqual(['on-demand/t3.medium/us-east-1a']);
    expect(await later(T0 + 3 * MINUTE)).toEqual(['spot/t3.medium/us-east-1a']);
  });

  it('[38] that one launch of a tick meets is not asked for by another one of the same tick', async () => {
    // GIVEN pods for two nodes, so a launch in each zone, and EC2 refuses all that is asked
    const scarce = times(4, () => refusal('InsufficientInstanceCapacity'));
    const snapshot = scene({ nodes: [], pods: times(9, () => pending()) });
    // WHEN
    const ran = await run(snapshot, { launch: scarce });
    // THEN each of the two offerings was asked for once, and has failed once
    expect(ran.calls.filter((call) => call.startsWith('launch'))).toHaveLength(2);
    expect(Object.values(ran.state.offerings).map(({ failures }) => failures)).toEqual([1, 1]);
    expect(ran.result.operations.map(({ phase }) => phase)).toEqual(['failed', 'failed']);
  });

  it('[39] [40] of addresses in a subnet leaves out its zone for every type and market, and no other', async () => {
    const ran = await run(demandFor('burst'), { config: wide, launch: [refusal('InsufficientFreeAddressesInSubnet')] });
    expect(asked(ran)).toEqual(['spot/t3.medium/us-east-1a', 'spot/t3.medium/us-east-1b']);
    expect(Object.keys(ran.state.offerings).every((key) => key.endsWith('us-east-1a'))).toBe(true);
    expect(Object.keys(ran.state.offerings)).toHaveLength(4);
  });

  it('[43] is waited for twice as long each time, up to the longest; success clears it, and so does time', async () => {
    const key = 'burst/on-demand/t3.medium/us-east-1a';
    const once = async (at: number, offerings: ClusterState['offerings'], script: Script) =>
      (await run(movedTo(at, withState(demandFor('burst'), { offerings })), script)).state.offerings;
    const narrow = { pools: [{ ...burstPool, labels: { for: 'burst' } }], zones: ['us-east-1a'] };
    // WHEN EC2 refuses the only offering again and again, as soon as it may be asked
    let [at, offerings] = [T0, {} as ClusterState['offerings']];
    const pauses: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      offerings = await once(at, offerings, {
        config: narrow,
        launch: [refusal('InsufficientInstanceCapacity')],
      });
      const until = offerings[key]?.until ?? 0;
      pauses.push((until - at) / MINUTE);
      at = until;
    }
    // THEN
    expect(pauses).toEqual([3, 6, 12, 24, 30]);
    expect(await once(at, offerings, { config: narrow })).toEqual({});
    // THEN three hours after its pause ended nothing is left of it, whether or not it is asked again
    const quiet = (time: number) => run(movedTo(time, withState(scene(), { offerings })), { config: narrow });
    expect((await quiet(at + 180 * MINUTE - 1)).state.offerings).toHaveProperty([key]);
    expect((await quiet(at + 180 * MINUTE)).state.offerings).toEqual({});
  });

  it('[44] of one pool does not keep another pool from asking', async () => {
    const script: Script = { config: wide, launch: [refusal('VcpuLimitExceeded'), refusal('VcpuLimitExceeded')] };
    const { state } = await run(demandFor('burst'), script);
    const other = await run(withState(demandFor('other'), { offerings: state.offerings }), { config: wide });
    expect(asked(other)).toEqual(['spot/t3.medium/us-east-1a']);
  });

  it('is stored in a few words, however long EC2 explains it', async () => {
    const answer: LaunchOutcome = { outcome: 'refused', code: 'UnauthorizedOperation', detail: 'x'.repeat(5000) };
    const { state, result } = await run(demandFor('burst'), { config: wide, launch: times(8, () => answer) });
    const reasons = Object.values(state.offerings).map(({ reason }) => reason);
    expect(reasons).toHaveLength(8);
    for (const text of [...reasons, result.operations[0]?.failure ?? '']) {
      expect(text).toMatch(/^UnauthorizedOperation: x+…$/);
      expect(text).toHaveLength(200);
    }
  });

  it('lets nothing be asked for instead that breaks a limit, and the failure names it', async () => {
    // GIVEN beside the base worker there is room for 6 cores and 0.1 $ an hour, and EC2 has none of what was planned
    const types = ['m5.4xlarge', 't3.large', 't3.medium'];
    const over: Partial<RuntimeConfig> = {
      zones: ['us-east-1a'],
      limits: { maxNodes: 10, cores: 8, usdPerHour: 0.1488 },
      pools: [{ ...burstPool, instanceTypes: types, markets: ['spot', 'on-demand'] }],
      instanceTypes: {
        ...config.instanceTypes,
        't3.large': typeOf(2000, 7600, 0.12),
        'm5.4xlarge': typeOf(16_000, 62_000, 0.2),
      },
    };
    const snapshot = scene({ nodes: [], pods: [pending()] });
    // WHEN
    const scarce = times(9, () => refusal('InsufficientInstanceCapacity'));
    const ran = await run(snapshot, { config: over, launch: scarce });
    // THEN neither 16 cores nor 0.12 $ were asked for
    expect(asked(ran)).toEqual([
      'spot/t3.medium/us-east-1a',
      'spot/t3.large/us-east-1a',
      'on-demand/t3.medium/us-east-1a',
    ]);
    const [failed] = ran.result.operations;
    expect(failed?.phase).toBe('failed');
    expect(failed?.failure).toBe(
      'InsufficientInstanceCapacity: EC2 says no (nothing else fits: limits.cores: 2 of 8.)',
    );
  });

  it('of the planned type in the first market does not bring a larger type there that breaks a limit', async () => {
    // GIVEN the small type is planned on demand, and spot is to be had for the large one, which is too large for the limit
    const over: Partial<RuntimeConfig> = {
      zones: ['us-east-1a'],
      limits: { maxNodes: 10, cores: 8 },
      pools: [{ ...burstPool, instanceTypes: ['t3.medium', 'm5.4xlarge'], markets: ['spot', 'on-demand'] }],
      instanceTypes: { ...config.instanceTypes, 'm5.4xlarge': typeOf(16_000, 62_000, 0.768) },
    };
    const scarce = { failures: 1, until: T0 + MINUTE, reason: 'InsufficientInstanceCapacity' };
    const offerings = { 'burst/spot/t3.medium/us-east-1a': scarce };
    // WHEN
    const ran = await run(withState(scene({ nodes: [], pods: [pending()] }), { offerings }), { config: over });
    // THEN
    expect(asked(ran)).toEqual(['on-demand/t3.medium/us-east-1a']);
  });

  it('lets other launches of the same tick count against the limit of what is asked for instead', async () => {
    // GIVEN two launches of one spot node each, and money for one of them on demand and one spot
    const over: Partial<RuntimeConfig> = {
      limits: { maxNodes: 10, usdPerHour: 0.0488 + 0.05 + 0.02 },
      pools: [{ ...burstPool, markets: ['spot', 'on-demand'] }],
    };
    const snapshot = scene({ nodes: [], pods: times(9, () => pending()) });
    // WHEN there is no spot at all
    const ran = await run(snapshot, { config: over, launch: [refusal('MaxSpotInstanceCountExceeded')] });
    // THEN the first goes on demand beside the second as it was planned, and the second finds no money left
    expect(ran.result.operations.map(({ phase }) => phase)).toEqual(['launched', 'failed']);
    expect(ran.result.operations[1]?.failure).toContain('limits.usdPerHour');
  });

  it('is told to the pods that wait for it, once every offering of their pool failed', async () => {
    const codes = times(8, () => refusal('InsufficientInstanceCapacity'));
    const { state } = await run(demandFor('burst'), { config: wide, launch: codes });
    const next = await run(withState(demandFor('burst'), { offerings: state.offerings }), { config: wide });
    expect(asked(next)).toEqual([]);
    expect(next.result.plan?.pods['default/for-burst']?.code).toBe('pod-waits-for-offering');
    expect(next.result.plan?.pools.burst?.code).toBe('pool-offerings-failed');
  });
});

describe('a quota', () => {
  it.each(['VcpuLimitExceeded', 'MaxSpotInstanceCountExceeded', 'InstanceLimitExceeded'])(
    '[42] %s is asked once for its market and class of types, and not again for the longest pause',
    async (code) => {
      const ran = await run(demandFor('burst'), { config: wide, launch: [refusal(code)] });
      // THEN the same market's other zone is not asked in vain, but the other class and market are their own quotas
      expect(asked(ran)).toEqual(['spot/t3.medium/us-east-1a', 'spot/g5.xlarge/us-east-1a']);
      expect(Object.keys(ran.state.offerings).sort()).toEqual(allOf('spot/t3.medium'));
      for (const { until } of Object.values(ran.state.offerings)) expect(until).toBe(T0 + 30 * MINUTE);
    },
  );

  it.each([
    ['m5.large', 'c7g.xlarge', true],
    ['t3.medium', 'im4gn.large', true],
    ['g5.xlarge', 'vt1.3xlarge', true],
    ['t3.medium', 'g5.xlarge', false],
    ['t3.medium', 'inf2.xlarge', false],
    ['p4d.24xlarge', 'p5.48xlarge', true],
    ['t3.medium', 'hpc6a.48xlarge', false],
  ])('[42] of %s holds for %s: %s', async (first, second, isShared) => {
    const types = [first, second];
    const two: Partial<RuntimeConfig> = {
      zones: ['us-east-1a'],
      pools: [{ ...burstPool, instanceTypes: types, labels: { for: 'burst' } }],
      instanceTypes: Object.fromEntries(types.map((type) => [type, typeOf(4000, 16_384, 1)])),
    };
    const ran = await run(demandFor('burst'), { config: two, launch: [refusal('VcpuLimitExceeded')] });
    expect(asked(ran)).toHaveLength(isShared ? 1 : 2);
  });

  it('[42] of the account for volumes ends the launch at once', async () => {
    const ran = await run(demandFor('burst'), { config: wide, launch: [refusal('VolumeLimitExceeded')] });
    expect(asked(ran)).toHaveLength(1);
    expect(ran.result.operations).toMatchObject([{ phase: 'failed', failure: expect.stringContaining('VolumeLimit') }]);
  });
});

/** A launch of as many instances as are given, launched when it was begun. */
const launchOf = (instances: string[], over: Partial<LaunchOperation> = {}) =>
  launching({ createdAt: T0 - 5 * MINUTE, deadline: T0 + 5 * MINUTE, instances, count: instances.length, ...over });
const launched = (id: string) => instance(id, { operation: 'launch-1', launchedAt: T0 - 5 * MINUTE });

interface Joining {
  instances: Instance[];
  nodes?: Node[];
  operation?: Partial<LaunchOperation>;
  state?: Partial<ClusterState>;
  pods?: Parameters<typeof scene>[0] extends infer S ? (S extends { pods?: infer P } ? P : never) : never;
}

/** A tick at `at` over one open launch. */
const joining = (at: number, { instances, nodes = [], operation, state, pods }: Joining): Snapshot =>
  movedTo(
    at,
    scene({
      instances,
      nodes: [nodeOf(base), ...nodes],
      ...(pods && { pods }),
      snapshot: {
        state: {
          ...emptyState(),
          operations: [
            launchOf(
              instances.map(({ id }) => id),
              operation,
            ),
          ],
          ...state,
        },
      },
    }),
  );

const terminated = ({ calls }: Ran): string[] => calls.filter((call) => call.startsWith('terminate'));
const phases = ({ result }: Ran): string[] =>
  result.operations.flatMap((o) => (o.kind === 'launch' ? [`${o.id} ${o.phase}`] : []));

describe('a node that does not come', () => {
  const [a, b] = [launched('i-a'), launched('i-b')] as [Instance, Instance];
  const waiting = times(8, () => pending());

  it('[45] is terminated at the deadline, counted and replaced in the same tick', async () => {
    // GIVEN a launch of one that did not register, and its pods still pending
    const full = times(8, (i) => pod({ name: `full-${i}`, nodeName: nodeOf(base).name }));
    const at = (time: number) => run(joining(time, { instances: [a], pods: [...full, ...waiting] }));
    // THEN until its deadline it is waited for
    const before = await at(T0 + 5 * MINUTE);
    expect([terminated(before), before.calls.filter((call) => call.startsWith('launch'))]).toEqual([[], []]);
    // THEN after it
    const after = await at(T0 + 5 * MINUTE + 1);
    expect(terminated(after)).toEqual(['terminate i-a']);
    expect(after.state.joinFailures).toEqual({ burst: 1 });
    expect(after.state.failedJoins).toEqual({ burst: 'i-a' });
    expect(after.lines[0]?.message).toContain(
      'get-console-output --region us-east-1 --latest --output text --instance-id i-a',
    );
    const end = after.calls.indexOf('terminate i-a');
    expect(after.calls.slice(end).filter((call) => call.startsWith('launch'))).toHaveLength(1);
  });

  it('[46] is kept when it comes late but in time', async () => {
    const ran = await run(joining(T0 + 5 * MINUTE, { instances: [a], nodes: [nodeOf(a)] }));
    expect(terminated(ran)).toEqual([]);
    expect(phases(ran)).toEqual(['launch-1 ready']);
    expect(ran.state.joinFailures).toEqual({ burst: 0 });
  });

  it('[48] three times in a row opens the circuit: one at a time is tried, and people are told where to look', async () => {
    // GIVEN two failures, and a third that ends now
    const pods = times(40, () => pending());
    const third = await run(
      joining(T0 + 5 * MINUTE + 1, { instances: [b], pods, state: { joinFailures: { burst: 2 } } }),
    );
    // THEN the one launch of this tick is the probe, of one node
    const probes = third.state.operations.filter((o) => o.kind === 'launch');
    expect(probes.map(({ count }) => count)).toEqual([1]);
    expect(third.result.plan?.pools.burst?.code).toBe('pool-grows');
    // THEN while it is on its way nothing else is launched, and the verdicts name the console of the last failure
    const next = await run(
      movedTo(T0 + 7 * MINUTE, withState(scene({ pods }), { ...third.state, operations: probes })),
    );
    expect(next.calls.filter((call) => call.startsWith('launch'))).toEqual([]);
    const hint = 'aws ec2 get-console-output --region us-east-1 --latest --output text --instance-id i-b';
    expect(next.result.plan?.pools.burst).toMatchObject({
      code: 'pool-circuit-open',
      text: expect.stringContaining(hint),
    });
    const told = Object.values(next.result.plan?.pods ?? {}).filter(({ code }) => code === 'pod-waits-for-probe');
    expect(told.length).toBeGreaterThan(0);
    for (const { text } of told) expect(text).toContain(hint);
  });

  it('[48] is told of the pool as long as it lasts, though nothing asks for a node', async () => {
    const ran = await run(scene({ snapshot: { state: { ...emptyState(), joinFailures: { burst: 3 } } } }));
    expect(ran.result.plan?.pools.burst?.code).toBe('pool-circuit-open');
  });

  it('[48] closes the circuit again when the probe joins', async () => {
    const state = { joinFailures: { burst: 3 }, failedJoins: { burst: 'i-b' } };
    const pods = times(40, () => pending());
    const ran = await run(joining(T0, { instances: [a], nodes: [nodeOf(a)], pods, state }));
    expect(ran.state.joinFailures).toEqual({ burst: 0 });
    expect(ran.state.failedJoins).toEqual({});
    const [next] = ran.state.operations.filter((o) => o.kind === 'launch');
    expect(next?.count).toBeGreaterThan(1);
  });

  it('[51] but registers and stays unready is another thing than one that never registered: it is given up with its Node', async () => {
    const node = nodeOf(a, { ready: false });
    const ran = await run(joining(T0 + 5 * MINUTE + 1, { instances: [a], nodes: [node] }));
    expect(terminated(ran)).toEqual(['terminate i-a']);
    expect(ran.state.operations).toMatchObject([{ kind: 'removal', node: { name: node.name, uid: node.uid } }]);
    expect(ran.state.joinFailures).toEqual({ burst: 1 });
  });

  it('is one of several: the others are kept, and the launch counts as failed once', async () => {
    const ran = await run(joining(T0 + 5 * MINUTE + 1, { instances: [a, b], nodes: [nodeOf(a)] }));
    expect(terminated(ran)).toEqual(['terminate i-b']);
    expect(phases(ran)).toEqual(['launch-1 ready']);
    expect(ran.state.joinFailures).toEqual({ burst: 1 });
  });
});

describe('a start-up taint', () => {
  const a = launched('i-a');
  const taint = { key: 'example.com/agent-not-ready', effect: 'NoSchedule' as const };
  const behind = nodeOf(a, { taints: [taint], createdAt: T0 - 4 * MINUTE });
  const DEADLINE = T0 + 5 * MINUTE;
  const full = times(8, (i) => pod({ name: `full-${i}`, nodeName: nodeOf(base).name }));

  it('keeps a launch open, and its pods are not bought for again', async () => {
    const pods = [...full, ...times(8, () => pending())];
    for (const at of [T0, DEADLINE + 1, DEADLINE + 10 * MINUTE]) {
      const ran = await run(joining(at, { instances: [a], nodes: [behind], pods }));
      expect(phases(ran)).toEqual(['launch-1 registered']);
      expect(ran.calls.filter((call) => call.startsWith('launch') || call.startsWith('terminate'))).toEqual([]);
    }
  });

  it('that never clears ends at its own deadline: terminated, counted, replaced', async () => {
    const pods = [...full, ...times(8, () => pending())];
    const ran = await run(joining(DEADLINE + 10 * MINUTE + 1, { instances: [a], nodes: [behind], pods }));
    expect(terminated(ran)).toEqual(['terminate i-a']);
    expect(ran.state.joinFailures).toEqual({ burst: 1 });
    expect(ran.state.operations.filter((o) => o.kind === 'launch')).toHaveLength(1);
  });

  it('keeps a node from being removed as unneeded while it lasts', async () => {
    const old = nodeOf(a, { taints: [taint], createdAt: T0 - 30 * MINUTE });
    const ran = await run(joining(T0, { instances: [a], nodes: [old] }));
    expect(ran.result.plan?.nodes[old.name]?.code).toBe('node-joining');
  });

  it('of one node does not keep another of the launch, which never came, from being ended; the launch fails once', async () => {
    const b = launched('i-b');
    const first = await run(joining(DEADLINE + 1, { instances: [a, b], nodes: [behind] }));
    expect(terminated(first)).toEqual(['terminate i-b']);
    expect(phases(first)).toEqual(['launch-1 registered']);
    expect([first.state.joinFailures, first.state.failedJoins]).toEqual([{}, { burst: 'i-b' }]);
    // WHEN the taint is taken off
    const operations = first.state.operations.filter((o) => o.kind === 'launch');
    const found = scene({ instances: [a], nodes: [nodeOf(base), nodeOf(a)] });
    const second = await run(movedTo(DEADLINE + 2 * MINUTE, withState(found, { ...first.state, operations })));
    expect(phases(second)).toEqual(['launch-1 ready']);
    expect(second.state.joinFailures).toEqual({ burst: 1 });
  });

  it('does not end a node on which pods run all the same', async () => {
    const pods = [pod({ nodeName: behind.name })];
    const ran = await run(joining(DEADLINE + 10 * MINUTE + 1, { instances: [a], nodes: [behind], pods }));
    expect(terminated(ran)).toEqual([]);
    expect(phases(ran)).toEqual(['launch-1 ready']);
  });

  it.each([
    ['of the pool itself', { key: 'dedicated', effect: 'NoSchedule' as const }],
    ["of Kubernetes' own", { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' as const }],
    ['that only discourages', { key: 'example.com/busy', effect: 'PreferNoSchedule' as const }],
  ])('is no taint %s', async (_, other) => {
    const pools = [{ ...burstPool, taints: [{ key: 'dedicated', effect: 'NoSchedule' as const }] }];
    const node = nodeOf(a, { taints: [other] });
    const ran = await run(joining(T0, { instances: [a], nodes: [node] }), { config: { pools } });
    expect(phases(ran)).toEqual(['launch-1 ready']);
  });

  it('[78] on every new node does not let the fleet run away', async () => {
    // GIVEN something taints each node that joins, and pods that need one node
    const pods = [...full, ...times(4, () => pending())];
    const fleet = new Map<string, Instance>();
    let state = emptyState();
    let most = 0;
    // WHEN the function runs every 2 minutes for two hours
    for (let i = 0; i < 60; i += 1) {
      const at = T0 + 2 * i * MINUTE;
      const instances = [...fleet.values()];
      const nodes = instances.map((each) => nodeOf(each, { taints: [taint] }));
      const snapshot = scene({ instances, nodes: [nodeOf(base), ...nodes], pods, snapshot: { state } });
      const ids = times(10, (n) => `i-${i}0${n}`);
      const ran = await run(movedTo(at, snapshot), {
        launch: ids.map((id) => ({ outcome: 'launched', instances: [id] })),
      });
      for (const call of terminated(ran)) fleet.delete(call.split(' ')[1] as string);
      const asked = ran.calls.filter((call) => call.startsWith('launch')).length;
      for (const id of ids.slice(0, asked)) fleet.set(id, instance(id, { launchedAt: at }));
      state = ran.state;
      most = Math.max(most, fleet.size);
    }
    // THEN there was never more than the one node that the pods need, and it was tried again and again
    expect(most).toBe(1);
    expect(state.joinFailures.burst).toBeGreaterThanOrEqual(3);
  });
});

describe('instances without Nodes', () => {
  const many = times(6, (i) => instance(`i-a${i}`));

  it('[49] in great number are not believed: nothing is terminated, no removal begins, and the tick says why', async () => {
    // GIVEN four of six workers are without the provider id by which they are known
    const nodes = many.map((each, i) => {
      const { providerId, ...rest } = nodeOf(each);
      return i < 4 ? rest : { ...rest, ...(providerId && { providerId }) };
    });
    for (const shown of [nodes, nodes.slice(4)]) {
      const ran = await run(scene({ instances: many, nodes: [nodeOf(base), ...shown] }));
      expect(terminated(ran)).toEqual([]);
      expect(ran.result.decision).toMatchObject({
        code: 'data-doubtful',
        text: expect.stringContaining('4 of 6 workers have no Node with their provider id'),
      });
      expect(ran.result.plan?.hold?.code).toBe('data-doubtful');
    }
  });

  it('[49] are orphans while they are fewer than those that have one', async () => {
    const ran = await run(scene({ instances: many, nodes: [nodeOf(base), ...many.slice(3).map((i) => nodeOf(i))] }));
    expect(terminated(ran)).toEqual(['terminate i-a0', 'terminate i-a1', 'terminate i-a2']);
  });

  it('[49] are no doubt where operations say why: what never joined and is not gone yet', async () => {
    const operations = many.map(({ id }, i) =>
      removing({ id: `removal-${i}`, reason: 'node-never-joined', phase: 'terminating', instance: id }),
    );
    const ran = await run(
      scene({ instances: many, nodes: [nodeOf(base)], snapshot: { state: { ...emptyState(), operations } } }),
    );
    expect(terminated(ran)).toHaveLength(6);
    expect(ran.result.decision.code).toBe('steady');
  });

  it('[49] are no orphans while a Node of their name is there', async () => {
    const { providerId: _, ...nameless } = nodeOf(many[0] as Instance);
    const ran = await run(scene({ instances: many.slice(0, 1), nodes: [nodeOf(base), nameless] }));
    expect(terminated(ran)).toEqual([]);
  });

  it('that nobody remembers are terminated when their time to join is over, and adopted if they have joined', async () => {
    const alone = (launchedAt: number) => instance('i-0', { launchedAt, operation: 'launch-forgotten' });
    const at = async (launchedAt: number, joined = false) => {
      const orphan = alone(launchedAt);
      const nodes = [nodeOf(base), ...(joined ? [nodeOf(orphan)] : [])];
      return terminated(await run(scene({ instances: [orphan], nodes })));
    };
    expect(await at(T0 - 10 * MINUTE)).toEqual([]);
    expect(await at(T0 - 10 * MINUTE - 1)).toEqual(['terminate i-0']);
    expect(await at(T0 - 10 * MINUTE - 1, true)).toEqual([]);
  });

  it('[50] are left alone where the tag says that they are not ours', async () => {
    // GIVEN the tag was taken off after the list was made: it is read again just before
    const gone = instance('i-0', { launchedAt: T0 - 11 * MINUTE });
    const foreign = { outcome: 'foreign' as const, detail: 'i-0 has tag k3s-autoscaler:cluster=other' };
    const ran = await run(scene({ instances: [gone], nodes: [nodeOf(base)] }), { terminate: [foreign] });
    expect(ran.result.operations).toMatchObject([{ phase: 'rolled-back', failure: foreign.detail }]);
    expect(ran.state.operations).toEqual([]);
  });
});

describe('a surplus', () => {
  const [a, late] = [launched('i-a'), launched('i-1a7e')] as [Instance, Instance];
  const closed = (instances: string[], closedAt = T0 - 2 * MINUTE) => ({
    closedLaunches: [{ id: 'launch-1', instances, closedAt }],
  });
  const found = (state: Partial<ClusterState>, nodes: Node[] = [], pods: ReturnType<typeof pod>[] = []) =>
    run(withState(scene({ instances: [a, late], nodes: [nodeOf(base), nodeOf(a), ...nodes], pods }), state));

  it('of a launch that has ended is terminated before it serves', async () => {
    const ran = await found(closed(['i-a']));
    expect(terminated(ran)).toEqual(['terminate i-1a7e']);
    expect(ran.state.operations).toMatchObject([{ reason: 'node-surplus' }]);
    expect(ran.state.joinFailures).toEqual({});
    expect(ran.lines[0]?.message).not.toContain('did not join');
    expect(terminated(await found(closed(['i-a']), [nodeOf(late)]))).toEqual(['terminate i-1a7e']);
  });

  it('that serves already is left to the ordinary removal', async () => {
    const ran = await found(closed(['i-a']), [nodeOf(late)], [pod({ nodeName: nodeOf(late).name })]);
    expect(terminated(ran)).toEqual([]);
  });

  it('is not what the launch had got', async () => {
    expect(terminated(await found(closed(['i-a', 'i-1a7e'])))).toEqual([]);
  });

  it('is told by a memory of ended launches that holds an hour and is bounded', async () => {
    // GIVEN a launch ends now
    const ended = await run(joining(T0, { instances: [a], nodes: [nodeOf(a)] }));
    expect(ended.state.closedLaunches).toEqual([{ id: 'launch-1', instances: ['i-a'], closedAt: T0 }]);
    // THEN it is forgotten an hour later
    const quiet = async (at: number) =>
      (await run(movedTo(at, withState(scene(), closed(['i-a'], T0))))).state.closedLaunches;
    expect(await quiet(T0 + 60 * MINUTE - 1)).toHaveLength(1);
    expect(await quiet(T0 + 60 * MINUTE)).toEqual([]);
    // THEN of many the newest are kept
    const many = times(40, (i) => ({ id: `launch-${i}`, instances: times(16, (j) => `i-${i}-${j}`), closedAt: T0 }));
    const kept = (await run(withState(scene(), { closedLaunches: many }))).state.closedLaunches;
    expect(kept.map(({ id }) => id)).toEqual(times(16, (i) => `launch-${24 + i}`));
    const small = many.map((each) => ({ ...each, instances: ['i-1'] }));
    expect((await run(withState(scene(), { closedLaunches: small }))).state.closedLaunches).toHaveLength(32);
  });
});

describe('[52a] spot that is back', () => {
  const mixed = { pools: [{ ...burstPool, markets: ['spot', 'on-demand'] as Market[] }], zones: ['us-east-1a'] };
  const HOURS_AGO = T0 - 120 * MINUTE;
  const onDemand = (id: string) => instance(id, { market: 'on-demand', launchedAt: HOURS_AGO });
  /** Half of each is used, so that two do not go into one. */
  const busyOn = (...nodes: string[]) =>
    nodes.map((nodeName) => pod({ nodeName, requests: { ...pod().requests, cpuMilli: 1_500 } }));
  const two = [onDemand('i-a'), onDemand('i-b')];
  const names = two.map((each) => nodeOf(each).name);
  const calm = (over: Scene = {}) =>
    scene({ instances: two, pods: busyOn(nodeOf(base).name, ...names), cpu: 0.5, ...over });

  it('has one spot worker launched, and none on demand where spot refuses', async () => {
    const ran = await run(calm(), { config: mixed });
    expect(asked(ran)).toEqual(['spot/t3.medium/us-east-1a']);
    expect(ran.result.decision.code).toBe('back-to-spot');
    const refused = await run(calm(), { config: mixed, launch: [refusal('InsufficientInstanceCapacity')] });
    expect(asked(refused)).toEqual(['spot/t3.medium/us-east-1a']);
    // THEN it is not asked again while that is remembered
    const again = await run(calm({ snapshot: { state: refused.state } }), { config: mixed });
    expect(again.calls.filter((call) => call.startsWith('launch'))).toEqual([]);
  });

  it('does so before the spot worker, which is idle meanwhile, is taken for one that nobody needs', async () => {
    // GIVEN the spot worker has waited for those pods for as long as makes a node unneeded, and CPU is low
    const spot = instance('i-c', { market: 'spot', launchedAt: T0 - 40 * MINUTE });
    const unneededSince = { [nodeOf(spot).name]: T0 - 30 * MINUTE };
    const state = { ...emptyState(), unneededSince };
    const ran = await run(calm({ instances: [...two, spot], cpu: 0.1, snapshot: { state } }), { config: mixed });
    // THEN
    expect(ran.result.plan?.intents).toMatchObject([{ kind: 'remove', node: names[0], reason: 'back-to-spot' }]);
    expect(ran.result.plan?.nodes[nodeOf(spot).name]?.code).toBe('node-needed');
  });

  it('drains the oldest that runs on demand once its pods fit the spot worker, and one at a time', async () => {
    // GIVEN the spot worker has joined
    const spot = instance('i-c', { market: 'spot', launchedAt: T0 - 20 * MINUTE });
    const ran = await run(calm({ instances: [...two, spot], cpu: 0.4 }), { config: mixed });
    // THEN
    const cordoned = ran.calls.filter((call) => call.startsWith('cordon'));
    expect(cordoned).toEqual([expect.stringContaining(names[0] as string)]);
    expect(ran.calls.some((call) => call.startsWith('launch'))).toBe(false);
    expect(ran.result.plan?.intents).toMatchObject([{ kind: 'remove', node: names[0], reason: 'back-to-spot' }]);
  });

  it('has the replacement launched first where the pool is at its minimum, though the pods would fit elsewhere', async () => {
    const atMinimum = { ...mixed, pools: [{ ...mixed.pools[0], min: 2 } as RuntimePool] };
    const ran = await run(calm({ pods: [], cpu: 0.4 }), { config: atMinimum });
    expect(ran.result.plan?.intents).toMatchObject([{ kind: 'launch', reason: 'back-to-spot' }]);
  });

  it.each<[string, Scene, Partial<RuntimeConfig>]>([
    [
      'for a node whose drain failed lately',
      {
        instances: [...two.slice(0, 1), instance('i-c', { market: 'spot', launchedAt: HOURS_AGO })],
        pods: busyOn(names[0] as string),
        cpu: 0.4,
        snapshot: {
          state: {
            ...emptyState(),
            removalFailures: { [names[0] as string]: { failures: 1, until: T0 + 1, reason: 'its pods stayed' } },
          },
        },
      },
      mixed,
    ],
    ['in a pool that buys on demand only', {}, {}],
    [
      'within an hour of a change',
      { snapshot: { state: { ...emptyState(), lastScaleTime: T0 - 59 * MINUTE } } },
      mixed,
    ],
    ['while pods are pending', { pods: [...busyOn(nodeOf(base).name, ...names), ...times(9, () => pending())] }, mixed],
    ['at the maximum', {}, { ...mixed, limits: { maxNodes: 3 } }],
    [
      'while it is remembered as refused',
      {
        snapshot: {
          state: {
            ...emptyState(),
            offerings: { 'burst/spot/t3.medium/us-east-1a': { failures: 1, until: T0 + 1, reason: 'none' } },
          },
        },
      },
      mixed,
    ],
  ])('is not gone back to %s', async (_, over, settings) => {
    const ran = await run(calm(over), { config: settings });
    const reasons = ran.result.plan?.intents.map((intent) => 'reason' in intent && intent.reason);
    expect(reasons).not.toContain('back-to-spot');
  });

  it('has no spot worker bought for a pod that would not go there, and the next worker has its turn', async () => {
    const { name: first } = nodeOf(two[0] as Instance);
    const bound = pod({ nodeName: first, nodeSelector: { [LABEL.hostname]: first } });
    const ran = await run(calm({ pods: [...busyOn(nodeOf(base).name, ...names), bound] }), { config: mixed });
    expect(ran.result.decision.text).toContain(names[1] as string);
    expect(asked(ran)).toEqual(['spot/t3.medium/us-east-1a']);
  });

  it('is no reason to drain where only others on demand have room', async () => {
    const roomy = instance('i-c', { market: 'on-demand', launchedAt: HOURS_AGO });
    const ran = await run(calm({ instances: [...two, roomy], cpu: 0.4 }), { config: mixed });
    expect(ran.result.plan?.intents).toMatchObject([{ kind: 'launch', reason: 'back-to-spot' }]);
  });
});

describe('a state item', () => {
  it('takes launches for thousands of pods: of their uids it holds the first thousand', async () => {
    // GIVEN
    const types = ['m5.4xlarge', 'm5.2xlarge'];
    const over: Partial<RuntimeConfig> = {
      limits: { maxNodes: 500 },
      pools: [{ ...burstPool, max: 500, instanceTypes: types }],
      instanceTypes: {
        ...config.instanceTypes,
        'm5.2xlarge': typeOf(8000, 31_000, 0.384),
        'm5.4xlarge': typeOf(16_000, 62_000, 0.768),
      },
    };
    const uid = (i: number) => `7f1f4b0e-3e1c-4d5a-9b0e-${String(i).padStart(12, '0')}`;
    const snapshot = scene({ nodes: [], pods: times(5000, (i) => pending({ name: `p${i}`, uid: uid(i) })) });
    const before = launching({ pods: times(300, (i) => uid(9000 + i)), deadline: T0 + 9 * MINUTE });
    // WHEN
    const ran = await run(withState(snapshot, { operations: [before] }), { config: over });
    // THEN
    const launches = ran.saved[0]?.operations as LaunchOperation[];
    expect(launches.length).toBeGreaterThan(2);
    expect(launches[0]?.pods).toEqual(before.pods);
    expect(launches.flatMap(({ pods }) => pods)).toHaveLength(MAX_LAUNCH_PODS);
    for (const state of ran.saved) {
      expect(Buffer.byteLength(JSON.stringify(encodeState(state)))).toBeLessThan(MAX_STATE_BYTES / 2);
    }
  });
});
