import { foreignPlan } from '../../../src/autoscaler/live/foreign-plan';
import type { LaunchIntent, Plan, RemovalIntent } from '../../../src/autoscaler/plan';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Instance, Node, Snapshot } from '../../../src/autoscaler/snapshot';
import { type ClusterState, emptyState } from '../../../src/autoscaler/state';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { config, instance, launching, MINUTE, nodeOf, pending, pod, removing, scene, T0, times } from '../builders';

/** Gate by gate: what is refused, beside the same plan where nothing forbids it. */

const old = (id: string, over: Partial<Instance> = {}) => instance(id, { launchedAt: T0 - 120 * MINUTE, ...over });
const workers = [old('i-a'), old('i-b')];
const NAMES = workers.map(({ id }) => `worker-${id}`);
const withState = (state: Partial<ClusterState>): Partial<Snapshot> => ({ state: { ...emptyState(), ...state } });

/** Two workers that nobody needs, but not for long enough yet: the function itself would keep both. */
const idle = (state: Partial<ClusterState> = {}, change: Partial<Node> = {}): Snapshot =>
  scene({
    instances: workers,
    nodes: [nodeOf(instance('i-ba5e', { role: 'base' })), ...workers.map((of) => nodeOf(of, change))],
    cpu: 0.05,
    snapshot: withState(state),
  });
const crowded = (state: Partial<ClusterState> = {}): Snapshot =>
  scene({
    instances: workers,
    pods: times(30, (i) => pending({ name: `w-${i}`, requests: { cpuMilli: 900, memoryBytes: 1, pods: 1 } })),
    snapshot: withState(state),
  });

const calm = idle();
const twoWait = scene({ instances: workers, pods: times(2, (i) => pending({ name: `w-${i}` })) });

const remove = (over: Partial<RemovalIntent> = {}): RemovalIntent => ({
  kind: 'remove',
  node: NAMES[0] as string,
  instance: 'i-a',
  pool: 'burst',
  reason: 'cpu-low',
  ...over,
});
const launch = (over: Partial<LaunchIntent> = {}): LaunchIntent => ({
  kind: 'launch',
  pool: 'burst',
  count: 1,
  reason: 'pending-pods',
  pods: ['uid-w-0', 'uid-w-1', 'uid-w-2'],
  ...over,
});

function checked(
  change: Partial<Plan> | ((own: Plan) => Partial<Plan>),
  snapshot: Snapshot,
  settings: RuntimeConfig = config,
) {
  const own = plan(snapshot, settings);
  const changed = { ...own, ...(typeof change === 'function' ? change(own) : change) };
  return foreignPlan(JSON.stringify(changed), own, snapshot, settings);
}

const taken = { plan: expect.anything() };
const refused = (why: RegExp) => ({ refusal: expect.stringMatching(why) });
const withPolicy = (over: Partial<RuntimeConfig['policy']>): RuntimeConfig => ({
  ...config,
  policy: { ...config.policy, ...over },
});
const withPool = (over: Partial<RuntimeConfig['pools'][number]>): RuntimeConfig => ({
  ...config,
  pools: config.pools.map((pool) => ({ ...pool, ...over })),
});

