import type { Observed, Snapshot, UnknownReason } from '../../../src/autoscaler/snapshot';
import { type ClusterState, emptyState, type RemovalOperation } from '../../../src/autoscaler/state';
import { base, config, instance, MINUTE, movedTo, nodeOf, pending, pod, removing, scene, T0, times } from '../builders';
import { type Ran, run, type Script } from '../ports';

/**
 * What the function depends on is down, slow, or paused. The numbers are those of the list of scenarios by which
 * autoscalers are compared. The same faults over the wire are played by `__tests__/scenarios`; [108] stands with the
 * client that is throttled: `adapters/ec2.test.ts`; [111] with the dry run, which is an entrance of its own.
 */

const worker = instance('i-1d1e');
const name = nodeOf(worker).name;
const unneeded = (over: Partial<ClusterState> = {}): ClusterState => ({
  ...emptyState(),
  unneededSince: { [name]: T0 - 10 * MINUTE },
  ...over,
});
/** A removal is due. */
const idle = (over: Partial<Snapshot> = {}): Snapshot =>
  scene({ instances: [worker], cpu: 0.1, snapshot: { state: unneeded(), ...over } });
/** A launch for CPU is due. */
const hot = (over: Partial<Snapshot> = {}): Snapshot => scene({ instances: [worker], cpu: 0.9, snapshot: over });
/** A launch of one node for pods is due. */
const demand = (over: Partial<Snapshot> = {}): Snapshot =>
  scene({ nodes: [], pods: times(8, () => pending()), snapshot: over });

const unknown = (reason: UnknownReason): Observed<never> => ({ known: false, reason, detail: 'HTTP 503' });
const effects = ({ calls }: Ran): string[] => calls.filter((call) => call !== 'save' && call !== 'release');
const kinds = (ran: Ran): string[] => effects(ran).map((call) => call.split(' ')[0] as string);

describe('Prometheus', () => {
  it('is what a removal and a launch for CPU need: both are due in these scenes', async () => {
    expect(kinds(await run(idle()))).toEqual(['cordon']);
    expect(kinds(await run(hot()))).toEqual(['launch']);
  });

  it.each<[string, UnknownReason]>([
    ['[102] that times out', 'timeout'],
    ['[102] that answers 5xx', 'refused'],
    ['[103] that answers with nothing', 'empty'],
    ['[103] that lacks a worker', 'incomplete'],
  ])('%s lets nothing be done for CPU; pods are served all the same', async (_, reason) => {
    const metrics = unknown(reason);
    for (const scenario of [idle({ metrics }), hot({ metrics })]) {
      const ran = await run(scenario);
      expect(effects(ran)).toEqual([]);
      expect(ran.result.decision.code).toBe('data-doubtful');
      // THEN it is counted, and ticks of that in a row raise the alarm
      expect(ran.result.measures).toMatchObject({ UnknownData: 1 });
    }
    expect(kinds(await run(demand({ metrics })))).toEqual(['launch']);
  });

  it('[103] that knows no CPU of any node is no CPU of 0', async () => {
    const none = { unschedulablePods: 0, cpu: { up: {}, down: {} } };
    const ran = await run(idle({ metrics: { known: true, at: T0, value: none } }));
    expect([effects(ran), ran.result.decision.code]).toEqual([[], 'data-doubtful']);
  });

  it.each([
    [90_000, ['cordon']],
    [90_001, []],
  ])('[104] whose data is %s ms old is believed up to its age, and not beyond', async (age, expected) => {
    const { metrics } = idle();
    expect(kinds(await run(idle({ metrics: { ...metrics, at: T0 - age } as Snapshot['metrics'] })))).toEqual(expected);
  });
});

describe('DynamoDB', () => {
  const down = async () => Promise.reject(new Error('ProvisionedThroughputExceededException'));

  it.each<[string, Snapshot]>([
    ['a launch', demand()],
    ['a removal', idle()],
  ])('[106] that gives no lease lets %s not begin', async (_, scenario) => {
    const calls: string[] = [];
    await expect(run(scenario, { calls, store: { acquire: down } })).rejects.toThrow('Throughput');
    expect(calls).toEqual([]);
  });

  it.each<[string, Snapshot]>([
    ['a launch', demand()],
    ['a removal', idle()],
  ])('[106] that does not take the plan lets %s not begin', async (_, scenario) => {
    const calls: string[] = [];
    await expect(run(scenario, { calls, store: { save: down } })).rejects.toThrow('Throughput');
    expect(calls).toEqual(['release']);
  });
});

describe('Kubernetes', () => {
  it('[107] that is down stops every removal, one that is under way too', async () => {
    const kubernetes = unknown('unreachable');
    const draining = removing({ deadline: T0 - 1, node: nodeOf(worker), instance: worker.id });
    for (const operations of [[], [draining], [{ ...draining, phase: 'terminating' as const }]]) {
      const ran = await run(idle({ kubernetes, state: unneeded({ operations }) }));
      expect(effects(ran)).toEqual([]);
      expect(ran.state.operations.map(({ phase }) => phase)).toEqual(operations.map(({ phase }) => phase));
    }
  });
});

