import { LABEL } from '../autoscaler/names';
import type { WorkloadStep, WorldTimings } from '../world/scenario/types';
import type { CallRecord, Mishap } from './face/calls';
import type { Face, FaceOptions } from './face/face';
import type { LaptopManners } from './face/laptop';
import { web } from './workload';

const MINUTE = 60_000;

/** A short story with one decision in it, played again and again while something goes wrong at each of its calls. */
export interface ProofScenario {
  name: string;
  /** What happens in it when nothing goes wrong. */
  what: string;
  config: Record<string, unknown>;
  timings?: Partial<WorldTimings>;
  /** Ticks at 2, 4, 6 … minutes whose calls are attacked; a few more follow, and then all must be well. */
  ticks: number;
  /** The first of them that is attacked, where the story has a long beginning; absent: the first. */
  since?: number;
  /** Ticks after these: two to recover, and some for what had to wait meanwhile. */
  after: number;
  /** Invocations at each of these instants. */
  overlap: number;
  /** What changes in the world, by minute. */
  steps: { atMs: number; act: (face: Face) => void }[];
  /** When what EC2 tells reaches the function; absent: never. */
  deliver?: FaceOptions['deliver'];
  /** What goes wrong in it of itself; made anew for each play, so that it may remember. */
  mishaps?: (face: Face) => (call: CallRecord) => Mishap | undefined;
  /** That is attached to it; absent: none. */
  laptop?: () => LaptopManners;
  /** Which calls show that the story was told at all, as `<service>.<operation>`. */
  shows: string[];
}

/** Spot cannot be had at first, and can be a while later. */
const PREFERS_SPOT = { burst: { instanceTypes: ['t3.medium'], market: 'spot-then-on-demand' } };
const spotIsBackLater =
  (face: Face) =>
  (call: CallRecord): Mishap | undefined =>
    call.operation === 'RunInstances' && call.target.startsWith('spot') && face.sinceStart < 20 * MINUTE
      ? { kind: 'refuse', code: 'InsufficientInstanceCapacity' }
      : undefined;

/** Waits as short as the rules allow, so that a story is told in few ticks. */
export const QUICK = {
  cpu: { window: '2m', downWindow: '2m' },
  cooldown: { up: '2m', down: '2m' },
  unneededFor: '2m',
  minAge: '2m',
  joinDeadline: '5m',
  drainDeadline: '4m',
};

const scenario = (
  given: Pick<ProofScenario, 'name' | 'what' | 'ticks' | 'steps' | 'shows'> & Partial<ProofScenario>,
): ProofScenario => ({ overlap: 1, after: 5, ...given, config: { policy: QUICK, ...given.config } });

const pods = (minute: number, replicas: number, more: Partial<WorkloadStep> = {}): ProofScenario['steps'][number] => ({
  atMs: minute * MINUTE,
  act: ({ world }) => world.workload(web(replicas, more)),
});

const act = (minute: number, run: (face: Face) => void): ProofScenario['steps'][number] => ({
  atMs: minute * MINUTE,
  act: run,
});

/** EC2 warns of the oldest worker. */
const warned = (minute: number): ProofScenario['steps'][number] =>
  act(minute, ({ world }) => world.nodeFault({ kind: 'spot-interruption', atMs: 0, target: 'oldest' }));

/** That of the youngest worker reports itself as ready, or nothing is heard of it. */
const kubelet = (minute: number, status: 'True' | 'Unknown'): ProofScenario['steps'][number] =>
  act(minute, ({ world: { kubernetes } }) => {
    const youngest = kubernetes.list('nodes').items.at(-1)?.metadata.name ?? '';
    const patch = { status: { conditions: [{ type: 'Ready', status }] } };
    kubernetes.patch('nodes', youngest, patch, 'application/merge-patch+json');
  });

const isBetween = ({ sinceStart }: Face, from: number, to: number): boolean =>
  sinceStart >= from * MINUTE && sinceStart < to * MINUTE;

