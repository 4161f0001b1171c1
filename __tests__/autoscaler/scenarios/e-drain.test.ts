import { ANNOTATION } from '../../../src/autoscaler/names';
import type { EvictionOutcome } from '../../../src/autoscaler/ports';
import type { Instance, Node, Pod, Snapshot } from '../../../src/autoscaler/snapshot';
import { type ClusterState, emptyState, type RemovalOperation } from '../../../src/autoscaler/state';
import { base, config, instance, MINUTE, movedTo, nodeOf, pending, pod, removing, scene, T0, times } from '../builders';
import { type Ran, run } from '../ports';

/**
 * A node is drained and ends. The numbers are those of the list of scenarios by which autoscalers are compared. Of [91]
 * the Node's password secret is left: no Node of the name comes again, so it keeps nobody out, and to delete it would
 * take a right on secrets (docs/security.md).
 */

const worker = instance('i-01d');
const name = nodeOf(worker).name;
const ID = 'removal-1';
const ours = nodeOf(worker, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': `${ID}@7` } });

const removal = (over: Partial<RemovalOperation> = {}) =>
  removing({ createdAt: T0 - 2 * MINUTE, deadline: T0 + 8 * MINUTE, node: ours, instance: worker.id, ...over });

interface Midway {
  operation?: Partial<RemovalOperation>;
  pods?: Pod[];
  node?: Node;
  instances?: Instance[];
  nodes?: Node[];
  state?: Partial<ClusterState>;
  snapshot?: Partial<Snapshot>;
}

/** A tick that finds a removal under way. */
const midway = ({ operation, pods = [], node = ours, instances, nodes = [], state, snapshot }: Midway = {}): Snapshot =>
  scene({
    instances: instances ?? [worker],
    nodes: [nodeOf(base), node, ...nodes],
    pods,
    cpu: 0.1,
    snapshot: { state: { ...emptyState(), operations: [removal(operation)], ...state }, ...snapshot },
  });

const here = (over: Partial<Pod> & { name: string }): Pod => pod({ nodeName: name, ...over });
/** What was done to the cluster and to EC2. */
const effects = ({ calls }: Ran): string[] => calls.filter((call) => call !== 'save' && call !== 'release');
const first = ({ state }: Ran): RemovalOperation | undefined =>
  state.operations.find((operation): operation is RemovalOperation => operation.kind === 'removal');
const ended = ({ result }: Ran) => result.operations.filter((operation) => operation.kind === 'removal');

describe('a cordon', () => {
  const two = ['i-0a', 'i-0b'].map((id) => instance(id));
  const idle = (): Snapshot =>
    scene({
      instances: two,
      cpu: 0.1,
      snapshot: {
        state: {
          ...emptyState(),
          unneededSince: Object.fromEntries(two.map((each) => [nodeOf(each).name, T0 - 10 * MINUTE])),
        },
      },
    });
  const together = { config: { policy: { ...config.policy, removalsAtOnce: 2 } } };

  it('[79] that fails deletes nothing, and the node stays in service', async () => {
    // GIVEN two empty nodes are chosen together, and the first cannot be cordoned
    const failure = { outcome: 'failed' as const, detail: 'HTTP 500' };
    const ran = await run(idle(), { ...together, cordon: [failure, { outcome: 'conflict' }] });
    // THEN no node is drained or terminated, and both are tried again
    expect(effects(ran).map((call) => call.split(' ')[0])).toEqual(['cordon', 'cordon']);
    expect(ran.state.operations.map(({ phase }) => phase)).toEqual(['chosen', 'chosen']);
    expect(ran.state.cooldownUntil.down).toBe(0);
  });

  it('[79] that fails for the second of two leaves the first one’s removal as it is, with its own cordon', async () => {
    // GIVEN two empty nodes, of which the first bears our mark when Kubernetes is looked at again
    const snapshot = idle();
    const view = (snapshot.kubernetes as Extract<Snapshot['kubernetes'], { known: true }>).value;
    const marked = { unschedulable: true, annotations: { [ANNOTATION.operation]: 'removal-id-2@7' } };
    const nodes = view.nodes.map((node) =>
      node.name === nodeOf(two[0] as Instance).name ? { ...node, ...marked } : node,
    );
    const again = { known: true, at: T0, value: { ...view, nodes } } as const;
    // WHEN
    const ran = await run(snapshot, { ...together, again, cordon: [{ outcome: 'done' }, { outcome: 'conflict' }] });
    // THEN it goes on, with no way back because it is empty; the second is tried again
    expect(effects(ran).map((call) => call.split(' ')[0])).toEqual(['cordon', 'cordon', 'terminate']);
    expect(ran.state.operations.map(({ phase }) => phase).sort()).toEqual(['chosen', 'terminating']);
  });

  it('[79] that never succeeds ends with the removal, of which nothing is left', async () => {
    const node = nodeOf(worker);
    const ran = await run(midway({ node, operation: { phase: 'chosen', deadline: T0 - 1 } }));
    expect(effects(ran)).toEqual([]);
    expect(ended(ran)).toMatchObject([{ phase: 'rolled-back' }]);
  });
});

describe('an eviction', () => {
  const blocked: EvictionOutcome = { outcome: 'blocked', detail: 'HTTP 429: budget', retryAfterMs: 10_000 };

  it('[80] that a budget forbids now is asked again by the next tick, and then the node ends', async () => {
    const mine = here({ name: 'web-x' });
    const refused = await run(midway({ pods: [mine] }), { evict: [blocked] });
    expect(effects(refused)).toEqual(['evict web-x']);
    const next = await run({ ...midway({ pods: [mine] }), state: refused.state });
    expect(effects(next)).toEqual(['evict web-x']);
    const last = await run({ ...midway(), state: next.state });
    expect(effects(last)).toEqual([`terminate ${worker.id}`]);
  });

  it.each([
    [10_000, 1],
    [undefined, 2],
  ])(
    '[80] is asked once more in the same invocation only after its Retry-After (%s ms: %s times)',
    async (retry, count) => {
      const answer: EvictionOutcome = { outcome: 'blocked', detail: '429', ...(retry && { retryAfterMs: retry }) };
      // WHEN somebody came meanwhile, so that the holder looks twice
      const ran = await run(midway({ pods: [here({ name: 'web-x' })] }), { wakes: 1, evict: [answer, answer] });
      expect(effects(ran)).toEqual(times(count, () => 'evict web-x'));
    },
  );

  it('[81] that is never allowed ends at the deadline: un-cordoned, and left alone longer each time', async () => {
    const mine = here({ name: 'web-x' });
    // GIVEN the node was tried before
    const reason = 'its pods did not leave by the deadline';
    const failures = (count: number, until: number) => ({ [name]: { failures: count, until, reason } });
    const late = midway({
      pods: [mine],
      operation: { deadline: T0 - 1 },
      state: { removalFailures: failures(2, T0 - 1) },
    });
    const ran = await run(late);
    expect(effects(ran)).toEqual([`uncordon ${name}`]);
    expect(ended(ran)).toMatchObject([{ phase: 'rolled-back', failure: reason }]);
    // THEN the third time it is left alone for 40 minutes
    expect(ran.state.removalFailures).toEqual(failures(3, T0 + 40 * MINUTE));
    // THEN until then it is not chosen, though it is unneeded for long enough
    const unneeded = (at: number) =>
      run(
        movedTo(
          at,
          scene({
            instances: [worker],
            cpu: 0.1,
            snapshot: {
              state: {
                ...emptyState(),
                unneededSince: { [name]: T0 },
                removalFailures: ran.state.removalFailures,
              },
            },
          }),
        ),
      );
    const waiting = await unneeded(T0 + 40 * MINUTE - 1);
    expect(waiting.result.plan?.nodes[name]).toMatchObject({
      code: 'node-backs-off',
      text: expect.stringContaining(reason),
    });
    expect((await unneeded(T0 + 40 * MINUTE)).result.plan?.nodes[name]?.code).toBe('node-chosen');
  });

  it('[81] leaves a node alone for six hours at most, and its memory goes with the Node', async () => {
    const failing = (failures: number) =>
      run(
        midway({
          pods: [here({ name: 'web-x' })],
          operation: { deadline: T0 - 1 },
          state: {
            removalFailures: {
              [name]: { failures, until: T0, reason: '' },
              'worker-i-9': { failures: 1, until: T0, reason: '' },
            },
          },
        }),
      );
    const { removalFailures } = (await failing(20)).state;
    expect(Object.keys(removalFailures)).toEqual([name]);
    expect(removalFailures[name]?.until).toBe(T0 + 6 * 60 * MINUTE);
  });

  it('that can never succeed, as two budgets cover the pod, ends the removal at once', async () => {
    const pods = ['web-x', 'web-y'].map((each) => here({ name: each }));
    const never: EvictionOutcome = { outcome: 'misconfigured', detail: 'HTTP 500: more than one PodDisruptionBudget' };
    const ran = await run(midway({ pods }), { evict: [never] });
    expect(effects(ran)).toEqual(['evict web-x', `uncordon ${name}`]);
    expect(ended(ran)).toMatchObject([
      { phase: 'rolled-back', failure: expect.stringContaining('default/web-x can never be evicted') },
    ]);
    expect(ran.state.removalFailures[name]?.failures).toBe(1);
    // THEN what is stored of it is short, however long the answer
    const long = await run(midway({ pods }), { evict: [{ ...never, detail: 'x'.repeat(5000) }] });
    expect(long.state.removalFailures[name]?.reason).toHaveLength(200);
    expect(ended(long)[0]?.failure).toHaveLength(200);
  });

  it('[86] comes to the least important pod first, and to the most important last', async () => {
    const priorities = { system: 2_000_000_000, batch: -10, web: 0, store: 1000 };
    const pods = Object.entries(priorities).map(([each, priority]) => here({ name: each, priority }));
    const ran = await run(midway({ pods }));
    expect(effects(ran)).toEqual(['evict batch', 'evict web', 'evict store', 'evict system']);
  });

  it('[85] is never asked of a pod of a DaemonSet or of the node itself, and they do not hold it', async () => {
    const pods = [
      here({ name: 'agent', owner: { kind: 'DaemonSet', name: 'agent', uid: 'ds' } }),
      here({ name: 'static', mirror: true }),
      here({ name: 'done', phase: 'Succeeded' }),
    ];
    // THEN
    expect(effects(await run(midway({ pods })))).toEqual([`terminate ${worker.id}`]);
  });
});

describe('a drain', () => {
  it('[83] whose node disappears ends cleanly', async () => {
    // GIVEN the Node and its instance went while it was drained
    const gone = scene({
      instances: [{ ...worker, state: 'terminated' }],
      nodes: [nodeOf(base)],
      snapshot: { state: { ...emptyState(), operations: [removal()] } },
    });
    const ran = await run(gone);
    expect(effects(ran)).toEqual([]);
    expect(ended(ran)).toMatchObject([{ phase: 'gone' }]);
    expect(ran.state.operations).toEqual([]);
  });

  it('[83] whose pod is gone when it is asked for goes on', async () => {
    const pods = ['web-x', 'web-y'].map((each) => here({ name: each }));
    const ran = await run(midway({ pods }), { evict: [{ outcome: 'gone' }] });
    expect(effects(ran)).toEqual(['evict web-x', 'evict web-y']);
  });

  it.each([
    ['waits for a pod until its grace and a minute are over', T0 - MINUTE, []],
    ['[87] does not wait for one that should have ended and never does', T0 - MINUTE - 1, [`terminate ${worker.id}`]],
  ])('%s', async (_, deletionAt, expected) => {
    const pods = [here({ name: 'stuck', deletionAt })];
    expect(effects(await run(midway({ pods })))).toEqual(expected);
  });

  it('[87] of a node begins though a pod on it never ends', async () => {
    // GIVEN a stuck pod without a controller, as large as the node
    const stuck = here({
      name: 'stuck',
      deletionAt: T0 - 2 * MINUTE,
      requests: { cpuMilli: 2000, memoryBytes: 0, pods: 1 },
    });
    const { owner: _, ...bare } = stuck;
    const idle = scene({
      instances: [worker],
      pods: [bare],
      cpu: 0.1,
      snapshot: { state: { ...emptyState(), unneededSince: { [name]: T0 - 10 * MINUTE } } },
    });
    expect((await run(idle)).result.plan?.nodes[name]?.code).toBe('node-chosen');
  });

  it('[88] terminates nothing while a pod is there', async () => {
    const ran = await run(midway({ pods: [here({ name: 'leaving', deletionAt: T0 + MINUTE })] }));
    expect(effects(ran)).toEqual([]);
    expect(first(ran)?.phase).toBe('draining');
  });

  it('[89] that is longer than one run is continued by the next, and the lease is not held meanwhile', async () => {
    // GIVEN time for one eviction of three
    const pods = ['a', 'b', 'c'].map((each) => here({ name: each }));
    const calls: string[] = [];
    const remaining = () => (calls.some((call) => call.startsWith('evict')) ? 5000 : 60_000);
    const short = await run(midway({ pods }), { calls, remaining });
    expect(effects(short)).toEqual(['evict a']);
    expect(short.calls.at(-1)).toBe('release');
    expect(first(short)?.phase).toBe('draining');
    // THEN
    const next = await run({ ...midway({ pods }), state: short.state });
    expect(effects(next)).toEqual(['evict a', 'evict b', 'evict c']);
  });
});

describe('a termination', () => {
  const terminating = { phase: 'terminating' as const };

  it('[90] that fails is tried again; the node stays cordoned and counts as leaving', async () => {
    const throttled = { outcome: 'failed' as const, detail: 'RequestLimitExceeded' };
    const other = instance('i-02');
    const both = {
      instances: [worker, other],
      nodes: [nodeOf(other)],
      state: { unneededSince: { [nodeOf(other).name]: T0 - 20 * MINUTE } },
    };
    const failed = await run(midway({ ...both, operation: terminating }), { terminate: [throttled] });
    expect(effects(failed)).toEqual([`terminate ${worker.id}`]);
    expect(first(failed)?.phase).toBe('terminating');
    expect(failed.result.plan?.nodes[nodeOf(other).name]?.code).toBe('node-one-at-a-time');
    // THEN [112] a failure consumes no cool-down
    expect(failed.state.cooldownUntil.down).toBe(0);
    // THEN
    const next = await run({ ...midway(both), state: failed.state });
    expect(effects(next)).toEqual([`terminate ${worker.id}`]);
    expect(next.state.cooldownUntil.down).toBe(T0 + 10 * MINUTE);
  });

  it('waits for a pod that came after the drain, though a crash lay between: it is evicted first', async () => {
    const late = here({ name: 'late' });
    const ran = await run(midway({ operation: terminating, pods: [late] }));
    expect(effects(ran)).toEqual(['evict late']);
    expect(first(ran)?.phase).toBe('terminating');
  });

  it('sees a pod that came after the list from which this tick decided', async () => {
    const again = midway({ pods: [here({ name: 'late' })] }).kubernetes;
    const ran = await run(midway({ operation: terminating }), { again });
    expect(effects(ran)).toEqual(['evict late']);
  });

  it('takes the node out of service again where a person put it back', async () => {
    const ran = await run(midway({ operation: terminating, node: nodeOf(worker), pods: [here({ name: 'late' })] }));
    expect(effects(ran)).toEqual([`cordon ${name} ${ID}@7`, 'evict late']);
  });

  it.each([
    [T0, ['evict late']],
    [T0 - 1, [`terminate ${worker.id}`]],
  ])('waits for such pods until its deadline, as there is no way back (%s)', async (deadline, expected) => {
    const pods = [here({ name: 'late' })];
    const ran = await run(midway({ operation: { ...terminating, deadline }, pods }));
    expect(effects(ran)).toEqual(expected);
  });

  it('has a deadline of its own, from when it was written', async () => {
    const ran = await run(midway({ operation: { deadline: T0 + 1 } }), {
      terminate: [{ outcome: 'failed', detail: '' }],
    });
    expect(first(ran)).toMatchObject({ phase: 'terminating', deadline: T0 + 10 * MINUTE });
  });

  it('does not wait for pods of a node that is silent: nobody would tell of their end', async () => {
    const node = { ...ours, ready: false };
    const ran = await run(midway({ operation: terminating, node, pods: [here({ name: 'late' })] }));
    expect(effects(ran)).toEqual([`terminate ${worker.id}`]);
  });

  it('is not made while the pods are unknown', async () => {
    const unknown = { known: false, reason: 'timeout', detail: '' } as const;
    const stopped = [
      await run(midway({ operation: terminating }), { again: unknown }),
      await run(midway({ operation: terminating, snapshot: { kubernetes: unknown } })),
    ];
    for (const ran of stopped) {
      expect(effects(ran)).toEqual([]);
      expect(first(ran)?.phase).toBe('terminating');
    }
  });

  it.each([
    ['what is not found', { outcome: 'not-found' as const }, 'cpu-low'],
    ['what never served', { outcome: 'done' as const }, 'node-never-joined'],
  ])('[112] of %s consumes no cool-down', async (_, answer, reason) => {
    const ran = await run(midway({ operation: { ...terminating, reason } }), { terminate: [answer] });
    expect(effects(ran)).toEqual([`terminate ${worker.id}`]);
    expect(ran.state.cooldownUntil.down).toBe(0);
    expect(ran.state.lastScaleTime).toBe(0);
  });
});

describe('a Node whose instance is gone', () => {
  const dead = (of: Instance, ready = false): Snapshot => {
    const alive = instance('i-0b');
    return scene({
      instances: [{ ...of, state: 'terminated' }, alive],
      nodes: [nodeOf(of, { ready }), nodeOf(alive)],
    });
  };

  it.each([
    ['a worker', worker],
    ['a base worker', { ...base, id: 'i-ba5e2' }],
  ])('[91] is deleted, because K3s never does: %s', async (_, of) => {
    const ran = await run(dead(of));
    expect(effects(ran)).toEqual([`delete ${nodeOf(of).name}`]);
  });

  it('[92] is no capacity though it is Ready still', async () => {
    // GIVEN two pods that would fit it, and no other node has room
    const full = times(8, (i) => pod({ name: `full-${i}`, nodeName: nodeOf(instance('i-0b')).name }));
    const waiting = times(2, () => pending());
    const lingering = dead(worker, true);
    const view = lingering.kubernetes.known ? lingering.kubernetes.value : undefined;
    const snapshot: Snapshot = {
      ...lingering,
      kubernetes: {
        known: true,
        at: T0,
        value: { nodes: view?.nodes ?? [], pods: [...full, ...waiting], budgets: [], daemonSets: [] },
      },
    };
    const ran = await run(snapshot);
    expect(effects(ran).filter((call) => call.startsWith('launch'))).toHaveLength(1);
    expect(ran.result.plan?.nodes[name]?.code).toBe('node-lost');
  });
});
