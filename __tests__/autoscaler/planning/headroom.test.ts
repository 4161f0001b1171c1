import { placeholders } from '../../../src/autoscaler/planning/headroom';
import { plan } from '../../../src/autoscaler/planning/planner';
import { NOTHING, plus } from '../../../src/autoscaler/planning/resources';
import type { Pod, Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState, MAX_OPEN_OPERATIONS } from '../../../src/autoscaler/state';
import type { Headroom, RuntimeConfig } from '../../../src/config/runtime';
import {
  base,
  burstPool,
  config,
  fillOf,
  instance,
  later,
  launching,
  MI,
  MINUTE,
  nodeOf,
  nodesOf,
  pending,
  pod,
  removing,
  scene,
  T0,
  times,
} from '../builders';

const room = (over: Partial<Headroom>): Headroom => ({ cpuMilli: 0, memoryBytes: 0, pods: 0, ...over });
const keeping = (over: Partial<Headroom>, more: Partial<RuntimeConfig> = {}): RuntimeConfig => ({
  ...config,
  policy: { ...config.policy, headroom: room(over) },
  ...more,
});

describe('room that is to be kept free', () => {
  it.each<[string, Partial<Headroom>, number, Partial<Headroom>]>([
    ['is nothing by default', {}, 0, {}],
    ['of 500m is one piece', { cpuMilli: 500 }, 1, { cpuMilli: 500 }],
    ['of 2400m is five pieces of not more than half a core', { cpuMilli: 2400 }, 5, { cpuMilli: 480 }],
    ['of 9 GiB is nine pieces of not more than one', { memoryBytes: 9216 * MI }, 9, { memoryBytes: 1024 * MI }],
    ['for five pods is five pieces', { cpuMilli: 1000, pods: 5 }, 5, { cpuMilli: 200, pods: 1 }],
    ['of 401 cores is no larger for that', { cpuMilli: 401_000 }, 802, { cpuMilli: 500 }],
    ['for 201 pods is 201 seats', { cpuMilli: 2010, pods: 201 }, 201, { cpuMilli: 10, pods: 1 }],
    ['of 2000 cores is 2000 larger pieces', { cpuMilli: 2_000_000 }, 2000, { cpuMilli: 1000 }],
  ])('%s: %p', (_, headroom, count, each) => {
    const made = placeholders(room(headroom));
    expect(made).toHaveLength(count);
    for (const { requests } of made) expect(requests).toEqual(room(each));
  });

  it.each<Partial<Headroom>>([
    { cpuMilli: 2501 },
    { cpuMilli: 4000, memoryBytes: 5 * 1024 * MI + 1, pods: 3 },
    { cpuMilli: 1, memoryBytes: 1, pods: 7 },
    { cpuMilli: 401_000, memoryBytes: 1603 * 1024 * MI, pods: 4321 },
    { memoryBytes: 3 * 2 ** 40 + 1 },
  ])('is in all exactly what is asked: %p', (headroom) => {
    const made = placeholders(room(headroom)).map(({ requests }) => requests);
    expect(made.reduce(plus, NOTHING)).toEqual(room(headroom));
  });

  it('of 401 cores is launched as far as the pool goes, on nodes of two cores', () => {
    // GIVEN an empty base worker, and a pool that may have nine THEN all of them are bought
    expect(plan(scene(), keeping({ cpuMilli: 401_000 }))).toMatchObject({ decision: { code: 'headroom' } });
    expect(nodesOf(plan(scene(), keeping({ cpuMilli: 401_000 })))).toEqual({ burst: 9 });
  });

  it('is launched on a type that has less than a core, in halves', () => {
    // GIVEN nodes that leave 940m
    const small = { cpuMilli: 940, memoryBytes: 1500 * MI, pods: 17 };
    const state = { ...emptyState(), allocatable: { 'burst/t3.medium': small } };
    const result = plan(scene({ pods: [fillOf(base)], snapshot: { state } }), keeping({ cpuMilli: 1000 }));
    // THEN half a core lies on each of two
    expect(nodesOf(result)).toEqual({ burst: 2 });
  });

  it('has as many seats as are asked for, and not one node more', () => {
    // GIVEN a base worker without a seat left, and nodes of 201 seats
    const state = {
      ...emptyState(),
      allocatable: { 'burst/t3.medium': { cpuMilli: 2000, memoryBytes: 0, pods: 201 } },
    };
    const full = fillOf(base);
    const pods = [{ ...full, requests: { ...full.requests, pods: 110 } }];
    expect(nodesOf(plan(scene({ pods, snapshot: { state } }), keeping({ pods: 201 })))).toEqual({ burst: 1 });
  });

  describe('that is missing', () => {
    const full = scene({ pods: [fillOf(base)] });

    it.each<[string, Partial<RuntimeConfig>, string, RegExp]>([
      ['limits.maxNodes', { limits: { maxNodes: 1 } }, 'at-maximum', /limits\.maxNodes/],
      ['the maximum of the pool', { pools: [{ ...burstPool, max: 0 }] }, 'pool-at-maximum', /max of pool burst/],
    ])('because of %s is no "steady", and the pool names the limit', (_, more, pool, text) => {
      const result = plan(full, keeping({ cpuMilli: 2000 }, more));
      expect(result.decision).toEqual({ code: 'headroom', text: expect.stringMatching(text) });
      expect(result.pools.burst?.code).toBe(pool);
      expect([result.intents, result.pods]).toEqual([[], {}]);
    });

    it('because too much is going on is no "steady" either', () => {
      // GIVEN as many operations as there may be
      const operations = times(MAX_OPEN_OPERATIONS, (i) => removing({ id: `r-${i}`, phase: 'terminating' }));
      const snapshot = scene({ pods: [fillOf(base)], snapshot: { state: { ...emptyState(), operations } } });
      const result = plan(snapshot, keeping({ cpuMilli: 2000 }));
      expect(result.intents).toEqual([]);
      expect(result.decision).toEqual({ code: 'headroom', text: expect.stringContaining('operations at once') });
    });

    it('withholds no removal', () => {
      // GIVEN a node that the headroom, of memory that no limit lets be bought, has no use for
      const worker = instance('i-a');
      const { name } = nodeOf(worker);
      const state = { ...emptyState(), unneededSince: { [name]: T0 - 60 * MINUTE } };
      const none = { cpuMilli: 2000, memoryBytes: 0, pods: 17 };
      const nodes = [nodeOf(base), nodeOf(worker, { allocatable: { ...none, cpuMilli: 100 } })];
      const snapshot = scene({ instances: [worker], nodes, pods: [fillOf(base)], cpu: 0.1, snapshot: { state } });
      const result = plan(snapshot, keeping({ cpuMilli: 500 }, { limits: { maxNodes: 2 } }));
      expect(result.intents).toMatchObject([{ kind: 'remove', node: name }]);
      expect(result.decision.code).toBe('cpu-low');
    });
  });

  it('takes back a node that is being drained, and says that it does', () => {
    // GIVEN
    const worker = instance('i-a');
    const node = nodeOf(worker, { unschedulable: true });
    const state = { ...emptyState(), operations: [removing({ node })] };
    const cluster = (pods: Pod[]) =>
      scene({
        instances: [worker],
        nodes: [nodeOf(base, { labels: { only: 'here' } }), node],
        pods,
        snapshot: { state },
      });
    // THEN without demand, and with a demand that needs it not
    const fits = pending({ nodeSelector: { only: 'here' }, requests: { cpuMilli: 100, memoryBytes: 0, pods: 1 } });
    const half = pod({ nodeName: nodeOf(base).name, requests: { cpuMilli: 1900, memoryBytes: 0, pods: 1 } });
    for (const pods of [[fillOf(base)], [half, fits]]) {
      const result = plan(cluster(pods), keeping({ cpuMilli: 1000 }));
      expect(result.intents).toEqual([{ kind: 'uncordon', operation: 'removal-1', node: node.name }]);
      expect(result.decision).toEqual({
        code: 'headroom',
        text: expect.stringContaining(`${node.name} is taken back`),
      });
    }
  });

  it.each<[string, Snapshot, Record<string, number>, string]>([
    ['is launched where every node is full', scene({ pods: [fillOf(base)] }), { burst: 1 }, 'headroom'],
    ['is there where a node is empty', scene(), {}, 'steady'],
    // 8 × 250m fill the base worker of 2000m, or lie on both nodes as the scheduler will have it.
    [
      'is launched beside pods that take what is free',
      scene({ pods: times(8, () => pending()) }),
      { burst: 1 },
      'pending-pods',
    ],
    [
      'is launched for itself alone beside pods that go nowhere else',
      scene({
        nodes: [nodeOf(base, { labels: { only: 'here' } })],
        pods: times(8, () => pending({ nodeSelector: { only: 'here' } })),
      }),
      { burst: 1 },
      'headroom',
    ],
    // 12 × 250m = 3000m: base, and half of a new node; 2000m of headroom want another one.
    ['comes on top of nodes for pods', scene({ pods: times(12, () => pending()) }), { burst: 2 }, 'pending-pods'],
  ])('%s', (_, snapshot, nodes, code) => {
    const result = plan(snapshot, keeping({ cpuMilli: 2000 }));
    expect([nodesOf(result), result.decision.code]).toEqual([nodes, code]);
  });

  it('is launched for itself, in the name of no pod', () => {
    const { intents, pods } = plan(scene({ pods: [fillOf(base)] }), keeping({ cpuMilli: 2000 }));
    expect(intents).toMatchObject([{ kind: 'launch', pool: 'burst', count: 1, reason: 'headroom', pods: [] }]);
    expect(pods).toEqual({});
  });

  it('is not launched again while its node is on its way', () => {
    const operations = [launching({ reason: 'headroom' })];
    const snapshot = scene({ pods: [fillOf(base)], snapshot: { state: { ...emptyState(), operations } } });
    expect(nodesOf(plan(snapshot, keeping({ cpuMilli: 2000 })))).toEqual({});
  });

  it('is never more than limits let it be, and keeps no pod from what they leave', () => {
    // GIVEN one node is left, and pods that fill it
    const snapshot = scene({ pods: [fillOf(base), ...times(8, () => pending())] });
    const result = plan(snapshot, keeping({ cpuMilli: 4000 }, { limits: { maxNodes: 2 } }));
    expect(nodesOf(result)).toEqual({ burst: 1 });
    expect(new Set(Object.values(result.pods).map(({ code }) => code))).toEqual(new Set(['pod-gets-node']));
  });
});

