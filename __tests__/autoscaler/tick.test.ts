import type { Instance, Node, Snapshot } from '../../src/autoscaler/snapshot';
import { type ClusterState, emptyState, type LaunchOperation, type RemovalOperation } from '../../src/autoscaler/state';
import {
  base,
  config,
  instance,
  MINUTE,
  nodeOf,
  pending,
  pod,
  removing,
  type Scene,
  scene,
  T0,
  times,
} from './builders';
import { run } from './ports';

/** Eight pods need one node; more of them need several, which is one launch where there is one zone. */
const demand = (pods = 8) => scene({ nodes: [], pods: times(pods, () => pending()) });
const inOneZone = { config: { zones: ['us-east-1a'] } };
const launchOf = (state: ClusterState | undefined) =>
  state?.operations.find((o) => o.kind === 'launch') as LaunchOperation;
const removalOf = (state: ClusterState | undefined) =>
  state?.operations.find((o) => o.kind === 'removal') as RemovalOperation;
const token = (call: string | undefined) => call?.split(' ')[3];

describe('a launch', () => {
  it('stores the frozen request and its attempt before EC2 is asked', async () => {
    const { calls, saved } = await run(demand(9), inOneZone);
    expect(calls[0]).toBe('save');
    expect(calls[1]).toMatch(/^launch t3\.medium us-east-1a [0-9a-f]{64}$/);
    expect(launchOf(saved[0])).toMatchObject({
      phase: 'requested',
      attempt: 1,
      request: { count: 2, templateVersion: '3' },
    });
    expect(launchOf(saved[1])).toMatchObject({ phase: 'launched', instances: ['i-0', 'i-1'] });
  });

  it('goes to the next offering only after a definite refusal, under another token, stored first', async () => {
    const refused = { outcome: 'refused' as const, code: 'InsufficientInstanceCapacity', detail: 'none' };
    const { calls, saved } = await run(demand(), { launch: [refused] });
    const asked = calls.filter((call) => call.startsWith('launch'));
    expect(asked.map((call) => call.split(' ')[2])).toEqual(['us-east-1a', 'us-east-1b']);
    expect(token(asked[0])).not.toBe(token(asked[1]));
    expect(calls.slice(0, 4)).toEqual(['save', asked[0], 'save', asked[1]]);
    expect(Object.keys(saved[1]?.offerings ?? {})).toEqual(['burst/on-demand/t3.medium/us-east-1a']);
  });

  it('ends when every offering refused, and remembers them with a growing pause', async () => {
    const refused = { outcome: 'refused' as const, code: 'InsufficientInstanceCapacity', detail: 'none' };
    const { state, result } = await run(demand(), { launch: [refused, refused] });
    expect(state.operations).toEqual([]);
    expect(result.operations).toMatchObject([{ phase: 'failed' }]);
    expect(Object.values(state.offerings).map((o) => o.until)).toEqual([T0 + 3 * MINUTE, T0 + 3 * MINUTE]);
  });

  it('is not started when too little time is left, and is continued by the next tick', async () => {
    const { calls, state } = await run(demand(), { remaining: () => 5000 });
    expect(calls.some((call) => call.startsWith('launch'))).toBe(false);
    expect(launchOf(state).phase).toBe('requested');
  });

  it('terminates by id what has not joined by the deadline, and counts the failure', async () => {
    // GIVEN an operation of two instances, one Ready and one registered but not Ready, past its deadline
    const [good, late] = [instance('i-a', { operation: 'launch-1' }), instance('i-b', { operation: 'launch-1' })];
    const operation: LaunchOperation = {
      ...launchOf((await run(demand(9), inOneZone)).saved[1]),
      id: 'launch-1',
      instances: ['i-a', 'i-b'],
      deadline: T0 - 1,
    };
    const snapshot = scene({
      instances: [good, late],
      nodes: [nodeOf(base), nodeOf(good), nodeOf(late, { ready: false })],
      snapshot: { state: { ...emptyState(), operations: [operation] } },
    });
    // WHEN
    const { calls, state } = await run(snapshot);
    // THEN
    expect(calls.filter((call) => call.startsWith('terminate'))).toEqual(['terminate i-b']);
    expect(state.joinFailures).toEqual({ burst: 1 });
    expect(removalOf(state)).toMatchObject({ phase: 'terminating', instance: 'i-b', reason: 'node-never-joined' });
  });
});

