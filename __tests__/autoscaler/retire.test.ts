import type { Ports, TerminateOutcome } from '../../src/autoscaler/ports';
import { retire } from '../../src/autoscaler/retire';
import type { Instance, Observed } from '../../src/autoscaler/snapshot';
import { type ClusterState, emptyState, type LaunchOperation } from '../../src/autoscaler/state';
import { newMemory } from '../../src/autoscaler/telling/memory';
import { base, config, instance, launching, MINUTE, removing, T0 } from './builders';

const HOUR = 60 * MINUTE;
const server = instance('i-5e17e1', { role: 'server' });

interface Scene {
  instances?: Instance[];
  observed?: Observed<Instance[]>;
  state?: Partial<ClusterState>;
  terminate?: Record<string, TerminateOutcome>;
  heldBy?: string;
  remaining?: () => number;
  /** When the cluster was retired first; default: now. */
  since?: number;
  loses?: boolean;
}

/** One `retire` over what the store and EC2 hold; every call is noted in order. */
async function run(scene: Scene) {
  const calls: string[] = [];
  const saved: ClusterState[] = [];
  const state = { ...emptyState(), nodeCount: 1, retiredAt: scene.since ?? T0, ...scene.state };
  const note = <T>(call: string, answer: T): T => {
    calls.push(call);
    return answer;
  };
  const never = () => {
    throw new Error('nothing of this is asked by the last call');
  };
  const ports: Ports = {
    clock: { now: () => T0, remaining: scene.remaining ?? (() => 60_000) },
    newId: () => 'nonce',
    log: (line) => calls.push(`log ${line.decision}`),
    metrics: { observe: never },
    cluster: {
      observe: never,
      cordon: never,
      uncordon: never,
      evict: never,
      deleteNode: never,
      announce: never,
      publishStatus: never,
    },
    memory: newMemory(),
    planner: { plan: never },
    fleet: {
      observe: async (at) =>
        note('list', scene.observed ?? { known: true, at, value: scene.instances ?? [server, base] }),
      find: never,
      launch: never,
      terminate: async (id) => note(`terminate ${id}`, scene.terminate?.[id] ?? { outcome: 'done' }),
    },
    store: {
      read: never,
      notify: never,
      pause: never,
      retire: async (now) => note('mark', scene.since ?? now),
      acquire: async ({ owner, leaseMs }) =>
        note(
          `lease ${owner} ${leaseMs}`,
          scene.heldBy === undefined
            ? { held: true as const, epoch: 7, wake: 2, state }
            : { held: false as const, owner: scene.heldBy, until: T0 + 90_000 },
        ),
      save: async (_, next) => {
        saved.push(next);
        return note('save', scene.loses ? ('lost' as const) : ('retired' as const));
      },
      release: async (_, wake) =>
        note(
          `release ${wake}`,
          wake < 3 ? { outcome: 'woken', wake: 3, retired: true, paused: false, notices: [] } : { outcome: 'released' },
        ),
      record: async ({ trigger, operations }) => note(`record ${trigger} ${operations.join(', ')}`, undefined),
    },
  };
  const outcome = await retire(ports, config, { requestId: 'r-1' }).catch((error: Error) => error);
  const error = outcome instanceof Error ? outcome.message : '';
  return { outcome, error, calls, saved, terminated: calls.filter((call) => call.startsWith('terminate')) };
}

const launch = (over: Partial<LaunchOperation> = {}) =>
  launching({ instances: ['i-a', 'i-b'], count: 2, request: { count: 2 }, ...over });
const removal = removing();