describe('a node that holds the headroom', () => {
  const worker = instance('i-a');
  const { name } = nodeOf(worker);
  const idle = (pods = [fillOf(base)]) =>
    scene({
      instances: [worker],
      pods,
      cpu: 0.1,
      snapshot: { state: { ...emptyState(), unneededSince: { [name]: T0 - 60 * MINUTE } } },
    });

  it('is not removed, however idle it is, and says why', () => {
    expect(plan(idle(), config).nodes[name]?.code).toBe('node-chosen');
    expect(plan(idle(), keeping({ cpuMilli: 2000 })).nodes[name]).toEqual({
      code: 'node-pods-do-not-fit',
      text: 'Its pods do not all fit the other nodes. The headroom that it holds fits no other node.',
    });
  });

  it('is removed where another one holds it as well', () => {
    // GIVEN the base worker is empty too
    expect(plan(idle([]), keeping({ cpuMilli: 2000 })).nodes[name]?.code).toBe('node-chosen');
    expect(plan(idle([]), keeping({ cpuMilli: 2001 })).nodes[name]?.code).toBe('node-pods-do-not-fit');
  });

  it('neither goes nor comes again within two hours in which nothing else happens', () => {
    const settings = keeping({ cpuMilli: 2000 });
    let snapshot = idle();
    for (let tick = 0; tick < 60; tick += 1) {
      const { intents, memory } = plan(snapshot, settings);
      expect(intents).toEqual([]);
      snapshot = later({ ...snapshot, state: { ...snapshot.state, ...memory } }, 2 * MINUTE);
    }
  });
});
