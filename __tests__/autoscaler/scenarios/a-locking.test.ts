import type { Snapshot } from '../../../src/autoscaler/snapshot';
import {
  type ClusterState,
  emptyState,
  type LaunchOperation,
  type RemovalOperation,
} from '../../../src/autoscaler/state';
import { base, config, instance, MINUTE, movedTo, nodeOf, pending, pod, removing, scene, T0, times } from '../builders';
import { MemoryStore } from '../memory-store';
import { type Ran, run as runIn, type Script } from '../ports';

/**
 * Invocations that overlap, die and come back. The numbers are those of the list of scenarios by which autoscalers are
 * compared. [1] and [2] stand with the conditional writes too, and [16] there alone: `adapters/dynamodb.test.ts`. Not
 * here: [15] the kill after every call in turn, which is a proof of its own.
 */

const full = times(8, (i) => pod({ name: `full-${i}`, nodeName: nodeOf(base).name }));
const waiting = times(10, (i) => pending({ name: `new-${i}` }));
/** Ten pods pending, and no room: two nodes are needed. */
const demand = (state: Partial<ClusterState> = {}, pods = waiting): Snapshot =>
  scene({ pods: [...full, ...pods], snapshot: { state: { ...emptyState(), ...state } } });

/** In one zone, where several nodes are one launch. */
const run = (snapshot: Snapshot, script: Script = {}): Promise<Ran> =>
  runIn(snapshot, { config: { zones: ['us-east-1a'] }, ...script });

const effects = ({ calls }: Ran): string[] => calls.filter((call) => call !== 'save' && call !== 'release');
const launches = (ran: Ran): string[] => ran.calls.filter((call) => call.startsWith('launch'));
const launchOf = (state: ClusterState | undefined) =>
  state?.operations.find((operation): operation is LaunchOperation => operation.kind === 'launch');

describe('invocations that overlap', () => {
  it('[1] twenty at once on the same pods launch one set, of the size that one would launch', async () => {
    const alone = await run(demand());
    const store = new MemoryStore();
    const all = await Promise.all(times(20, (i) => run(demand(), { store: store.port, requestId: `r-${i}` })));
    expect(all.flatMap(launches)).toHaveLength(1);
    expect(launchOf(store.state)?.count).toBe(launchOf(alone.state)?.count);
    // THEN all the others left at once, their marks were seen, and the lease is free
    expect(all.filter(({ result }) => result.decision.code === 'lease-held')).toHaveLength(19);
    expect([store.wake, store.owner]).toEqual([19, undefined]);
  });

  it('[2] after one that died without giving its lease back, the next takes over when it ran out, not before', async () => {
    // GIVEN a lease of the function's minute and 30 s
    const store = new MemoryStore();
    await store.port.acquire?.({ owner: 'dead', now: T0, leaseMs: 1.5 * MINUTE });
    const at = (time: number) => run(movedTo(time, demand()), { store: store.port });
    const early = await at(T0 + 1.5 * MINUTE);
    expect([effects(early), early.result.decision.code]).toEqual([[], 'lease-held']);
    expect(launches(await at(T0 + 1.5 * MINUTE + 1))).toHaveLength(1);
  });

  it('[17] one that would launch and one that would remove: only the holder acts, and the other decides anew', async () => {
    // GIVEN an idle worker that is unneeded for long enough, and then pods that need more than it
    const worker = instance('i-1d1e');
    const unneededSince = { [nodeOf(worker).name]: T0 - 10 * MINUTE };
    const idle = scene({ instances: [worker], cpu: 0.1, snapshot: { state: { ...emptyState(), unneededSince } } });
    const busy = scene({ instances: [worker], pods: times(30, () => pending()) });
    const store = new MemoryStore(idle.state);
    const [up, down] = await Promise.all([
      run(busy, { store: store.port, requestId: 'up' }),
      run(idle, { store: store.port, requestId: 'down' }),
    ]);
    expect(launches(up as Ran)).toHaveLength(1);
    expect(effects(down as Ran)).toEqual([]);
    expect(down?.result.decision.code).toBe('lease-held');
    // THEN the one that was sent away finds the cool-down of the launch when it comes again
    const again = await run({ ...idle, state: store.state }, { store: store.port });
    expect(effects(again)).toEqual([]);
  });
});