describe('a removal that the function itself would not make yet', () => {
  it('is taken where nothing forbids it, and counted by the function', () => {
    const answer = checked({ intents: [remove()] }, idle());
    expect(answer).toMatchObject({ plan: { intents: [remove()], memory: { removalsBegun: [T0] } } });
  });

  it.each<[string, Partial<Plan>, Snapshot, RegExp, RuntimeConfig?]>([
    ['of a node that is not there', { intents: [remove({ node: 'worker-i-z' })] }, idle(), /has no such node/],
    [
      'of a base worker',
      { intents: [remove({ node: 'worker-i-ba5e', instance: 'i-ba5e', pool: '' })] },
      idle(),
      /base worker is never removed/,
    ],
    ["under another node's instance", { intents: [remove({ instance: 'i-b' })] }, idle(), /not of that instance/],
    ['under another pool', { intents: [remove({ pool: 'other' })] }, idle(), /not of that instance and pool/],
    ['for no reason', { intents: [remove({ reason: 'steady' })] }, idle(), /steady is no reason to remove/],
    ['twice', { intents: [remove(), remove()] }, idle(), /named twice/, withPolicy({ removalsAtOnce: 2 })],
    [
      'of more than go at once',
      { intents: [remove(), remove({ node: NAMES[1] as string, instance: 'i-b' })] },
      idle(),
      /As many removals as allowed/,
    ],
    [
      'beyond the budget of an hour',
      { intents: [remove()] },
      idle({ removalsBegun: [T0 - MINUTE] }),
      /As many removals as an hour/,
      withPolicy({ removalsPerHour: 1 }),
    ],
    ['below the minimum', { intents: [remove()] }, idle(), /at its minimum/, withPool({ min: 2 })],
    [
      'while the cool-down runs',
      { intents: [remove()] },
      idle({ cooldownUntil: { up: 0, down: T0 + 1 } }),
      /the cool-down runs/,
    ],
    [
      'of a node whose removal failed lately',
      { intents: [remove()] },
      idle({ removalFailures: { [NAMES[0] as string]: { failures: 1, until: T0 + 1, reason: 'x' } } }),
      /its removal failed/,
    ],
    ['of a node that a person cordoned', { intents: [remove()] }, idle({}, { unschedulable: true }), /person cordoned/],
    [
      'of a node that a person annotated',
      { intents: [remove()] },
      idle({}, { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } }),
      /never removed\. Annotation/,
    ],
    ['of a node that has not joined', { intents: [remove()] }, idle({}, { ready: false }), /not Ready yet/],
    ['in the tick in which others come', { intents: [remove(), launch()] }, crowded(), /none goes in the tick/],
    ['while the function would buy', { intents: [remove()] }, crowded(), /would add nodes now/],
  ])('%s is refused', (_, change, snapshot, why, settings = config) => {
    expect(checked(change, snapshot, settings)).toEqual(refused(why));
  });

  const full = withPool({ max: 2 });
  const settling = scene({
    instances: workers,
    cpu: 0.05,
    pods: [pending({ name: 'w-0', createdAt: T0 - 5_000, unschedulableSince: T0 - 5_000 })],
  });
  const onItsWay = scene({
    instances: workers,
    pods: times(2, (i) => pending({ name: `w-${i}`, requests: { cpuMilli: 1900, memoryBytes: 1, pods: 1 } })),
    cpu: 0.05,
    snapshot: withState({
      operations: times(2, (i) => launching({ id: `l-${i}`, count: 1, instances: [], phase: 'launched' })),
    }),
    // What is there is full.
    nodes: workers.map((of) => nodeOf(of, { allocatable: { cpuMilli: 100, memoryBytes: 1, pods: 1 } })),
  });
  const busy = (cpu: number, over: Partial<Snapshot> = {}) => scene({ instances: workers, cpu, snapshot: over });
  const young = scene({ instances: [old('i-a', { launchedAt: T0 - 2 * MINUTE }), workers[1] as Instance], cpu: 0.05 });
  const tight = scene({
    instances: workers,
    cpu: 0.05,
    nodes: workers.map((of) => nodeOf(of)),
    pods: workers.map(({ id }) =>
      pod({ name: `on-${id}`, nodeName: `worker-${id}`, requests: { cpuMilli: 1500, memoryBytes: 1, pods: 1 } }),
    ),
  });

  it.each<[string, Snapshot, RegExp, RuntimeConfig?]>([
    ['at a mean CPU of 66 %', busy(0.66), /mean CPU would come near the upper threshold\. It would be 99 %/],
    ['at a mean CPU of 95 %, at the maximum', busy(0.95), /no node may go: It is 95 % over 3 workers/, full],
    ['while pods wait at the maximum', crowded(), /no node may go: A limit .* \d+ pods wait/, full],
    ['while pods wait for what is on its way', onItsWay, /no node may go: Nodes on their way, .* Pods: 2/],
    ['while a pod has only begun to wait', settling, /no node may go: .*default\/w-0/],
    ['that came a moment ago', young, /younger than the minimum age/],
    ['whose pods fit no other', tight, /pods do not all fit the other nodes/],
  ])('%s is refused', (_, snapshot, why, settings = config) => {
    const own = plan(snapshot, settings);
    // GIVEN that the function neither doubts nor adds anything
    expect({ hold: own.hold, intents: own.intents }).toEqual({ hold: null, intents: [] });
    expect(checked({ intents: [remove()] }, snapshot, settings)).toEqual(refused(why));
  });

  it('is taken up to ten points below the threshold, and counted after those before it', () => {
    // GIVEN three alike, of which two remain
    expect(checked({ intents: [remove()] }, busy(0.4))).toEqual(taken);
    expect(checked({ intents: [remove()] }, busy(0.41))).toEqual(refused(/It would be 62 %/));
    const both = [remove(), remove({ node: NAMES[1] as string, instance: 'i-b' })];
    const two = withPolicy({ removalsAtOnce: 2 });
    expect(checked({ intents: both }, busy(0.2), two)).toEqual(taken);
    expect(checked({ intents: both }, busy(0.25), two)).toEqual(refused(/^worker-i-b may not go: .*75 %/));
  });

  it.each(['metrics', 'kubernetes', 'instances'] as const)('while %s is unknown is refused', (source) => {
    const snapshot = { ...idle(), [source]: { known: false, reason: 'timeout', detail: 'silent' } };
    expect(checked({ hold: null, intents: [remove()] }, snapshot)).toHaveProperty('refusal');
  });

  it('that is being done is not let go on while the data is in doubt, and words do not hide the doubt', () => {
    const snapshot: Snapshot = { ...idle(), metrics: { known: false, reason: 'timeout', detail: 'silent' } };
    expect(checked({ hold: null }, snapshot)).toEqual(refused(/removals must be held: .*silent/));
    const cooler = checked({ hold: { code: 'cool-down', text: 'all is well' } }, snapshot);
    expect(cooler).toMatchObject({ plan: { hold: { code: 'data-doubtful' } } });
  });
});