export const SCENARIOS: readonly ProofScenario[] = [
  scenario({
    name: 'launch',
    what: 'ten pods appear, two workers are launched and join',
    ticks: 3,
    steps: [pods(1, 10)],
    shows: ['ec2.RunInstances'],
  }),
  scenario({
    name: 'fallback',
    what: 'spot has no capacity in any zone and type, and on-demand is bought in the same tick',
    config: { pools: { burst: { instanceTypes: ['t3.medium', 't3a.medium'], market: 'spot-then-on-demand' } } },
    ticks: 3,
    steps: [pods(1, 10)],
    mishaps: () => (call) =>
      call.operation === 'RunInstances' && call.target.startsWith('spot')
        ? { kind: 'refuse', code: 'InsufficientInstanceCapacity' }
        : undefined,
    shows: ['ec2.RunInstances'],
  }),
  scenario({
    name: 'adoption',
    what: 'EC2 launches and its answer never comes; asked again it would refuse; the next tick finds the instances by their tag',
    timings: { bootMs: 150_000 },
    ticks: 4,
    steps: [pods(1, 10)],
    mishaps: () => thenRefused({ kind: 'hang', takesEffect: true }, { forgets: true }),
    shows: ['ec2.RunInstances'],
  }),
  scenario({
    name: 'late list',
    what: 'EC2 launches, its answer never comes, and its list lacks the instances when the next tick asks again',
    timings: { describeLagMs: 150_000, bootMs: 150_000 },
    ticks: 4,
    steps: [pods(1, 10)],
    mishaps: () => once((call) => call.operation === 'RunInstances', { kind: 'hang', takesEffect: true }),
    shows: ['ec2.RunInstances'],
  }),
  scenario({
    name: 'late sender',
    what: 'a sandbox stands still in its call; its attempt is refused to the next tick, which launches elsewhere; it wakes and launches too',
    ticks: 4,
    steps: [pods(1, 10)],
    mishaps: () => thenRefused({ kind: 'freeze', when: 'before', ms: 200_000 }),
    shows: ['ec2.RunInstances', 'ec2.TerminateInstances'],
  }),
  scenario({
    name: 'late waker',
    what: 'a sandbox stands still in its write beyond its lease; it is accepted a moment before the next tick takes the lease',
    ticks: 4,
    steps: [pods(1, 10)],
    mishaps: () =>
      once(({ target, invocation }) => target === 'save' && invocation === 'tick-1-1', {
        kind: 'freeze',
        when: 'before',
        ms: 119_890,
      }),
    shows: ['ec2.RunInstances'],
  }),
  scenario({
    name: 'slow look',
    what: 'a sandbox stands still while it looks, for less than its time and for longer than data may be old; the pods are gone',
    config: { policy: { ...QUICK, dataMaxAge: '40s' } },
    ticks: 4,
    steps: [pods(1, 10), pods(2.3, 0), pods(4.5, 10)],
    mishaps: () =>
      once(({ operation, invocation }) => operation === 'listNodes' && invocation === 'tick-1-1', {
        kind: 'freeze',
        when: 'after',
        ms: 50_000,
      }),
    shows: ['ec2.RunInstances'],
  }),
  scenario({
    name: 'never-joins',
    what: 'one instance never joins, is terminated at its deadline and replaced',
    ticks: 6,
    steps: [
      act(0, ({ world }) =>
        world.nodeFault({ kind: 'service', service: 'node', fault: 'never-joins', atMs: 0, times: 1 }),
      ),
      pods(1, 10),
    ],
    shows: ['ec2.RunInstances', 'ec2.TerminateInstances'],
  }),
  scenario({
    name: 'drain',
    what: 'pods go, a worker is cordoned, drained under a budget, terminated, and its Node deleted two ticks later',
    timings: { shutdownMs: 150_000 },
    ticks: 10,
    steps: [pods(1, 10), pods(7, 5)],
    shows: ['kubernetes.patchNode', 'kubernetes.createEviction', 'ec2.TerminateInstances', 'kubernetes.deleteNode'],
  }),
  scenario({
    name: 'roll-back',
    what: 'a budget never allows the second eviction, and at the deadline the node is given back',
    config: { policy: { ...QUICK, unneededBelow: 80 } },
    timings: { podStartMs: 7 * MINUTE },
    ticks: 12,
    after: 9,
    steps: [pods(1, 10), pods(12, 6)],
    shows: ['kubernetes.patchNode', 'kubernetes.createEviction'],
  }),
  scenario({
    name: 'step by step',
    what: 'a budget allows one eviction a tick, so a drain goes on over ticks, each with a look of its own',
    config: { policy: { ...QUICK, unneededBelow: 80 } },
    timings: { podStartMs: 60_000 },
    ticks: 8,
    steps: [pods(1, 10), pods(6, 6)],
    shows: ['kubernetes.patchNode', 'kubernetes.createEviction', 'ec2.TerminateInstances'],
  }),
  scenario({
    name: 'late sweeper',
    what: 'EC2 warns of a worker while the sandbox of the tick before stands still; it wakes and sees a cordon that it does not know',
    timings: { podStartMs: 60_000 },
    ticks: 4,
    deliver: () => [700],
    steps: [pods(1, 10), warned(7.6)],
    mishaps: () =>
      once(({ target, invocation }) => target === 'acquire' && invocation === 'tick-3-1', {
        kind: 'freeze',
        when: 'after',
        ms: 170_000,
      }),
    shows: ['kubernetes.patchNode', 'kubernetes.createEviction'],
  }),
  scenario({
    name: 'came back',
    what: 'a person un-cordons a node when it is empty and about to be terminated, and a pod comes; it leaves before the node goes',
    ticks: 8,
    steps: [pods(1, 10), pods(5, 5)],
    mishaps: (face) => whenTerminating(face),
    shows: ['kubernetes.createEviction', 'ec2.TerminateInstances'],
  }),
  scenario({
    name: 'taken back',
    what: 'pods come while a node is drained, and it is taken back for them before anything is launched',
    config: { policy: { ...QUICK, unneededBelow: 80 } },
    ticks: 9,
    steps: [
      pods(1, 10, { pod: { cpu: '500m', memory: '256Mi', usage: '50m', gracePeriodMs: 150_000 } }),
      pods(6, 5),
      act(14.5, ({ world }) => world.workload(web(5, { name: 'late' }))),
    ],
    shows: ['kubernetes.patchNode', 'kubernetes.createEviction'],
  }),
  scenario({
    name: 'lost instance',
    what: 'EC2 takes an instance away; its Node is deleted and a replacement launched',
    ticks: 6,
    steps: [pods(1, 10), warned(5.5)],
    shows: ['ec2.RunInstances', 'kubernetes.deleteNode'],
  }),
  scenario({
    name: 'interruption',
    what: 'EC2 warns of a spot worker, and the event comes twice; its pods are moved in time and a replacement joins',
    config: { pools: PREFERS_SPOT },
    ticks: 4,
    deliver: () => [700, 1_400],
    steps: [pods(1, 10), warned(5.5)],
    shows: ['kubernetes.createEviction', 'ec2.RunInstances', 'kubernetes.deleteNode'],
  }),
  scenario({
    name: 'two budgets',
    what: 'EC2 warns of a worker whose pods are under two budgets, so that no eviction is ever allowed: each is asked for',
    config: { pools: PREFERS_SPOT },
    ticks: 4,
    deliver: () => [700],
    steps: [
      pods(1, 10),
      act(5, ({ world }) =>
        world.kubernetes.create('poddisruptionbudgets', {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'second', namespace: 'default' },
          spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
        }),
      ),
      warned(5.5),
    ],
    shows: ['kubernetes.createEviction', 'ec2.RunInstances', 'kubernetes.deleteNode'],
  }),
  scenario({
    name: 'told meanwhile',
    what: 'the same warning comes while a tick looks: its holder looks once more, because the next tick would be too late',
    ticks: 4,
    deliver: () => [40],
    steps: [pods(1, 10), warned(6)],
    shows: ['kubernetes.createEviction', 'ec2.RunInstances', 'kubernetes.deleteNode'],
  }),
  scenario({
    name: 'back to spot',
    what: 'a worker was bought on demand; after a quiet hour a spot worker joins, takes its pods, and it goes',
    config: { pools: PREFERS_SPOT },
    ticks: 38,
    since: 32,
    steps: [pods(1, 6)],
    mishaps: spotIsBackLater,
    shows: ['kubernetes.createEviction', 'ec2.TerminateInstances'],
  }),
  scenario({
    name: 'no room to go back',
    what: 'the same at the limit: there is no place for one more worker, so all stay as they are',
    config: { pools: PREFERS_SPOT, limits: { maxNodes: 3 } },
    ticks: 33,
    since: 32,
    steps: [pods(1, 10)],
    mishaps: spotIsBackLater,
    shows: ['ec2.RunInstances'],
  }),
  scenario({
    name: 'overlap',
    what: 'three invocations at each instant, for ten pods and then for none',
    overlap: 3,
    ticks: 6,
    steps: [pods(1, 10), pods(5, 0)],
    shows: ['ec2.RunInstances', 'ec2.TerminateInstances'],
  }),
  scenario({
    name: 'silent kubelet',
    what: 'a kubelet falls silent while EC2’s list lacks its instance; both come back, and nothing was taken away meanwhile',
    ticks: 6,
    steps: [pods(1, 10), kubelet(9.5, 'Unknown'), kubelet(10.5, 'True')],
    mishaps: (face) => (call) =>
      call.operation === 'DescribeInstances' && call.target === 'cluster' && isBetween(face, 9.5, 10.5)
        ? { kind: 'partial' }
        : undefined,
    shows: ['ec2.DescribeInstances', 'ec2.RunInstances'],
  }),
  scenario({
    name: 'hands off',
    what: 'a person re-tags an instance while it is being removed, and cordons a worker; both stay',
    timings: { describeLagMs: 0 },
    ticks: 8,
    steps: [
      pods(1, 10),
      pods(5, 0),
      act(5.1, (face) => {
        const youngest = face.world.kubernetes.list('nodes').items.at(-1);
        if (youngest?.metadata.name.startsWith('worker-')) cordonByHand(face, youngest.metadata.name);
      }),
    ],
    mishaps: (face) => retagAfterCordon(face),
    shows: ['kubernetes.patchNode'],
  }),
  scenario({
    name: 'person first',
    what: 'a person cordons a node in the very moment in which we would; it stays theirs',
    ticks: 7,
    steps: [pods(1, 10), pods(5, 0)],
    mishaps: (face) => atFirst('patchNode', ({ target }) => cordonByHand(face, target)),
    shows: ['kubernetes.patchNode'],
  }),
  scenario({
    name: 'late pod',
    what: 'a pod that fits nowhere else arrives in the moment of the cordon; its node stays',
    ticks: 7,
    steps: [pods(1, 10), pods(5, 0)],
    mishaps: (face) =>
      atFirst('patchNode', ({ target }) =>
        face.world.workload(
          web(1, {
            name: 'late',
            pod: { cpu: '500m', memory: '256Mi', nodeSelector: { [LABEL.hostname]: target } },
          }),
        ),
      ),
    shows: ['kubernetes.patchNode'],
  }),
  scenario({
    name: 'same name',
    what: 'a pod of a StatefulSet is made anew elsewhere before its eviction arrives; the new one is left alone',
    // The oldest, which has the pod, and not the one that moves the fewest.
    config: { policy: { ...QUICK, unneededBelow: 80, removalOrder: 'oldest' } },
    ticks: 9,
    steps: [pods(1, 10, { workload: 'statefulSet' }), pods(6, 5, { workload: 'statefulSet' })],
    mishaps: (face) =>
      atFirst('createEviction', ({ target }) =>
        face.world.kubernetes.remove('pods', target, { gracePeriodSeconds: 0 }, 'default'),
      ),
    shows: ['kubernetes.createEviction'],
  }),
];