describe('a stored launch', () => {
  const stored = async (over: Partial<LaunchOperation> = {}) => ({
    ...launchOf((await run(demand(9), inOneZone)).saved[0]),
    createdAt: T0 - 2 * MINUTE,
    ...over,
  });
  const found = async (over: Parameters<typeof scene>[0], operation?: Partial<LaunchOperation>, paused = false) =>
    run(
      scene({
        ...over,
        snapshot: { ...over?.snapshot, state: { ...emptyState(), paused, operations: [await stored(operation)] } },
      }),
    );

  it('is not sent while Kubernetes is unknown, nor while a person paused it', async () => {
    const kubernetes = { known: false, reason: 'timeout', detail: '' } as const;
    const pods = times(9, () => pending());
    for (const { calls } of [await found({ pods, snapshot: { kubernetes } }), await found({ pods }, {}, true)]) {
      expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    }
  });

  it('ends when its pods are gone and EC2 shows nothing of it', async () => {
    const { calls, result } = await found({});
    expect(calls.some((call) => call.startsWith('launch'))).toBe(false);
    expect(result.operations).toMatchObject([{ phase: 'failed', failure: 'nothing needs it any more' }]);
  });

  it('has what is beyond its count terminated, though it has joined', async () => {
    // GIVEN a launch of two that has its two, and a third under the same operation: a frozen invocation woke
    const { id } = await stored();
    const instances = ['i-a', 'i-b', 'i-c'].map((i) => instance(i, { operation: id }));
    const { calls } = await found({ instances }, { phase: 'launched', instances: ['i-a', 'i-b'] });
    expect(calls.filter((call) => call.startsWith('terminate'))).toEqual(['terminate i-c']);
  });
});

describe('a look that took longer than data may be old', () => {
  const { dataMaxAgeMs } = config.policy;

  it('is acted on no more, because the world went on meanwhile', async () => {
    const { calls, result } = await run(demand(), { lookMs: dataMaxAgeMs + 1 });
    expect(calls.some((call) => call.startsWith('launch'))).toBe(false);
    expect(result.decision).toMatchObject({
      code: 'data-doubtful',
      text: expect.stringContaining('the look took 90 s'),
    });
    // THEN one that took just as long is, by a function that may run for so long
    const patient = { functionTimeoutMs: 2 * dataMaxAgeMs };
    const { calls: others } = await run(demand(), { lookMs: dataMaxAgeMs, config: patient });
    expect(others.some((call) => call.startsWith('launch'))).toBe(true);
  });
});