describe('a launch of its own idea', () => {
  it('is taken where nothing forbids it', () => {
    expect(checked({ intents: [launch({ count: 2 })] }, crowded())).toEqual(taken);
  });

  it.each<[string, Partial<LaunchIntent>, Snapshot, RegExp, RuntimeConfig?]>([
    ['of an unknown pool', { pool: 'gold' }, crowded(), /has no such pool/],
    ['of another type', { types: ['p4d.24xlarge'] }, crowded(), /its types must be of t3\.medium/],
    ['into another zone', { zones: ['eu-west-1a'] }, crowded(), /its zones must be of us-east-1a, us-east-1b/],
    ['of nothing', { count: 0 }, crowded(), /launches nothing/],
    ['for strange pods', { pods: ['uid-x'] }, crowded(), /no pod of uid uid-x/],
    ['for one pod twice', { pods: ['uid-w-0', 'uid-w-0'], count: 2 }, crowded(), /names a pod twice/],
    ['of more nodes than pods wait', { count: 3, pods: [] }, twoWait, /it is for 2 pods in all/],
    [
      'beyond the number of nodes',
      { count: 3 },
      crowded(),
      /breaks a limit: limits\.maxNodes/,
      { ...config, limits: { maxNodes: 5 } },
    ],
    [
      "beyond its pool's maximum",
      { count: 3 },
      crowded(),
      /breaks a limit: pools\.burst\.max is 4/,
      withPool({ max: 4 }),
    ],
    [
      'beyond the cores',
      { count: 3 },
      crowded(),
      /breaks a limit: limits\.cores: 6 of 8/,
      { ...config, limits: { maxNodes: 10, cores: 8 } },
    ],
    [
      'beyond the money',
      { count: 3 },
      crowded(),
      /breaks a limit: limits\.usdPerHour/,
      { ...config, limits: { maxNodes: 10, usdPerHour: 0.2 } },
    ],
    [
      'of more than one while the circuit is open',
      { count: 2 },
      crowded({ joinFailures: { burst: 3 } }),
      /circuit of burst is open/,
    ],
    ['to a minimum that is met', { reason: 'below-minimum', pods: [] }, crowded(), /lacks 0 to its minimum/],
    ['for headroom that nobody keeps', { reason: 'headroom', pods: [] }, crowded(), /no headroom is kept/],
    [
      'for CPU while the cool-down runs',
      { reason: 'cpu-high', pods: [] },
      crowded({ cooldownUntil: { up: T0 + 1, down: 0 } }),
      /the cool-down runs/,
    ],
    [
      'for a signal that nobody configured',
      { reason: 'signal-high', pods: [] },
      crowded(),
      /nothing is known for signal-high/,
    ],
    [
      'for CPU of more than there are',
      { reason: 'cpu-high', pods: [], count: 4 },
      crowded(),
      /there are 3 warm workers/,
    ],
    [
      'of more nodes than pods wait that none is on its way for',
      { count: 2, pods: [] },
      scene({
        instances: workers,
        pods: times(2, (i) => pending({ name: `w-${i}` })),
        snapshot: withState({ operations: [launching({ count: 1, instances: [], phase: 'requested' })] }),
      }),
      /for 2 pods in all, and 1 nodes are on their way/,
    ],
    ['in exchange of nothing', { reason: 'rotation', pods: [] }, calm, /no worker of burst is to be replaced for rot/],
    ['back to spot, of nothing', { reason: 'back-to-spot', pods: [] }, calm, /no worker of burst is to be replaced/],
    [
      'in exchange within an hour of another',
      { reason: 'rotation', pods: [] },
      idle({ lastScaleTime: T0 - 59 * MINUTE }),
      /an hour without a change/,
      withPolicy({ maxAgeMs: 60 * MINUTE }),
    ],
    [
      'in exchange while something is under way',
      { reason: 'rotation', pods: [] },
      idle({ operations: [launching({ instances: [], phase: 'launched' })] }),
      /nothing else is under way/,
      withPolicy({ maxAgeMs: 60 * MINUTE }),
    ],
    ['in exchange of several', { reason: 'rotation', pods: [], count: 2 }, crowded(), /launched alone/],
    ['for no reason', { reason: 'steady' }, crowded(), /steady is no reason to launch/],
  ])('%s is refused', (_, change, snapshot, why, settings = config) => {
    expect(checked({ intents: [launch(change)] }, snapshot, settings)).toEqual(refused(why));
  });

  it('for CPU while Prometheus is unknown, and for pods while Kubernetes is, is refused', () => {
    const unknown = { known: false, reason: 'timeout', detail: 'silent' } as const;
    const forCpu = launch({ reason: 'cpu-high', pods: [] });
    expect(checked({ intents: [forCpu] }, { ...crowded(), metrics: unknown })).toEqual(refused(/needs Prometheus/));
    const blind = { ...crowded(), kubernetes: unknown };
    expect(checked({ intents: [launch({ pods: [] })] }, blind)).toEqual(refused(/needs Kubernetes/));
  });

  it('beside others that are open already counts with them', () => {
    const intents = [launch({ count: 3 }), launch({ count: 3, pods: ['uid-w-3', 'uid-w-4', 'uid-w-5'] }), launch()];
    expect(checked({ intents }, crowded())).toEqual(taken);
    const open = launching({ count: 2, instances: [], phase: 'requested' });
    expect(checked({ intents }, crowded({ operations: [open] }))).toEqual(refused(/launch [123] .*breaks a limit/));
  });
});