describe('retire', () => {
  it('marks first, lists under the lease, terminates each worker, and writes what it did before it frees the lease', async () => {
    const { calls, outcome } = await run({
      instances: [server, base, instance('i-a'), instance('i-b', { state: 'stopped' })],
      state: { operations: [removal] },
    });
    expect(calls).toEqual([
      'mark',
      'lease r-1/nonce 90000',
      'list',
      'terminate i-a',
      'terminate i-b',
      'save',
      'log retired',
      'record destroy removal-1 gone',
      // Somebody came meanwhile: nobody looks after that any more.
      'release 2',
      'release 3',
    ]);
    expect(outcome).toEqual({ retired: '2026-01-05T00:00:00.000Z', terminated: ['i-a', 'i-b'] });
  });

  it('leaves the server, base workers and what has ended to others', async () => {
    const ended = [instance('i-c', { state: 'terminated' }), instance('i-d', { state: 'shutting-down' })];
    expect((await run({ instances: [server, base, ...ended] })).terminated).toEqual([]);
  });

  it('closes every open operation and counts the base workers that stay for Terraform', async () => {
    const { saved } = await run({
      instances: [server, base, instance('i-a'), instance('i-b')],
      state: { operations: [launch(), removal], nodeCount: 3, unneededSince: { 'worker-i-a': T0 } },
    });
    expect(saved).toEqual([
      expect.objectContaining({ operations: [], nodeCount: 1, unneededSince: {}, lastScaleTime: T0, retiredAt: T0 }),
    ]);
  });

  it('is done at once when it was done before', async () => {
    const { outcome, terminated } = await run({ since: T0 - HOUR });
    expect(outcome).toEqual({ retired: '2026-01-04T23:00:00.000Z', terminated: [] });
    expect(terminated).toEqual([]);
  });

  it('says who holds the lease and until when, and leaves the mark', async () => {
    const { calls, error } = await run({ heldBy: 'r-0/abc' });
    expect(error).toMatch(/held by r-0\/abc until 2026-01-05T00:01:30\.000Z .* Run destroy again/);
    expect(calls).toEqual(['mark', 'lease r-1/nonce 90000']);
  });

  it('terminates the others when one cannot be, then fails with its name, closes nothing and frees the lease', async () => {
    const { calls, error, terminated } = await run({
      instances: [server, base, instance('i-a'), instance('i-b')],
      terminate: { 'i-a': { outcome: 'failed', detail: 'UnauthorizedOperation' } },
      state: { operations: [launch()] },
    });
    expect(error).toMatch(/k3s-test is not retired yet: i-a could not be terminated \(UnauthorizedOperation\)\. Run/);
    expect(error).not.toContain('i-b');
    expect(terminated).toEqual(['terminate i-a', 'terminate i-b']);
    expect(calls).not.toContain('save');
    expect(calls.slice(-2)).toEqual(['release 2', 'release 3']);
  });

  it('never touches an instance that lost our tag, and says so', async () => {
    const detail = 'i-a has tag k3s-autoscaler:role=base, not worker';
    const { error } = await run({ instances: [instance('i-a')], terminate: { 'i-a': { outcome: 'foreign', detail } } });
    expect(error).toContain(detail);
  });

  it('names what is left when its time is up', async () => {
    let left = 20_000;
    const remaining = () => (left -= 4_000);
    const { error, terminated } = await run({ instances: ['i-a', 'i-b', 'i-c'].map((id) => instance(id)), remaining });
    expect(terminated).toEqual(['terminate i-a']);
    expect(error).toContain('there was no time left for i-b, i-c');
  });

  it('fails when another invocation took over', async () => {
    expect((await run({ loses: true })).error).toMatch(/took over .* Run destroy again/);
  });
});

describe('retire, when EC2 does not show all', () => {
  it('fails where the list is unknown, with the reason', async () => {
    const { error, terminated } = await run({
      observed: { known: false, reason: 'timeout', detail: 'EC2: no answer' },
    });
    expect(error).toBe('The instances of k3s-test are unknown: EC2: no answer. Run destroy again.');
    expect(terminated).toEqual([]);
  });

  it('terminates what was recorded and is not listed yet', async () => {
    const state = { operations: [launch()], lastScaleTime: T0 - MINUTE };
    const { terminated, error } = await run({ instances: [server, base, instance('i-a')], state });
    expect(terminated).toEqual(['terminate i-a', 'terminate i-b']);
    expect(error).toBe('');
  });

  it.each([
    ['a moment ago: it may be shown later', T0 - MINUTE, /EC2 does not show i-b now, though it must be there/],
    ['long ago: it is gone', T0 - 6 * MINUTE, /^$/],
  ])('judges a recorded instance that EC2 does not know by its age: %s', async (_, lastScaleTime, message) => {
    const { error } = await run({
      instances: [server, base, instance('i-a')],
      terminate: { 'i-b': { outcome: 'not-found' } },
      state: { operations: [launch()], lastScaleTime },
    });
    expect(error).toMatch(message);
  });

  it('does not take an instance for gone that was listed just now and is not found a moment later', async () => {
    const scene = { instances: [server, instance('i-a')], terminate: { 'i-a': { outcome: 'not-found' as const } } };
    expect((await run(scene)).error).toContain('EC2 does not show i-a now, though it must be there');
  });

  it.each<[string, Scene, RegExp]>([
    [
      'while EC2 may still show it',
      {},
      /never answered launch-1 for 2 and may show its instances until 2026-01-05T00:06/,
    ],
    [
      'while EC2 shows a part of it',
      { instances: [server, base, instance('i-a', { operation: 'launch-1' })] },
      /never answered launch-1/,
    ],
    ['not once EC2 had its time', { since: T0 - 6 * MINUTE }, /^$/],
    [
      'not where EC2 shows it all',
      { instances: [server, base, ...['i-a', 'i-b'].map((id) => instance(id, { operation: 'launch-1' }))] },
      /^$/,
    ],
  ])('waits for a launch whose answer was lost: %s', async (_, scene, message) => {
    const state = { operations: [launch({ phase: 'requested', instances: [] })] };
    expect((await run({ ...scene, state })).error).toMatch(message);
  });

  it.each<[string, Scene, RegExp]>([
    ['with workers counted', {}, /EC2 shows no instance of k3s-test, not even one that has ended, .* 1 workers/],
    ['when even those that ended are forgotten', { since: T0 - HOUR }, /^$/],
    ['of a cluster that never had a worker', { state: { nodeCount: 0 } }, /^$/],
  ])('judges an empty list %s', async (_, scene, message) => {
    expect((await run({ ...scene, instances: [] })).error).toMatch(message);
  });
});