describe('a crash', () => {
  it('[4] between the record of a launch and the call is made good by one call with the same token', async () => {
    // GIVEN what the first tick stored before it asked
    const first = await run(demand());
    const stored = first.saved[0] as ClusterState;
    expect(first.calls.slice(0, 2)).toEqual(['save', launches(first)[0]]);
    // WHEN
    const second = await run(movedTo(T0 + 2 * MINUTE, demand(stored)));
    // THEN
    expect(launches(second)).toEqual(launches(first));
  });

  it('[5] between the call and its record: what EC2 shows under its tag is adopted, and nothing is launched', async () => {
    // GIVEN the operation as it was stored before the call, its instances, and a failure of the offering before it
    const first = await run(demand());
    const stored = first.saved[0] as ClusterState;
    const id = launchOf(stored)?.id ?? '';
    const key = 'burst/on-demand/t3.medium/us-east-1a';
    const offerings = { [key]: { failures: 2, until: T0 - 1, reason: 'InsufficientInstanceCapacity' } };
    const instances = ['i-a', 'i-b'].map((each) => instance(each, { operation: id, launchedAt: T0 }));
    const { kubernetes } = demand();
    const found = scene({
      instances,
      nodes: [nodeOf(base)],
      snapshot: { state: { ...stored, offerings }, kubernetes },
    });
    const second = await run(movedTo(T0 + 2 * MINUTE, found));
    // THEN it counts as a launch that succeeded: cool-downs begin, and the failure is forgotten
    expect(effects(second)).toEqual([]);
    expect(launchOf(second.state)).toMatchObject({ phase: 'launched', instances: ['i-a', 'i-b'] });
    expect(second.state.cooldownUntil.up).toBe(T0 + 5 * MINUTE);
    expect(second.state.offerings).toEqual({});
  });

  it('[6] of the connection only: the same attempt is made again with the same token', async () => {
    const first = await run(demand(), { launch: [{ outcome: 'unknown', detail: 'socket hang up' }] });
    const second = await run(movedTo(T0 + MINUTE, demand(first.state)));
    expect(launches(first)).toHaveLength(1);
    expect(launches(second)).toEqual(launches(first));
  });

  it.each(['IdempotentInstanceTerminated', 'IdempotentParameterMismatch'])(
    '[7] whose attempt EC2 knows as %s ends the operation and never loops',
    async (code) => {
      // GIVEN one node is needed, and there is another zone to ask in
      const pods = waiting.slice(0, 8);
      const ran = await run(demand({}, pods), { config, launch: [{ outcome: 'refused', code, detail: '' }] });
      expect(launches(ran)).toHaveLength(1);
      expect(ran.result.operations).toMatchObject([{ phase: 'failed' }]);
      expect(ran.state.operations).toEqual([]);
      // THEN it says nothing of the offering
      expect(ran.state.offerings).toEqual({});
    },
  );

  it('[12] that left a cordon behind: taken back where no removal is open, gone on with where one is', async () => {
    const worker = instance('i-c0d');
    const marked = nodeOf(worker, {
      unschedulable: true,
      annotations: { 'k3s-autoscaler/operation': 'removal-1@3' },
    });
    const open = removing({ phase: 'cordoned', node: marked, instance: worker.id });
    const left = (operations: RemovalOperation[]) =>
      run(
        scene({
          instances: [worker],
          nodes: [nodeOf(base), marked],
          cpu: 0.1,
          snapshot: { state: { ...emptyState(), operations } },
        }),
      );
    expect(effects(await left([]))).toEqual([`uncordon ${marked.name}`]);
    expect(effects(await left([open]))).toEqual([`terminate ${worker.id}`]);
  });

  it('[13] in the midst of the time for which a node has to be unneeded does not begin it anew', async () => {
    // GIVEN an idle worker, first seen so five minutes before a tick that died
    const worker = instance('i-1d1e');
    const name = nodeOf(worker).name;
    const idle = (at: number, state: Partial<ClusterState>) =>
      run(movedTo(at, scene({ instances: [worker], cpu: 0.1, snapshot: { state: { ...emptyState(), ...state } } })));
    const first = await idle(T0, {});
    const killed = { release: () => Promise.reject(new Error('killed')) };
    const dies = run(
      movedTo(T0 + 5 * MINUTE, scene({ instances: [worker], cpu: 0.1, snapshot: { state: first.state } })),
      {
        store: killed,
      },
    );
    await expect(dies).rejects.toThrow('killed');
    // THEN ten minutes after it was first seen it is chosen
    const wait = await idle(T0 + 10 * MINUTE - 1, first.state);
    expect(wait.result.plan?.nodes[name]?.code).toBe('node-unneeded-wait');
    expect((await idle(T0 + 10 * MINUTE, first.state)).result.plan?.nodes[name]?.code).toBe('node-chosen');
  });
});

describe('capacity on its way', () => {
  const begun = async () => (await run(demand())).state;

  it('[9] [10] holds the pods: none is launched for them again, whether EC2 shows it or not', async () => {
    const state = await begun();
    const id = launchOf(state)?.id;
    const shown = ['i-0', 'i-1'].map((each) => instance(each, { operation: id as string, launchedAt: T0 }));
    for (const instances of [[], shown.slice(0, 1), shown]) {
      const { kubernetes } = demand();
      const later = scene({ instances, nodes: [nodeOf(base)], snapshot: { state, kubernetes } });
      const ran = await run(movedTo(T0 + MINUTE, later));
      expect(launches(ran)).toEqual([]);
      expect(ran.result.decision.code).toBe('capacity-in-flight');
    }
  });

  it('[11] replaces a node that is being removed: its pods get no second one', async () => {
    // GIVEN a node is drained, its pods are pending again, and the launch for them is under way
    const worker = instance('i-01d');
    const marked = nodeOf(worker, {
      unschedulable: true,
      annotations: { 'k3s-autoscaler/operation': 'removal-1@3' },
    });
    const evicted = times(2, (i) =>
      pending({ name: `moved-${i}`, createdAt: T0 - 20_000, unschedulableSince: T0 - 20_000 }),
    );
    const removal = removing({ node: marked, instance: worker.id, evictedOwners: ['rs-web'] });
    const found = (operations: ClusterState['operations']) =>
      run(
        scene({
          instances: [worker],
          nodes: [nodeOf(base), marked],
          pods: [...full, ...evicted],
          snapshot: { state: { ...emptyState(), operations } },
        }),
      );
    const first = await found([removal]);
    expect(launches(first)).toHaveLength(1);
    const second = await found([removal, launchOf(first.state) as LaunchOperation]);
    expect(launches(second)).toEqual([]);
  });
});