describe('a replacement', () => {
  const ages = withPolicy({ maxAgeMs: 60 * MINUTE });

  it('is launched, and what it replaces goes, where there is such a worker', () => {
    expect(checked({ intents: [launch({ reason: 'rotation', pods: [] })] }, calm, ages)).toEqual(taken);
    expect(checked({ intents: [remove({ reason: 'rotation' })] }, calm, ages)).toEqual(taken);
  });

  it('is no reason to remove a worker that is not due: one that is young, or spot already', () => {
    expect(checked({ intents: [remove({ reason: 'rotation' })] }, calm)).toEqual(refused(/not to be replaced for rot/));
    const prefersSpot = withPool({ markets: ['spot', 'on-demand'] });
    const spot = scene({ instances: workers.map((each) => ({ ...each, market: 'spot' as const })), cpu: 0.05 });
    const leave = { intents: [remove({ reason: 'back-to-spot' as const })] };
    expect(checked(leave, calm, prefersSpot)).toEqual(taken);
    expect(checked(leave, spot, prefersSpot)).toEqual(refused(/not to be replaced for back-to-spot/));
  });
});

describe('a list of an answer', () => {
  const many = (value: unknown) => times(200, () => value);

  it.each<[string, (own: Plan) => object, RegExp]>([
    ['intents', () => ({ intents: many({}) }), /^intents is .*a list of at most 128$/],
    ['resume', () => ({ resume: many('x') }), /^resume is .*a list of at most 0$/],
    ['cancel', () => ({ cancel: many('x') }), /^cancel is .*a list of at most 0$/],
    [
      'removalsBegun',
      ({ memory }) => ({ memory: { ...memory, removalsBegun: many(1) } }),
      /^memory\.removalsBegun is .*a list of at most 128$/,
    ],
    ['pods', () => ({ intents: [launch({ pods: many('uid-w-0') as string[] })] }), /pods is .*a list of at most 30$/],
    [
      'types',
      () => ({ intents: [launch({ types: many('t3.medium') as string[] })] }),
      /types is .*a list of at most 1$/,
    ],
    [
      'zones',
      () => ({ intents: [launch({ zones: many('us-east-1a') as string[] })] }),
      /zones is .*a list of at most 2$/,
    ],
  ])('is not walked through where %s has more than there can be', (_, change, why) => {
    expect(checked(change, crowded())).toEqual(refused(why));
  });

  it('has no name that a refusal could not repeat', () => {
    expect(checked({ intents: [launch({ pool: 'x'.repeat(301) })] }, crowded())).toEqual(refused(/at most 300 char/));
    expect(checked({ intents: [launch({ pool: '\u001b[2J' })] }, crowded())).toEqual(
      refused(/one line without control/),
    );
  });
});

