import { placeholders } from '../../../src/autoscaler/planning/headroom';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import type { Headroom, RuntimeConfig } from '../../../src/config/runtime';
import {
  base,
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
    ['of 500m is one piece', { cpuMilli: 500 }, 1, { cpuMilli: 500, pods: 1 }],
    ['of 2500m is three pieces of not more than a core', { cpuMilli: 2500 }, 3, { cpuMilli: 834, pods: 1 }],
    [
      'of 9 GiB is three pieces of not more than 4 GiB',
      { memoryBytes: 9216 * MI },
      3,
      { memoryBytes: 3072 * MI, pods: 1 },
    ],
    ['for five pods is five pieces', { cpuMilli: 1000, pods: 5 }, 5, { cpuMilli: 200, pods: 1 }],
    [
      'for a thousand pods is 200 pieces of five seats',
      { cpuMilli: 100_000, pods: 1000 },
      200,
      { cpuMilli: 500, pods: 5 },
    ],
  ])('%s: %p', (_, headroom, count, each) => {
    const made = placeholders(room(headroom));
    expect(made).toHaveLength(count);
    for (const { requests } of made) expect(requests).toEqual(room(each));
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