describe('what is not ours', () => {
  it('is never deleted: a silent Node of another name whose instance EC2 does not list', async () => {
    const theirs = nodeOf(instance('i-0abc'), { name: 'their-node', ready: false, labels: {} });
    const { calls } = await run(scene({ nodes: [nodeOf(base), theirs] }));
    expect(calls.some((call) => call.startsWith('delete') || call.startsWith('terminate'))).toBe(false);
  });

  it('is told from a forgotten cordon of ours, which is taken back', async () => {
    const [ours, persons] = ['i-a', 'i-b'].map((id) => instance(id)) as [
      ReturnType<typeof instance>,
      ReturnType<typeof instance>,
    ];
    const marked = nodeOf(ours, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-gone@3' } });
    const nodes = [nodeOf(base), marked, nodeOf(persons, { unschedulable: true })];
    const { calls } = await run(scene({ instances: [ours, persons], nodes }));
    expect(calls.filter((call) => call.startsWith('uncordon'))).toEqual([`uncordon ${marked.name}`]);
  });
});

describe('a removal', () => {
  const worker = instance('i-01d');
  const name = nodeOf(worker).name;
  const ours = nodeOf(worker, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-id-2@7' } });
  const quiet = (pods = [] as ReturnType<typeof pod>[], over = {}) =>
    scene({
      instances: [worker],
      pods,
      cpu: 0.1,
      snapshot: { state: { ...emptyState(), unneededSince: { [name]: T0 - 10 * MINUTE } }, ...over },
    });
  const later = (pods = [] as ReturnType<typeof pod>[], node = ours) =>
    scene({ instances: [worker], nodes: [nodeOf(base), node], pods }).kubernetes;
  const draining = (over: Partial<RemovalOperation> = {}) =>
    removing({
      id: 'removal-id-2',
      createdAt: T0 - 2 * MINUTE,
      deadline: T0 + 8 * MINUTE,
      node: ours,
      instance: worker.id,
      evictedOwners: ['rs-web'],
      ...over,
    });
  const midway = (operation: RemovalOperation, pods: ReturnType<typeof pod>[] = [], over: Partial<Snapshot> = {}) =>
    scene({
      instances: [worker],
      nodes: [nodeOf(base), ours],
      pods,
      cpu: 0.1,
      snapshot: { state: { ...emptyState(), operations: [operation] }, ...over },
    });

  it('of an empty node cordons, looks again, writes that there is no way back, and terminates', async () => {
    const { calls, saved } = await run(quiet(), { again: later() });
    const steps = calls.filter((call) => call !== 'save' && call !== 'release');
    expect(steps).toEqual([`cordon ${name} removal-id-2@7`, `terminate ${worker.id}`]);
    const written = calls.slice(0, calls.indexOf(`terminate ${worker.id}`)).filter((call) => call === 'save').length;
    expect(removalOf(saved[written - 1])).toMatchObject({ phase: 'terminating' });
  });

  it('evicts the pods and terminates nothing while one is there', async () => {
    const mine = pod({ nodeName: name, name: 'web-x' });
    const { calls, state } = await run(quiet([mine]), { again: later([mine]) });
    expect(calls).toContain('evict web-x');
    expect(calls.some((call) => call.startsWith('terminate'))).toBe(false);
    expect(removalOf(state)).toMatchObject({ phase: 'draining', evictedOwners: ['rs-web'] });
  });

  it('is taken back when a pod that must not move arrived before the first eviction', async () => {
    const bare = pod({ nodeName: name, owner: undefined } as unknown as Parameters<typeof pod>[0]);
    const { calls, result } = await run(quiet(), { again: later([bare]) });
    expect(calls).toContain(`uncordon ${name}`);
    expect(calls.some((call) => call.startsWith('terminate') || call.startsWith('evict'))).toBe(false);
    expect(result.operations).toMatchObject([{ phase: 'rolled-back' }]);
  });

  it('leaves a node alone that somebody else un-cordoned', async () => {
    const { calls, result } = await run(midway(draining()), { again: later([], nodeOf(worker)) });
    expect(calls.some((call) => call.startsWith('terminate'))).toBe(false);
    expect(result.operations).toMatchObject([{ phase: 'rolled-back' }]);
  });

  it('stands still while Prometheus is unknown', async () => {
    const metrics = { known: false, reason: 'timeout', detail: '' } as const;
    const { calls, state } = await run(midway(draining(), [pod({ nodeName: name })], { metrics }));
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    expect(removalOf(state).phase).toBe('draining');
  });

  it('tries a cordon again that lost a race', async () => {
    const { calls, state } = await run(quiet(), { cordon: [{ outcome: 'conflict' }] });
    expect(calls.some((call) => call.startsWith('terminate'))).toBe(false);
    expect(removalOf(state).phase).toBe('chosen');
  });

  it.each<[string, RemovalOperation[], Partial<Scene>]>([
    ['cordons no node', [draining({ phase: 'chosen' })], { nodes: [nodeOf(base), nodeOf(worker)] }],
    ['evicts no pod', [draining()], { nodes: [nodeOf(base), ours], pods: [pod({ nodeName: name })] }],
    [
      'takes no node back',
      [draining({ deadline: T0 - 1 })],
      { nodes: [nodeOf(base), ours], pods: [pod({ nodeName: name })] },
    ],
    ['sweeps no cordon', [], { nodes: [nodeOf(base), ours] }],
  ])('of a sandbox that stood still and woke under a lease that is another’s %s', async (_, operations, over) => {
    // GIVEN its look changes nothing in the state, so that no write has told it so
    const state = { ...emptyState(), nodeCount: 2, operations };
    const late = scene({ instances: [worker], cpu: 0.5, ...over, snapshot: { state } });
    const others = (calls: string[]) => calls.filter((call) => call !== 'save' && call !== 'release');
    expect(others((await run(late)).calls)).not.toEqual([]);
    // WHEN its next write is refused
    const { calls, result } = await run(late, { loseAt: 1 });
    // THEN it has touched nothing
    expect(others(calls)).toEqual([]);
    expect(result.decision.code).toBe('lease-lost');
  });

  it('goes no step further when its sandbox stood still between two steps and the lease is another’s', async () => {
    // GIVEN two pods to evict, and three minutes pass with the first of them
    const pods = [pod({ nodeName: name, name: 'a' }), pod({ nodeName: name, name: 'b' })];
    const calls: string[] = [];
    const now = () => T0 + (calls.some((call) => call.startsWith('evict')) ? 180_000 : 0);
    const evicting = midway(draining({ evictedOwners: [] }), pods);
    const free = await run(evicting, { calls: [] });
    expect(free.calls.filter((call) => call.startsWith('evict'))).toHaveLength(2);
    // WHEN every write from then on is refused
    const saved: ClusterState[] = [];
    const save = async (_: number, state: ClusterState) => {
      if (now() > T0 + 60_000) return 'lost' as const;
      saved.push(state);
      return 'saved' as const;
    };
    const { result } = await run(evicting, { calls, clock: { now, remaining: () => 60_000 }, store: { save } });
    // THEN
    expect(calls.filter((call) => call.startsWith('evict'))).toHaveLength(1);
    expect(saved.length).toBeGreaterThan(0);
    expect(result.decision.code).toBe('lease-lost');
  });

  it('looks at Kubernetes for a quarter of the time that is left, and again only where time is left for a step', async () => {
    const evicting = midway(draining({ evictedOwners: [] }), [pod({ nodeName: name })]);
    const looksWith = async (...left: number[]) => {
      const { looks } = await run(evicting, { remaining: () => (left.length > 1 ? left.shift() : left[0]) as number });
      return looks;
    };
    expect(await looksWith(60_000)).toEqual([15_000, 15_000]);
    expect(await looksWith(60_000, 20_000)).toEqual([15_000, 5_000]);
    expect(await looksWith(60_000, 14_999)).toEqual([15_000]);
  });

  it('ends where a person cordoned the node first, and leaves the cordon theirs', async () => {
    const chosen = scene({
      instances: [worker],
      nodes: [nodeOf(base), nodeOf(worker, { unschedulable: true })],
      cpu: 0.1,
      snapshot: { state: { ...emptyState(), operations: [draining({ phase: 'chosen' })] } },
    });
    const { calls, result } = await run(chosen);
    expect(calls.filter((call) => call !== 'save' && call !== 'release')).toEqual([]);
    expect(result.operations).toMatchObject([{ phase: 'rolled-back', failure: 'a person cordoned the node' }]);
  });

  it('deletes the Node only when EC2 says that the instance is gone', async () => {
    const terminating = draining({ phase: 'terminating' });
    const at = (state: 'shutting-down' | 'terminated') =>
      scene({
        instances: [{ ...worker, state }],
        nodes: [nodeOf(base), { ...ours, ready: false }],
        snapshot: { state: { ...emptyState(), operations: [terminating] } },
      });
    expect((await run(at('shutting-down'))).calls).not.toContain(`delete ${name}`);
    const { calls, result } = await run(at('terminated'));
    expect(calls).toContain(`delete ${name}`);
    expect(result.operations).toMatchObject([{ phase: 'gone' }]);
  });

  const unlisted = (over: Partial<Node>, operations: RemovalOperation[] = []) =>
    scene({
      nodes: [nodeOf(base), { ...ours, ...over }],
      pods: [pod({ nodeName: name })],
      snapshot: { state: { ...emptyState(), operations } },
    });
  const found = (...value: Instance[]) => ({ find: { known: true as const, at: T0, value } });

  it('asks by its id for an instance that the list lacks, and keeps the Node of one that is somebody else’s by now', async () => {
    const operations = [draining({ phase: 'terminating' })];
    const theirs = await run(unlisted({ ready: false }, operations), found({ ...worker, role: 'foreign' }));
    expect(theirs.calls.filter((call) => /^(delete|terminate)/.test(call))).toEqual([]);
    expect(theirs.result.operations).toMatchObject([{ phase: 'rolled-back' }]);
    const gone = await run(unlisted({ ready: false }, operations));
    expect(gone.calls).toContain(`delete ${name}`);
    expect(gone.result.operations).toMatchObject([{ phase: 'gone' }]);
  });

  it('terminates no worker whose kubelet is silent while EC2’s list lacks it: asked by its id, it lives', async () => {
    // GIVEN a worker of an hour
    const snapshot = unlisted({ ready: false });
    // WHEN
    const { calls, result } = await run(snapshot, found(worker));
    // THEN
    expect(calls.filter((call) => /^(delete|terminate|evict|cordon)/.test(call))).toEqual([]);
    expect(result.operations).toEqual([]);
  });

  it('ends the clean-up of a lost node, and nothing else, when EC2 shows its instance again', async () => {
    const operation = draining({ reason: 'node-lost', phase: 'terminating' });
    const { calls, result } = await run(unlisted({ ready: false }, [operation]), found(worker));
    expect(calls.filter((call) => /^(delete|terminate|evict)/.test(call))).toEqual([]);
    expect(result.operations).toMatchObject([{ phase: 'rolled-back', failure: 'EC2 shows its instance again' }]);
  });

  it('deletes no Node because of a list that shows no instance at all', async () => {
    const snapshot = unlisted({ ready: false }, [draining({ phase: 'terminating' })]);
    const { calls, result } = await run({ ...snapshot, instances: { known: true, at: T0, value: [] } });
    expect(calls.filter((call) => /^(find|delete|terminate|launch)/.test(call))).toEqual([]);
    expect(result.decision.code).toBe('data-doubtful');
  });

  it('knows nothing of EC2 when it does not answer what became of an instance', async () => {
    const silent = { known: false, reason: 'timeout', detail: 'no answer in 5 s' } as const;
    const { calls, result } = await run(unlisted({ ready: false }), { find: silent });
    expect(result.decision.code).toBe('data-doubtful');
    expect(calls.filter((call) => /^(delete|terminate|launch)/.test(call))).toEqual([]);
  });

  it('goes on for the others when a person took one of our instances over: it is no gap in the list', async () => {
    // GIVEN a Ready node whose instance bears no tag of ours any more, and pods that need a node
    const full = [...times(8, () => pod({ nodeName: base.id })), ...times(8, () => pod({ nodeName: name }))];
    const snapshot = scene({ nodes: [nodeOf(base), ours], pods: [...full, ...times(9, () => pending())] });
    // WHEN
    const { calls, result } = await run(snapshot, found({ ...worker, role: 'foreign' }));
    // THEN
    expect(calls.some((call) => call.startsWith('launch'))).toBe(true);
    expect(result.plan?.nodes[name]?.code).toBe('node-foreign');
  });
});

describe('a sandbox that stood still', () => {
  it.each([
    [60_000, 1],
    [60_001, 0],
  ])(
    'for so long that it has run for %i ms launches %i times: its lease can be another’s',
    async (lookMs, launches) => {
      const { calls, result } = await run(demand(), { lookMs });
      expect(calls.filter((call) => call.startsWith('launch'))).toHaveLength(launches);
      expect(result.decision.code).toBe(launches > 0 ? 'pending-pods' : 'lease-lost');
    },
  );
});

describe('a retired cluster', () => {
  const retired = { ...emptyState(), retiredAt: T0 - MINUTE };

  it('is only recorded: nothing is looked at and nothing is done', async () => {
    const { calls, result, lines } = await run({ ...demand(), state: retired });
    expect(calls).toEqual(['release']);
    expect(result).toMatchObject({ decision: { code: 'retired' }, plan: null });
    expect(lines).toEqual([expect.objectContaining({ decision: 'retired' }), { history: 'retired' }]);
  });

  it('is left alone by a tick that was woken meanwhile', async () => {
    const { calls, lines } = await run({ ...demand(), state: retired }, { wakes: 1 });
    expect(calls).toEqual(['release', 'release']);
    expect(lines.filter((line) => line.history === 'retired')).toHaveLength(1);
  });

  it('launches nothing when the mark comes before the launch is asked for', async () => {
    const { calls, result, state } = await run(demand(), { retireAt: 1 });
    expect(calls).toEqual(['save', 'save', 'release']);
    expect(result.decision.code).toBe('retired');
    // THEN what was planned is taken back: nobody need wait for instances that nobody asked for
    expect(state.operations).toEqual([]);
  });

  it('has what was launched written, though the mark came while EC2 was asked', async () => {
    const { calls, state } = await run(demand(9), { ...inOneZone, retireAt: 2 });
    expect(calls.filter((call) => call.startsWith('launch'))).toHaveLength(1);
    expect(calls.at(-1)).toBe('release');
    expect(launchOf(state)).toMatchObject({ phase: 'launched', instances: ['i-0', 'i-1'] });
  });

  it('asks EC2 for no further offering', async () => {
    const refused = { outcome: 'refused' as const, code: 'InsufficientInstanceCapacity', detail: 'none' };
    const { calls, state } = await run(demand(9), { launch: [refused], retireAt: 2 });
    expect(calls.filter((call) => call.startsWith('launch'))).toHaveLength(1);
    // THEN what was never asked for does not look like a launch whose answer was lost
    expect(state.operations.map(({ phase }) => phase)).toEqual(['failed', 'failed']);
  });

  it('has a stored launch not sent again, though the tick had nothing else to write', async () => {
    // GIVEN a launch without an answer, in a state that the next tick leaves as it is
    const first = await run(demand(), { launch: [{ outcome: 'unknown', detail: 'socket hang up' }] });
    const second = { ...demand(), state: first.state, at: T0 + MINUTE } as Snapshot;
    const sent = (await run(second)).calls;
    expect(sent.filter((call) => call !== 'release')[0]).toBe('save');
    // WHEN the mark is there at its first write
    const { calls } = await run(second, { retireAt: 1 });
    // THEN
    expect(calls).toEqual(['save', 'release']);
  });

  it('is not looked at once more for the one who retired it', async () => {
    const { calls, lines } = await run(scene(), { wakes: 1, wakerRetires: true });
    expect(calls.filter((call) => call === 'release')).toHaveLength(2);
    expect(lines.filter((line) => 'history' in line)).toEqual([{ history: 'steady' }]);
  });
});

describe('the lease', () => {
  it('stops a tick before its next step when another invocation has taken over', async () => {
    const { calls, result } = await run(demand(), { loseAt: 1 });
    expect(result.decision.code).toBe('lease-lost');
    expect(calls).toEqual([]);
  });

  it('is kept for one more look when somebody came meanwhile', async () => {
    const { calls } = await run(scene(), { wakes: 1 });
    expect(calls.filter((call) => call === 'release')).toHaveLength(2);
  });

  it('is given back when no time is left for another look', async () => {
    const { calls } = await run(scene(), { wakes: 2, remaining: () => config.functionTimeoutMs / 3 });
    expect(calls.filter((call) => call === 'release')).toHaveLength(3);
  });

  it('is given back when the tick fails, and the failure is not hidden', async () => {
    const calls: string[] = [];
    const failing = run(demand(), { calls, failLaunch: new Error('boom') });
    // THEN
    await expect(failing).rejects.toThrow('boom');
    expect(calls.at(-1)).toBe('release');
  });

  it('writes nothing when nothing changed', async () => {
    // GIVEN a cluster whose memory is already as this tick would leave it
    const state = { ...emptyState(), nodeCount: 1 };
    expect((await run(scene({ snapshot: { state } }))).calls).toEqual(['release']);
  });
});
