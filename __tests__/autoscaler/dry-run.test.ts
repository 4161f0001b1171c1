import { dryRun, explain, type ReadingPorts } from '../../src/autoscaler/dry-run';
import { plan } from '../../src/autoscaler/planning/planner';
import type { Ports } from '../../src/autoscaler/ports';
import type { Snapshot } from '../../src/autoscaler/snapshot';
import { emptyState } from '../../src/autoscaler/state';
import { config, instance, nodeOf, pending, pod, resources, scene, T0, times } from './builders';
import { run } from './ports';

/** A port that fails whoever calls anything of it that was not given. */
const only = <T extends object>(given: Partial<T>): T =>
  new Proxy(given as T, {
    get: (target, name) => {
      if (name in target) return target[name as keyof T];
      throw new Error(`a dry run asked for ${String(name)}`);
    },
  });

const reading = (snapshot: Snapshot): ReadingPorts => {
  let id = 0;
  return only<Ports>({
    clock: { now: () => T0, remaining: () => 60_000 },
    metrics: only<Ports['metrics']>({ observe: async () => snapshot.metrics }),
    cluster: only<Ports['cluster']>({ observe: async () => snapshot.kubernetes }),
    fleet: only<Ports['fleet']>({ observe: async () => snapshot.instances }),
    store: only<Ports['store']>({ read: async () => snapshot.state }),
    planner: { plan: async (of) => plan(of, config) },
    newId: () => `dry-${++id}`,
  });
};

const spot = instance('i-0a1b2c3d4e5f60718', { market: 'spot' });

describe('a dry run', () => {
  it.each<[string, Snapshot]>([
    ['pods that wait', scene({ pods: times(20, () => pending()) })],
    ['CPU that is high', scene({ cpu: 0.9 })],
    [
      'an interruption',
      scene({
        instances: [spot],
        pods: times(9, () => pod({ nodeName: nodeOf(spot).name })),
        snapshot: {
          state: { ...emptyState(), notices: [{ kind: 'interruption', instance: spot.id, at: T0 }] },
        },
      }),
    ],
    ['a person who paused', scene({ snapshot: { state: { ...emptyState(), paused: true } } })],
  ])('[111] has the very plan of a tick and makes no call that could change anything: %s', async (_, snapshot) => {
    // WHEN
    const dry = await dryRun(reading(snapshot), config, resources);
    // THEN
    const { result } = await run({ ...snapshot, trigger: 'manual' });
    expect(JSON.parse(JSON.stringify(dry.plan).replaceAll('dry-1', 'id-2'))).toEqual(result.plan);
    expect(dry.decision).toEqual(result.decision);
  });

  it('tells of a retired cluster that no tick would act', async () => {
    const snapshot = scene({ snapshot: { state: { ...emptyState(), retiredAt: T0 } } });
    expect(await dryRun(reading(snapshot), config, resources)).toMatchObject({
      decision: { code: 'retired' },
      plan: null,
    });
  });

  it('explains everything, one node, or one pod', async () => {
    const dry = await dryRun(
      reading(scene({ instances: [spot], pods: times(2, (i) => pending({ name: `p-${i}` })) })),
      config,
      resources,
    );
    expect(explain(dry, {})).toMatchObject({ pools: dry.plan?.pools, nodes: dry.plan?.nodes, pods: dry.plan?.pods });
    const node = nodeOf(spot).name;
    expect(explain(dry, { node })).toEqual({
      at: T0,
      decision: dry.decision,
      pools: {},
      nodes: { [node]: dry.plan?.nodes[node] },
      pods: {},
    });
    expect(Object.keys(explain(dry, { pod: 'default/p-1' }).pods)).toEqual(['default/p-1']);
    expect(explain(dry, { pod: 'default/nobody' }).pods).toEqual({});
  });
});
