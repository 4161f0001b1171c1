import type { Notice } from '../../../src/autoscaler/notices';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import {
  type ClusterState,
  emptyState,
  type LaunchOperation,
  type RemovalOperation,
} from '../../../src/autoscaler/state';
import {
  base,
  burstPool,
  config,
  instance,
  launching,
  MINUTE,
  nodeOf,
  pending,
  pod,
  removing,
  scene,
  T0,
  times,
} from '../builders';
import { run } from '../ports';

/** Spot interruptions and what else EC2 tells; the numbers are those of the scenarios of other autoscalers. */

const ID = 'i-0a1b2c3d4e5f60718';
const spot = instance(ID, { market: 'spot', zone: 'us-east-1a' });
const node = nodeOf(spot);
const OFFERING = 'burst/spot/t3.medium/us-east-1a';
const warning: Notice = { kind: 'interruption', instance: ID, at: T0 - 2_000 };
const text = `interruption/${ID}/${T0 - 2_000}`;

/** Seven pods of 250m fill a worker of 2000m so far that no second seven fit beside them. */
const running = (on: string, count = 7) => times(count, () => pod({ nodeName: on }));
const spotPool = (over = {}) => ({
  pools: [{ ...burstPool, markets: ['spot' as const], ...over }],
});

interface Given {
  notices?: Notice[];
  instances?: ReturnType<typeof instance>[];
  nodes?: ReturnType<typeof nodeOf>[];
  pods?: ReturnType<typeof pod>[];
  state?: Partial<ClusterState>;
  snapshot?: Partial<Snapshot>;
}

const given = ({ notices = [warning], instances = [spot], nodes, pods, state, snapshot }: Given = {}) =>
  scene({
    instances,
    pods: pods ?? [...running(node.name), ...running(nodeOf(base).name)],
    ...(nodes && { nodes }),
    snapshot: { state: { ...emptyState(), notices, ...state }, ...snapshot },
  });

/** The view after the cordon, as execute looks again. */
const cordoned = (snapshot: Snapshot, mark: string): Snapshot['kubernetes'] =>
  snapshot.kubernetes.known
    ? {
        ...snapshot.kubernetes,
        value: {
          ...snapshot.kubernetes.value,
          nodes: snapshot.kubernetes.value.nodes.map((n) =>
            n.name === node.name
              ? { ...n, unschedulable: true, annotations: { 'k3s-autoscaler/operation': `${mark}@7` } }
              : n,
          ),
        },
      }
    : snapshot.kubernetes;

const removalOf = (state: ClusterState) => state.operations.find((o) => o.kind === 'removal') as RemovalOperation;
const launchOf = (state: ClusterState) => state.operations.find((o) => o.kind === 'launch') as LaunchOperation;
const made = (calls: string[], what: string) => calls.filter((call) => call.startsWith(`${what} `));

const removal = (over: Partial<RemovalOperation> = {}) => removing({ node, instance: ID, ...over });
const launch = (over: Partial<LaunchOperation> = {}) =>
  launching({ request: { market: 'spot', count: 1 }, instances: [ID], count: 1, ...over });