describe('time', () => {
  const draining = (phase: RemovalOperation['phase'], over: Partial<RemovalOperation> = {}) =>
    removing({ phase, node: nodeOf(worker), instance: worker.id, ...over });
  const marked = nodeOf(worker, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-1@7' } });
  const midway = (operations: RemovalOperation[], instances = [worker]): Snapshot =>
    scene({
      instances,
      nodes: [nodeOf(base), marked],
      pods: [pod({ nodeName: name })],
      cpu: 0.1,
      snapshot: { state: { ...emptyState(), operations } },
    });

  it.each<[string, Snapshot]>([
    ['launch', demand()],
    ['cordon', idle()],
    ['evict', midway([draining('draining')])],
    ['uncordon', midway([draining('draining', { deadline: T0 - 1 })])],
    ['uncordon', midway([])],
    ['terminate', midway([draining('terminating', { deadline: T0 - 1 })])],
    ['delete', { ...midway([draining('terminating')], [{ ...worker, state: 'terminated' }]) }],
  ])(
    '[109] that is nearly out lets no %s begin; the tick ends well and gives the lease back',
    async (step, scenario) => {
      const settings: Script = { config: { limits: { maxNodes: 10 } } };
      expect(kinds(await run(scenario, settings))).toEqual([step]);
      const short = await run(scenario, { ...settings, remaining: () => 14_999 });
      expect(effects(short)).toEqual([]);
      expect(short.calls.at(-1)).toBe('release');
      // THEN what was planned is not lost
      const next = await run({ ...scenario, state: short.state });
      expect(kinds(next)).toEqual([step]);
    },
  );
});

describe('time that runs out between two offerings', () => {
  it('[109] leaves the next one to the next tick, under the attempt that was stored', async () => {
    const no = { outcome: 'refused' as const, code: 'InsufficientInstanceCapacity', detail: '' };
    let asked = false;
    const calls: string[] = [];
    const short = await run(demand(), {
      calls,
      launch: [no],
      remaining: () => {
        asked ||= calls.some((call) => call.startsWith('launch'));
        return asked ? 14_999 : 60_000;
      },
    });
    expect(kinds(short)).toEqual(['launch']);
    const next = await run(movedTo(T0 + MINUTE, { ...demand(), state: short.state }));
    expect(effects(next).map((call) => call.split(' ')[2])).toEqual(['us-east-1b']);
  });
});

describe('a pause', () => {
  it('[110] stops what is under way where it stands: nothing is evicted, terminated or deleted', async () => {
    const ending = removing({ phase: 'terminating', node: nodeOf(worker), instance: worker.id });
    const at = async (paused: boolean) =>
      kinds(await run(idle({ state: { ...emptyState(), paused, operations: [ending] } })));
    expect(await at(false)).toEqual(['terminate']);
    expect(await at(true)).toEqual([]);
  });

  it('[110] stops everything, at a thousand pending pods too', async () => {
    const paused = { ...emptyState(), paused: true };
    const pods = times(1000, () => pending());
    const ran = await run(scene({ pods, snapshot: { state: paused } }));
    expect(effects(ran)).toEqual([]);
    expect(ran.result.decision.code).toBe('paused');
    expect(ran.result.plan?.facts.pendingPods).toBe(1000);
    expect(effects(await run(idle({ state: { ...unneeded(), paused: true } })))).toEqual([]);
  });
});

describe('a cool-down', () => {
  const refused = { outcome: 'refused' as const, code: 'InsufficientInstanceCapacity', detail: '' };

  it('[112] is not begun by a launch that failed, or that nobody answered', async () => {
    const never = { up: 0, down: 0 };
    const failed = await run(hot(), { launch: [refused, refused] });
    expect(kinds(failed)).toEqual(['launch', 'launch']);
    expect([failed.state.cooldownUntil, failed.state.lastScaleTime]).toEqual([never, 0]);
    const silent = await run(hot(), { launch: [{ outcome: 'unknown', detail: 'timeout' }] });
    expect([silent.state.cooldownUntil, silent.state.lastScaleTime]).toEqual([never, 0]);
  });

  it('[112] is not begun by a removal that was rolled back', async () => {
    const bare = pod({ nodeName: name, owner: undefined } as unknown as Parameters<typeof pod>[0]);
    const marked = nodeOf(worker, {
      unschedulable: true,
      annotations: { 'k3s-autoscaler/operation': 'removal-id-2@7' },
    });
    const again = scene({ instances: [worker], nodes: [nodeOf(base), marked], pods: [bare] }).kubernetes;
    const ran = await run(idle(), { again });
    expect(kinds(ran)).toEqual(['cordon', 'uncordon']);
    expect(ran.state.cooldownUntil).toEqual({ up: 0, down: 0 });
  });

  it('[112] holds back neither a minimum nor pending pods', async () => {
    const state = { ...emptyState(), cooldownUntil: { up: T0 + MINUTE, down: T0 + MINUTE } };
    const pools = config.pools.map((pool) => ({ ...pool, min: 1 }));
    expect(kinds(await run(scene({ snapshot: { state } }), { config: { pools } }))).toEqual(['launch']);
    expect(kinds(await run(demand({ state })))).toEqual(['launch']);
    // THEN it does hold back what CPU asks for
    expect(kinds(await run(hot({ state })))).toEqual([]);
    expect(kinds(await run(movedTo(T0 + MINUTE, hot({ state }))))).toEqual(['launch']);
  });
});