function once(match: (call: CallRecord) => boolean, mishap: Mishap): (call: CallRecord) => Mishap | undefined {
  let used = false;
  return (call) => {
    if (used || !match(call)) return undefined;
    used = true;
    return mishap;
  };
}

/** Something happens to the first launch, and the first that a later tick sends is refused. */
function thenRefused(mishap: Mishap, more: { forgets?: true } = {}): (call: CallRecord) => Mishap | undefined {
  let first: string | undefined;
  let isOver = false;
  return ({ operation, invocation }) => {
    if (isOver || operation !== 'RunInstances' || first === invocation) return undefined;
    isOver = first !== undefined;
    first ??= invocation;
    return isOver ? { kind: 'refuse', code: 'InsufficientInstanceCapacity', ...more } : mishap;
  };
}

/** Somebody is quicker: it happens when our first such call is sent, and before it arrives. */
function atFirst(operation: string, run: (call: CallRecord) => void): (call: CallRecord) => undefined {
  let isDone = false;
  return (call) => {
    if (!isDone && call.operation === operation) {
      isDone = true;
      run(call);
    }
    return undefined;
  };
}

/** A removal has been stored as one without a way back, and nothing has been done yet. */
function whenTerminating(face: Face): () => undefined {
  let isDone = false;
  return () => {
    const found = face.state.operations.find((o) => o.kind === 'removal' && o.phase === 'terminating');
    if (isDone || found?.kind !== 'removal' || !found.node) return undefined;
    isDone = true;
    const { kubernetes } = face.world;
    kubernetes.patch('nodes', found.node.name, { spec: { unschedulable: false } }, 'application/merge-patch+json');
    face.world.workload(web(1, { name: 'late' }));
    return undefined;
  };
}

function cordonByHand({ world }: Face, name: string): void {
  world.kubernetes.patch('nodes', name, { spec: { unschedulable: true } }, 'application/merge-patch+json');
}

/** Between the cordon and the termination somebody takes our tags off: the machine is theirs now. */
function retagAfterCordon({ world }: Face): (call: CallRecord) => undefined {
  let cordoned: string | undefined;
  return (call) => {
    if (cordoned) world.ec2.retag(cordoned, { owner: 'a person' });
    cordoned = call.operation === 'patchNode' ? call.target.replace(/^worker-/, '') : undefined;
    return undefined;
  };
}