describe('a spot interruption', () => {
  it('[94] cordons, evicts every pod and launches the replacement in one tick, and writes each before it is done', async () => {
    const { calls, state, used, result } = await run(given(), { config: spotPool() });
    expect(made(calls, 'cordon')).toEqual([`cordon ${node.name} ${removalOf(state).id}@7`]);
    expect(made(calls, 'evict')).toHaveLength(7);
    expect(made(calls, 'launch')).toHaveLength(1);
    expect(calls[0]).toBe('save');
    expect(removalOf(state)).toMatchObject({
      cause: 'interruption',
      reason: 'node-interrupted',
      deadline: T0 - 2_000 + 110_000,
      phase: 'draining',
    });
    expect(launchOf(state)).toMatchObject({ phase: 'launched', count: 1 });
    expect(used).toEqual([text]);
    expect(result.decision.code).toBe('pending-pods');
    expect(result.plan?.nodes[node.name]?.code).toBe('node-interrupted');
  });

  it('[94] launches nothing where the other nodes have room for its pods', async () => {
    const { calls } = await run(given({ pods: running(node.name, 3) }), { config: spotPool() });
    expect(made(calls, 'evict')).toHaveLength(3);
    expect(made(calls, 'launch')).toEqual([]);
  });

  it.each<[string, Parameters<typeof pod>[0]]>([
    ['that nobody makes anew', { owner: undefined } as never],
    ['that leave already', { deletionAt: T0 - 1 }],
    ['of a DaemonSet', { owner: { kind: 'DaemonSet', name: 'agent', uid: 'ds' } }],
  ])('[94] buys no room for pods %s', async (_, over) => {
    const pods = [...times(7, () => pod({ nodeName: node.name, ...over })), ...running(nodeOf(base).name)];
    const { calls } = await run(given({ pods }), { config: spotPool() });
    expect(made(calls, 'launch')).toEqual([]);
  });

  it('[94] counts on no room of another node that is being taken too', async () => {
    // GIVEN two spot nodes, each with room for the other's pods
    const other = instance('i-0a1b2c3d4e5f60719', { market: 'spot', zone: 'us-east-1b' });
    const both = [warning, { ...warning, instance: other.id }];
    const pods = [...running(node.name, 2), ...running(nodeOf(other).name, 2), ...running(nodeOf(base).name, 8)];
    const snapshot = given({ notices: both, instances: [spot, other], pods });
    // WHEN
    const { state } = await run(snapshot, { config: spotPool({ markets: ['spot', 'on-demand'] }) });
    // THEN one node takes all four
    expect(launchOf(state)).toMatchObject({ count: 1, request: { market: 'on-demand' } });
  });

  it.each<[string, Partial<Snapshot>]>([
    ['Prometheus is unknown', { metrics: { known: false, reason: 'timeout', detail: '' } }],
    ['Prometheus is old', { at: T0, metrics: { known: false, reason: 'stale', detail: '' } }],
  ])('[94] does not wait while %s', async (_, snapshot) => {
    const { calls } = await run(given({ snapshot }), { config: spotPool() });
    expect(made(calls, 'evict')).toHaveLength(7);
    expect(made(calls, 'launch')).toHaveLength(1);
  });

  it.each<[string, Partial<Snapshot>]>([
    ['Kubernetes', { kubernetes: { known: false, reason: 'timeout', detail: '' } }],
    ['EC2', { instances: { known: false, reason: 'timeout', detail: '' } }],
  ])('[94] keeps the notice while %s is unknown', async (_, snapshot) => {
    const { calls, used, state } = await run(given({ snapshot }));
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    expect(used).toEqual([]);
    expect(state.notices).toEqual([warning]);
  });

  it('[94] asks for no room and no budget first: a budget answers for itself', async () => {
    const budget = {
      namespace: 'default',
      name: 'web',
      selector: [{ key: 'app', operator: 'In' as const, values: ['web'] }],
    };
    const snapshot = scene({
      instances: [spot],
      pods: [...running(node.name), ...running(nodeOf(base).name)],
      view: { budgets: [{ ...budget, disruptionsAllowed: 0 }] },
      snapshot: { state: { ...emptyState(), notices: [warning] } },
    });
    const blocked = times(7, () => ({ outcome: 'blocked' as const, detail: '' }));
    const { calls, state } = await run(snapshot, { evict: blocked, config: spotPool({ max: 1 }) });
    expect(made(calls, 'evict')).toHaveLength(7);
    expect(removalOf(state).phase).toBe('draining');
  });

  it('[94] asks for every pod, though one is under two budgets and can never be evicted', async () => {
    const misconfigured = { outcome: 'misconfigured' as const, detail: 'more than one PodDisruptionBudget' };
    const { calls, state } = await run(given(), { evict: [misconfigured], config: spotPool() });
    expect(made(calls, 'evict')).toHaveLength(7);
    expect(removalOf(state)).toMatchObject({ phase: 'draining' });
  });

  it('[94] is never rolled back: not by its deadline, not by a person, not by pods that would fit', async () => {
    // GIVEN its node un-cordoned by a person, its time over, and a pod that only fits there
    const operation = removal({ cause: 'interruption', reason: 'node-interrupted', deadline: T0 - 1 });
    const pods = [...running(node.name, 2), ...running(nodeOf(base).name, 8), pending()];
    const snapshot = given({ notices: [], pods, state: { operations: [operation] } });
    // WHEN
    const { calls, state } = await run(snapshot, { config: spotPool() });
    // THEN
    expect(made(calls, 'uncordon')).toEqual([]);
    expect(made(calls, 'cordon')).toHaveLength(1);
    expect(made(calls, 'evict')).toHaveLength(2);
    expect(removalOf(state)).toMatchObject({ cause: 'interruption', phase: 'draining' });
    expect(made(calls, 'launch')).toHaveLength(1);
  });

  it('[94] tries the cordon again at once when somebody wrote the Node, for there may be no other tick', async () => {
    const { calls } = await run(given(), { cordon: [{ outcome: 'conflict' }], config: spotPool() });
    expect(made(calls, 'cordon')).toHaveLength(2);
    expect(made(calls, 'evict')).toHaveLength(7);
  });

  it('[94] hurries a drain that had begun', async () => {
    const operation = removal();
    const { state } = await run(given({ state: { operations: [operation] } }), { config: spotPool() });
    expect(removalOf(state)).toMatchObject({ id: 'removal-1', cause: 'interruption', deadline: T0 + 108_000 });
  });

  it('[94] counts against a maximum until it is gone, and no longer for a minimum', async () => {
    const pods = running(nodeOf(base).name, 1);
    // GIVEN a pool at its minimum, WHEN its node is taken THEN another comes though no pod needs it
    const atMinimum = await run(given({ pods }), { config: spotPool({ min: 1 }) });
    expect(made(atMinimum.calls, 'launch')).toHaveLength(1);
    expect(atMinimum.result.decision.code).toBe('below-minimum');
    // GIVEN a pool at its maximum THEN its pods wait
    const atMaximum = await run(given(), { config: spotPool({ max: 1 }) });
    expect(made(atMaximum.calls, 'launch')).toEqual([]);
  });

  it('[94] does nothing while a person has paused', async () => {
    const { calls } = await run(given({ state: { paused: true } }), { config: spotPool() });
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
  });

  it('[94] ends as any removal: no pod left, terminated by id', async () => {
    const operation = removal({ cause: 'interruption' });
    const snapshot = given({ notices: [], pods: [], state: { operations: [operation] } });
    const { calls } = await run(snapshot, { again: cordoned(snapshot, 'removal-1') });
    expect(made(calls, 'terminate')).toEqual([`terminate ${ID}`]);
  });

  it('[95] remembers the offering, so that the replacement is of another one', async () => {
    const { calls, state } = await run(given(), { config: spotPool() });
    expect(state.offerings[OFFERING]).toMatchObject({ failures: 1, reason: 'interrupted by EC2' });
    expect(made(calls, 'launch')[0]).toMatch(/^launch t3\.medium us-east-1b /);
  });

  it('[95] teaches once, however often it is told', async () => {
    const first = await run(given({ notices: [warning, { ...warning, at: T0 - 1_000 }] }), { config: spotPool() });
    const again = await run(given({ state: { ...first.state, notices: [warning] } }), { config: spotPool() });
    for (const { state } of [first, again]) expect(state.offerings[OFFERING]).toMatchObject({ failures: 1 });
    expect(again.state.operations.filter((o) => o.kind === 'removal')).toHaveLength(1);
    expect(made(again.calls, 'launch')).toEqual([]);
  });

  it('[97] of an instance that EC2’s list lacks for now is kept: its Node is Ready, or a launch of ours has brought it', async () => {
    const whole = given();
    const listed = whole.instances.known ? whole.instances.value : [];
    const lacking = { known: true as const, at: T0, value: listed.filter(({ id }) => id !== ID) };
    const late = await run({ ...whole, instances: lacking }, { config: spotPool() });
    expect(late.used).toEqual([]);
    expect(late.result.measures).toMatchObject({ IgnoredEvents: 0 });
    // GIVEN its Node is not there either, but its launch is remembered
    const closedLaunches = [{ id: 'launch-0', instances: [ID], closedAt: T0 - MINUTE }];
    const gone = given({ nodes: [nodeOf(base)], pods: [], state: { closedLaunches } });
    const remembered = await run({ ...gone, instances: lacking }, { config: spotPool() });
    expect(remembered.used).toEqual([]);
    // THEN the next tick, which sees it, drains it
    const next = await run(whole, { config: spotPool() });
    expect(made(next.calls, 'cordon')).toHaveLength(1);
  });

  it('[97] of an instance that is none of ours is dropped by the tick that reads it, counted, and changes nothing', async () => {
    const foreign: Notice = { ...warning, instance: 'i-0f0f0f0f0f0f0f0f0' };
    const { calls, used, state, lines, result } = await run(given({ notices: [foreign] }), { config: spotPool() });
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    expect(state.operations).toEqual([]);
    expect(state.offerings).toEqual({});
    expect(used).toEqual([`interruption/${foreign.instance}/${foreign.at}`]);
    expect(result.measures?.IgnoredEvents).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ ignored: used }));
  });

  it('[97] is counted once, though the tick looks twice', async () => {
    const foreign: Notice = { ...warning, instance: 'i-0f0f0f0f0f0f0f0f0' };
    const { result } = await run(given({ notices: [foreign] }), { wakes: 1 });
    expect(result.measures?.IgnoredEvents).toBe(1);
  });

  it.each(['server', 'base'] as const)('[97] never touches the %s', async (role) => {
    const { calls, state } = await run(given({ instances: [instance(ID, { role })] }));
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    expect(state.operations).toEqual([]);
  });

  it('[98] of an instance without a Node ends its launch at once, and what was promised its room gets another', async () => {
    // GIVEN an instance on its way, bought for seven pods
    const joining = { ...spot, operation: 'launch-1', launchedAt: T0 - MINUTE };
    const pods = [...running(nodeOf(base).name), ...times(7, () => pending())];
    const snapshot = given({ instances: [joining], nodes: [nodeOf(base)], pods, state: { operations: [launch()] } });
    // WHEN
    const { calls, state, used, result } = await run(snapshot, { config: spotPool() });
    // THEN
    expect(made(calls, 'terminate')).toEqual([`terminate ${ID}`]);
    expect(made(calls, 'launch')).toHaveLength(1);
    expect(state.joinFailures).toEqual({});
    expect(used).toEqual([text]);
    expect(result.operations).toContainEqual(
      expect.objectContaining({ id: 'launch-1', phase: 'failed', failure: 'interrupted by EC2 before it joined' }),
    );
  });

  it('[98] of one that EC2 does not show yet is kept until it does', async () => {
    const snapshot = given({ instances: [], nodes: [nodeOf(base)], pods: [], state: { operations: [launch()] } });
    const { used, state } = await run(snapshot, { config: spotPool() });
    expect(used).toEqual([]);
    expect(state.notices).toEqual([warning]);
  });

  it('[98] of one that has ended meanwhile is acknowledged', async () => {
    const { calls, used, state } = await run(
      given({ instances: [{ ...spot, state: 'terminated' }], nodes: [nodeOf(base)], pods: [] }),
    );
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    expect(used).toEqual([text]);
    expect(state.offerings).toEqual({});
  });

  it('[100] that comes while a tick holds the lease is looked after by that tick before it ends, and launches once', async () => {
    // GIVEN a tick that has looked when the notice comes
    const snapshot = given({ notices: [] });
    // WHEN its release finds the mark
    const { calls, used } = await run(snapshot, { wakes: 1, woken: { notices: [warning] }, config: spotPool() });
    // THEN it looks again, under the same lease
    expect(calls.filter((call) => call === 'release')).toHaveLength(2);
    expect(calls.indexOf('release')).toBeLessThan(calls.findIndex((call) => call.startsWith('cordon')));
    expect(made(calls, 'launch')).toHaveLength(1);
    expect(made(calls, 'evict')).toHaveLength(7);
    expect(used).toEqual([text]);
  });

  it('[100] is left in the item by the one who was sent away', async () => {
    const { calls, result } = await run(given(), { heldBy: 'somebody' });
    expect(result.decision.code).toBe('lease-held');
    expect(calls).toEqual([]);
  });

  it('[100] that comes with a pause is not acted on by the second look', async () => {
    const { calls } = await run(given({ notices: [] }), { wakes: 1, woken: { notices: [warning], paused: true } });
    expect(made(calls, 'cordon')).toEqual([]);
  });
});

