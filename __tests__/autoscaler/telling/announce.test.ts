import type { Node, Pod } from '../../../src/autoscaler/snapshot';
import { emptyState, type RemovalOperation } from '../../../src/autoscaler/state';
import { type ClusterEvent, eventName, eventObject } from '../../../src/autoscaler/telling/cluster-event';
import { newMemory, remember } from '../../../src/autoscaler/telling/memory';
import {
  base,
  burstPool,
  config,
  instance,
  later,
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

const HOUR = 60 * MINUTE;
const of = (events: ClusterEvent[], name: string) => events.filter(({ about }) => about.name === name);
/** A worker that is asked for too much to be removed. */
const busyWorker = () => {
  const worker = instance('i-a');
  const node = nodeOf(worker);
  return { worker, node, pods: times(6, () => pod({ nodeName: node.name })) };
};
const removal = (node: Node, over: Partial<RemovalOperation> = {}) =>
  removing({ phase: 'chosen', createdAt: T0, deadline: T0 + 10 * MINUTE, node, ...over });

describe('of a pending pod, people are told', () => {
  it('which nodes were asked for because of it, in the words of Cluster Autoscaler', async () => {
    // GIVEN nine pods that need two nodes
    const snapshot = scene({ nodes: [], pods: times(9, () => pending()) });
    // WHEN
    const { told } = await run(snapshot, { config: { zones: ['us-east-1a'] } });
    // THEN
    expect(told).toHaveLength(9);
    expect(told[0]).toMatchObject({
      about: { kind: 'Pod', namespace: 'default' },
      type: 'Normal',
      reason: 'TriggeredScaleUp',
      message: expect.stringMatching(
        /^pod triggered scale-up: \[\{burst 0->2 \(max: 9\)\}\]: 2 × t3\.medium on-demand in us-east-1a, operation launch-/,
      ),
    });
  });

  it('why no node comes, pool by pool', async () => {
    // GIVEN a pod for which one pool is full and the other has the wrong taints
    const full = { ...burstPool, max: 0 };
    const gpu = { ...full, name: 'gpu', max: 5, taints: [{ key: 'gpu', effect: 'NoSchedule' as const }] };
    const huge = { ...full, name: 'tiny', max: 5, instanceTypes: ['t3.nano'] };
    const types = { ...config.instanceTypes, 't3.nano': { ...config.instanceTypes['t3.medium'], cpuMilli: 100 } };
    const snapshot = scene({ nodes: [], pods: [pending({ name: 'web-x' })] });
    // WHEN
    const { told } = await run(snapshot, {
      config: { pools: [full, gpu, huge], instanceTypes: types as typeof config.instanceTypes },
    });
    // THEN
    expect(told).toMatchObject([{ reason: 'NotTriggerScaleUp' }]);
    expect(told[0]?.message).toMatch(/^pod didn't trigger scale-up: .*burst: The pool is at its maximum\./);
    expect(told[0]?.message).toContain('gpu: it does not tolerate the taint gpu:NoSchedule of pool gpu.');
    expect(told[0]?.message).toContain(
      'tiny: it needs 0.25 cores; the largest type of pool tiny, t3.nano, allocates 0.1.',
    );
  });

  it('what EC2 said to the offerings that are left out for now', async () => {
    // GIVEN both offerings of the pool refused lately, and one of another pool
    const failed = (reason: string) => ({ failures: 1, until: T0 + MINUTE, reason });
    const offerings = {
      'burst/on-demand/t3.medium/us-east-1a': failed('InsufficientInstanceCapacity'),
      'burst/on-demand/t3.medium/us-east-1b': failed('InsufficientInstanceCapacity'),
      'burst/on-demand/old.type/us-east-1b': { ...failed('Old'), until: T0 - 1 },
      'other/on-demand/t3.medium/us-east-1b': failed('Other'),
    };
    const state = { ...emptyState(), offerings };
    // WHEN
    const { told } = await run(scene({ nodes: [], pods: [pending()], snapshot: { state } }));
    // THEN
    expect(told[0]?.message).toMatch(
      /burst: Every offering of the pool that would do failed lately\. \(InsufficientInstanceCapacity\)$/,
    );
  });

  it('that its launch failed, and how', async () => {
    const refused = { outcome: 'refused' as const, code: 'InsufficientInstanceCapacity', detail: 'none left' };
    const { told } = await run(scene({ nodes: [], pods: [pending()] }), { launch: [refused, refused] });
    expect(told).toMatchObject([{ reason: 'NotTriggerScaleUp' }]);
    expect(told[0]?.message).toMatch(/Its launch failed: .*InsufficientInstanceCapacity/);
  });

  it('that a person paused the autoscaler', async () => {
    const snapshot = scene({ nodes: [], pods: [pending()] });
    const { told } = await run({ ...snapshot, state: { ...emptyState(), paused: true } });
    expect(told).toMatchObject([{ reason: 'NotTriggerScaleUp', message: expect.stringContaining('paused') }]);
  });

  it('nothing while it settles', async () => {
    const { told } = await run(scene({ nodes: [], pods: [pending({ unschedulableSince: T0 - 1000 })] }));
    expect(told).toEqual([]);
  });
});

describe('of a node, people are told', () => {
  it('what keeps it', async () => {
    const { worker, pods } = busyWorker();
    const { told } = await run(scene({ instances: [worker], pods }));
    expect(told).toMatchObject([
      {
        about: { kind: 'Node', name: 'worker-i-a', uid: 'uid-i-a' },
        reason: 'NotTriggerScaleDown',
        message: expect.stringMatching(/^node didn't trigger scale-down: .*75 % of it is requested/),
      },
    ]);
    expect(told[0]?.about.namespace).toBeUndefined();
  });

  it('why it is being removed, and how many pods have to move', async () => {
    const { worker, node, pods } = busyWorker();
    const state = { ...emptyState(), operations: [removal(node)] };
    const { told } = await run(scene({ instances: [worker], pods, snapshot: { state } }), {
      cordon: [{ outcome: 'conflict' }],
    });
    expect(of(told, node.name)).toMatchObject([
      {
        type: 'Normal',
        reason: 'ScaleDown',
        message: expect.stringMatching(/operation removal-1\): The mean CPU .* Pods that move: 6\.$/),
      },
    ]);
  });

  it('as a warning that EC2 takes its instance back', async () => {
    const { worker, node, pods } = busyWorker();
    const state = { ...emptyState(), operations: [removal(node, { reason: 'node-interrupted' })] };
    const { told } = await run(scene({ instances: [worker], pods, snapshot: { state } }), {
      cordon: [{ outcome: 'conflict' }],
    });
    expect(of(told, node.name)).toMatchObject([
      { type: 'Warning', reason: 'SpotInterruption', message: expect.stringMatching(/Pods that move: 6\.$/) },
    ]);
  });

  it('as a warning that its removal was given up, and why', async () => {
    const { worker, node, pods } = busyWorker();
    const state = { ...emptyState(), operations: [removal(node, { deadline: T0 - 1 })] };
    const { told } = await run(scene({ instances: [worker], pods, snapshot: { state } }));
    expect(of(told, node.name)).toMatchObject([
      {
        type: 'Warning',
        reason: 'ScaleDownFailed',
        message: 'removal given up, the node stays: its pods did not leave by the deadline',
      },
    ]);
  });

  it('that the Node of a lost instance is deleted', async () => {
    // GIVEN a Node that is not ready, whose instance EC2 shows as terminated, and an API that does not delete it yet
    const gone = instance('i-a', { state: 'terminated' });
    const { told } = await run(scene({ instances: [gone], nodes: [nodeOf(base), nodeOf(gone, { ready: false })] }), {
      deleteNode: [{ outcome: 'failed', detail: 'busy' }],
    });
    // THEN
    expect(of(told, 'worker-i-a')).toMatchObject([{ reason: 'DeletingNode', message: expect.stringMatching(/gone/) }]);
  });
});

describe('what was told is not told again', () => {
  const waiting = () => scene({ nodes: [], pods: [pending({ name: 'web-x', unsupported: ['volumes'] })] });

  it('at the next ticks', async () => {
    // GIVEN
    const memory = newMemory();
    const snapshot = waiting();
    await run(snapshot, { memory });
    // WHEN
    const again = await run(later(snapshot, 2 * MINUTE), { memory });
    // THEN
    expect(again.told).toEqual([]);
  });

  it('until an hour has passed, for then Kubernetes has forgotten it', async () => {
    const memory = newMemory();
    const snapshot = waiting();
    await run(snapshot, { memory });
    expect((await run(later(snapshot, HOUR - 1), { memory })).told).toEqual([]);
    expect((await run(later(snapshot, HOUR), { memory })).told).toHaveLength(1);
  });

  it('unless something else became true meanwhile', async () => {
    // GIVEN told, then something else told
    const memory = newMemory();
    const snapshot = waiting();
    const first = await run(snapshot, { memory });
    const paused = { ...later(snapshot, 2 * MINUTE), state: { ...emptyState(), paused: true } };
    const second = await run(paused, { memory });
    // WHEN it is as it was
    const third = await run(later(snapshot, 4 * MINUTE), { memory });
    // THEN the last word in the list is the true one, and it is the first Event again, counted up
    expect(second.told).toHaveLength(1);
    expect(third.told.map(eventName)).toEqual(first.told.map(eventName));
  });

  it('where only its numbers changed', async () => {
    // GIVEN a busy node
    const memory = newMemory();
    const { worker, pods } = busyWorker();
    const snapshot = scene({ instances: [worker], pods });
    await run(snapshot, { memory });
    // WHEN more of it is requested
    const busier = scene({ instances: [worker], pods: [...pods, pod({ nodeName: 'worker-i-a' })] });
    // THEN
    expect((await run(later(busier, MINUTE), { memory })).told).toEqual([]);
  });
});

describe('telling stays small', () => {
  const many = (count: number) =>
    scene({ nodes: [], pods: times(count, (i) => pending({ unsupported: ['volumes'], createdAt: T0 - HOUR - i })) });

  it('with 50 Events a tick, the pods that wait longest first, and the others by the next ticks', async () => {
    // GIVEN 120 pods, the last of them the oldest
    const memory = newMemory();
    const snapshot = many(120);
    const pods = (snapshot.kubernetes as { value: { pods: Pod[] } }).value.pods;
    // WHEN
    const ticks = [0, 1, 2].map((i) => later(snapshot, i * MINUTE));
    const told: ClusterEvent[][] = [];
    for (const tick of ticks) told.push((await run(tick, { memory })).told);
    // THEN
    expect(told.map((events) => events.length)).toEqual([50, 50, 20]);
    expect(told[0]?.[0]?.about.name).toBe(pods.at(-1)?.name);
    expect(new Set(told.flat().map(({ about }) => about.uid)).size).toBe(120);
  });

  it('ends at the first Event that has no answer, and tries again at the next tick', async () => {
    const memory = newMemory();
    const { told, statuses, lines } = await run(many(3), { memory, announce: [{ outcome: 'failed', detail: 'down' }] });
    expect(told).toHaveLength(1);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', error: 'down' }));
    // What comes after is tried all the same: it is one call.
    expect(statuses).toHaveLength(1);
    expect((await run(many(3), { memory })).told).toHaveLength(3);
  });

  it('goes on past an Event that is refused, and does not ask for it again', async () => {
    // GIVEN a pod whose namespace is being deleted
    const memory = newMemory();
    const snapshot = many(3);
    const first = await run(snapshot, { memory, announce: [{ outcome: 'refused', detail: 'HTTP 403' }] });
    expect(first.told).toHaveLength(3);
    expect((await run(later(snapshot, MINUTE), { memory })).told).toEqual([]);
  });

  it('is left out when time is short', async () => {
    const { told, statuses, history } = await run(many(3), { remaining: () => 5_000 });
    expect({ told, statuses }).toEqual({ told: [], statuses: [] });
    expect(history).toHaveLength(1);
  });

  it('stops when it has taken five seconds', async () => {
    // GIVEN a clock that moves two seconds with each Event
    let now = T0;
    const { told } = await run(many(50), {
      clock: { now: () => now, remaining: () => 60_000 },
      onAnnounce: () => {
        now += 2_000;
      },
    });
    expect(told).toHaveLength(3);
  });

  it('is left out where Kubernetes is unknown', async () => {
    const kubernetes = { known: false as const, reason: 'timeout' as const, detail: 'no answer' };
    const { told, statuses } = await run(scene({ snapshot: { kubernetes } }));
    expect({ told, statuses }).toEqual({ told: [], statuses: [] });
  });

  it('is left out where the lease was lost: the cluster is another’s to tell of', async () => {
    const { told, statuses } = await run(scene({ nodes: [], pods: [pending()] }), { loseAt: 1 });
    expect({ told, statuses }).toEqual({ told: [], statuses: [] });
  });
});

describe('the memory of a sandbox', () => {
  it('does not grow beyond its bound', async () => {
    const memory = newMemory();
    for (let i = 0; i < 5_000; i += 1) memory.told.set(`uid-${i}`, { key: 'x', at: T0 });
    await run(scene({ nodes: [], pods: times(3, () => pending({ unsupported: ['volumes'] })) }), { memory });
    expect(memory.told.size).toBe(5_000);
    expect(memory.told.has('uid-2')).toBe(false);
    expect(memory.told.has('uid-3')).toBe(true);
  });

  it('forgets first what was told the longest ago, and not what was told first', () => {
    const memory = newMemory();
    for (let i = 0; i < 5_000; i += 1) remember(memory, `uid-${i}`, 'x', T0);
    remember(memory, 'uid-0', 'y', T0);
    remember(memory, 'uid-5000', 'x', T0);
    expect([memory.told.has('uid-0'), memory.told.has('uid-1')]).toEqual([true, false]);
  });
});

describe('the Event as Kubernetes gets it', () => {
  const event: ClusterEvent = {
    about: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u-1' },
    type: 'Normal',
    reason: 'NotTriggerScaleUp',
    key: 'pod-over-limit',
    message: 'why',
  };

  it('is of core/v1, in the namespace of its pod, with times in whole seconds', () => {
    expect(eventObject(event, T0 + 999)).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^web-1\.[0-9a-f]{16}$/), namespace: 'shop' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u-1' },
      type: 'Normal',
      reason: 'NotTriggerScaleUp',
      message: 'why',
      source: { component: 'k3s-autoscaler' },
      reportingComponent: 'k3s-autoscaler',
      firstTimestamp: '2026-01-05T00:00:00Z',
      lastTimestamp: '2026-01-05T00:00:00Z',
      count: 1,
    });
  });

  it('is in the namespace default where it is about a Node', () => {
    const about = { kind: 'Node' as const, name: 'worker-i-a', uid: 'u-2' };
    expect(eventObject({ ...event, about }, T0)).toMatchObject({ metadata: { namespace: 'default' } });
  });

  it('has one name for one thing told of one object, and a valid one', () => {
    expect(eventName({ ...event, message: 'with another number' })).toBe(eventName(event));
    expect(eventName({ ...event, key: 'pod-too-large' })).not.toBe(eventName(event));
    expect(eventName({ ...event, about: { ...event.about, uid: 'u-9' } })).not.toBe(eventName(event));
    const long = eventName({ ...event, about: { ...event.about, name: `${'a'.repeat(199)}.${'b'.repeat(53)}` } });
    expect(long).toMatch(/^a{199}\.[0-9a-f]{16}$/);
  });

  it('has a message that is cut where it is too long', () => {
    expect(eventObject({ ...event, message: 'x'.repeat(2_000) }, T0).message).toBe(`${'x'.repeat(999)}…`);
  });
});