describe('the text of an answer', () => {
  const own = plan(calm, config);
  const padded = (bytes: number) => {
    const text = JSON.stringify(own);
    return text + ' '.repeat(bytes - Buffer.byteLength(text));
  };

  it('is read up to a mebibyte of bytes, and not parsed beyond', () => {
    expect(foreignPlan(padded(2 ** 20), own, calm, config)).toEqual(taken);
    const larger = { refusal: 'the answer is larger than 1 MiB' };
    expect(foreignPlan(padded(2 ** 20 + 1), own, calm, config)).toEqual(larger);
    expect(foreignPlan('é'.repeat(2 ** 19 + 1), own, calm, config)).toEqual(larger);
  });
});

describe('everything else', () => {
  it('is done with nothing while a person paused it, or so many nodes are not Ready', () => {
    expect(checked({ intents: [launch()] }, crowded({ paused: true }))).toEqual(refused(/a person paused/));
    const many = times(6, (i) => old(`i-${i}`));
    const unready = scene({
      instances: many,
      nodes: many.map((of) => nodeOf(of, { ready: false })),
      pods: [pending({ name: 'w-0' })],
    });
    expect(checked({ intents: [launch({ pods: ['uid-w-0'] })] }, unready)).toEqual(
      refused(/6 of 6 nodes are not Ready/),
    );
  });

  it('takes back only what is drained by our own choice', () => {
    const drained = removing({ node: nodeOf(workers[0] as Instance) });
    const uncordon = { kind: 'uncordon', operation: drained.id, node: drained.node?.name ?? '' } as const;
    const snapshot = (operation: typeof drained) => idle({ operations: [operation] });
    expect(checked({ intents: [uncordon] }, snapshot(drained))).toEqual(taken);
    for (const other of [
      { ...drained, id: 'removal-x' },
      { ...drained, phase: 'terminating' as const },
      { ...drained, cause: 'interruption' as const },
    ]) {
      expect(checked({ intents: [uncordon] }, snapshot(other))).toEqual(refused(/not being drained by our choice/));
    }
  });

  it('asks again for no launch that the function would not, and forgets none that it wants', () => {
    const open = launching({ instances: [], phase: 'launched' });
    expect(checked({ resume: [open.id] }, crowded({ operations: [open] }))).toEqual(
      refused(/no stored launch that may be/),
    );
    expect(checked({ cancel: [open.id] }, crowded({ operations: [open] }))).toEqual(
      refused(/no stored launch that nothing/),
    );
  });

  it('remembers of no node that it was unneeded before the function saw it', () => {
    const since = (time: number) => (own: Plan) => ({
      memory: { ...own.memory, unneededSince: { [NAMES[0] as string]: time } },
    });
    expect(checked(since(T0), idle())).toEqual(taken);
    expect(checked(since(T0 - MINUTE), idle())).toEqual(refused(/not been unneeded since/));
    const remembered = idle({ unneededSince: { [NAMES[0] as string]: T0 - MINUTE } });
    expect(checked(since(T0 - MINUTE), remembered)).toEqual(taken);
  });

  it('counts and learns by itself, whatever the plan says of it', () => {
    const answer = checked(
      (own) => ({
        memory: {
          ...own.memory,
          nodeCount: 99,
          removalsBegun: [1],
          allocatable: { 'burst/t3.medium': { cpuMilli: 1e9 } as never },
        },
      }),
      idle(),
    );
    expect(answer).toEqual({ plan: plan(idle(), config) });
  });
});