describe('a rebalance recommendation', () => {
  const risk: Notice = { ...warning, kind: 'rebalance' };

  it('[101] cordons only, and buys nothing', async () => {
    const { calls, state, used } = await run(given({ notices: [risk] }), { config: spotPool() });
    expect(made(calls, 'cordon')).toHaveLength(1);
    expect(made(calls, 'evict')).toEqual([]);
    expect(made(calls, 'launch')).toEqual([]);
    expect(removalOf(state)).toMatchObject({ cause: 'rebalance', reason: 'node-at-risk', phase: 'cordoned' });
    expect(state.offerings).toEqual({});
    expect(used).toHaveLength(1);
  });

  it('[101] keeps its pods and its cordon in the ticks that follow, also when pods would fit there', async () => {
    const operation = removal({ cause: 'rebalance', phase: 'cordoned', reason: 'node-at-risk' });
    const nodes = [
      nodeOf(base),
      nodeOf(spot, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-1@6' } }),
    ];
    const pods = [...running(node.name, 1), ...running(nodeOf(base).name, 8), pending()];
    const { calls } = await run(given({ notices: [], nodes, pods, state: { operations: [operation] } }));
    expect(calls.filter((call) => /^(evict|uncordon|terminate)/.test(call))).toEqual([]);
    expect(made(calls, 'launch')).toHaveLength(1);
  });

  it('[101] is taken back when nothing came of it', async () => {
    const operation = removal({ cause: 'rebalance', phase: 'cordoned', reason: 'node-at-risk', deadline: T0 - 1 });
    const nodes = [
      nodeOf(base),
      nodeOf(spot, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-1@6' } }),
    ];
    const { calls, result } = await run(given({ notices: [], nodes, state: { operations: [operation] } }));
    expect(made(calls, 'uncordon')).toEqual([`uncordon ${node.name}`]);
    expect(result.operations).toMatchObject([{ phase: 'rolled-back', failure: 'EC2 did not take it' }]);
  });

  it('[101] becomes an interruption when EC2 takes it after all', async () => {
    const operation = removal({ cause: 'rebalance', phase: 'cordoned', reason: 'node-at-risk' });
    const { state } = await run(given({ state: { operations: [operation] } }), { config: spotPool() });
    expect(removalOf(state)).toMatchObject({ id: 'removal-1', cause: 'interruption' });
    expect(state.offerings[OFFERING]).toMatchObject({ failures: 1 });
  });

  it('[101] drains and replaces where it is set so, and is rolled back at its deadline', async () => {
    const policy = { ...config.policy, rebalance: 'drain' as const };
    const snapshot = given({ notices: [risk] });
    const begun = await run(snapshot, {
      again: cordoned(snapshot, 'removal-id-2'),
      config: { ...spotPool(), policy },
    });
    expect(made(begun.calls, 'evict')).toHaveLength(7);
    expect(made(begun.calls, 'launch')).toHaveLength(1);
    const late = removal({ cause: 'rebalance', deadline: T0 - 1 });
    const nodes = [
      nodeOf(base),
      nodeOf(spot, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-1@6' } }),
    ];
    const over = await run(given({ notices: [], nodes, state: { operations: [late] } }), { config: { policy } });
    expect(made(over.calls, 'uncordon')).toEqual([`uncordon ${node.name}`]);
  });
});

describe('the end of an instance', () => {
  const ended: Notice = { ...warning, kind: 'state-change' };

  it('is cleaned up by the tick that it starts, and its pods get another node', async () => {
    // GIVEN a dead worker whose Node is still there
    const dead = { ...spot, state: 'terminated' as const };
    const nodes = [nodeOf(base), nodeOf(spot, { ready: false })];
    const pods = [...running(nodeOf(base).name), ...times(7, () => pending())];
    const { calls, used } = await run(given({ notices: [ended], instances: [dead], nodes, pods }), {
      config: spotPool(),
    });
    expect(made(calls, 'delete')).toEqual([`delete ${node.name}`]);
    expect(made(calls, 'launch')).toHaveLength(1);
    expect(used).toEqual([`state-change/${ID}/${ended.at}`]);
  });

  it('is believed of EC2 alone: a notice about an instance that lives removes nothing', async () => {
    const { calls, used } = await run(given({ notices: [ended] }), { config: spotPool() });
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    expect(used).toHaveLength(1);
  });
});
