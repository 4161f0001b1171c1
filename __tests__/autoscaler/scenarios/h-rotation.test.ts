import { plan } from '../../../src/autoscaler/planning/planner';
import type { Instance, Snapshot } from '../../../src/autoscaler/snapshot';
import type { RuntimeConfig } from '../../../src/config/runtime';
import type { Face } from '../../../src/proof/face/face';
import { halves } from '../../../src/proof/workload';
import { isReady } from '../../../src/world/kubernetes/objects';
import { START } from '../../../src/world/scenario/types';
import {
  base,
  burstPool,
  config,
  instance,
  MI,
  MINUTE,
  nodeOf,
  pending,
  removing,
  scene,
  T0,
  typeOf,
} from '../builders';
import { launched, live, workerNodes } from '../hours';
import { fullBase, type Idle, idle, podsOf, withMinimum, withPolicy } from '../idle';

/**
 * Workers that are replaced: too old, or made from a launch template that is no more the current one. The numbers are
 * those of the list of scenarios by which autoscalers are compared.
 */

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const stale = (id: string, over: Partial<Instance> = {}) => instance(id, { templateVersion: '2', ...over });
const current = (id: string) => instance(id, { templateVersion: '3' });
const templates = { burst: '3' };

const outdated = (given: Idle): Snapshot => idle({ ...given, snapshot: { templates, ...given.snapshot } });
/** `launch <pool>` and `remove <instance>`, each with its reason. */
const does = (snapshot: Snapshot, settings: RuntimeConfig): string[] =>
  plan(snapshot, settings).intents.map((intent) => {
    if (intent.kind === 'launch') return `launch ${intent.count} ${intent.pool}: ${intent.reason}`;
    return intent.kind === 'remove' ? `remove ${intent.instance}: ${intent.reason}` : `take back ${intent.node}`;
  });

describe('a worker of an old generation', () => {
  const old = [stale('i-01'), stale('i-02')] as const;

  it('[73] stays until a new one is launched', () => {
    // GIVEN both are stale, busy, and there is no room elsewhere
    const pods = [...fullBase(), ...podsOf(old[0], 4), ...podsOf(old[1], 4)];
    const result = plan(outdated({ instances: [...old], pods }), config);
    expect(does(outdated({ instances: [...old], pods }), config)).toEqual(['launch 1 burst: rotation']);
    expect(result.decision).toMatchObject({
      code: 'rotation',
      text: expect.stringContaining('of version 2; the current one is 3'),
    });
  });

  it('[73] stays while the new one is on its way, and goes once it is up', () => {
    const fresh = current('i-03');
    const pods = [...fullBase(), ...podsOf(old[0], 4), ...podsOf(old[1], 4)];
    const seen = (ready: boolean) => {
      const nodes = [nodeOf(base), ...old.map((of) => nodeOf(of)), nodeOf(fresh, { ready })];
      return outdated({ instances: [...old, fresh], nodes, pods, state: { lastScaleTime: T0 - 12 * MINUTE } });
    };
    expect(does(seen(false), config)).toEqual([]);
    // THEN the oldest first, and no other with it
    expect(does(seen(true), withPolicy({ removalsAtOnce: 9 }))).toEqual(['remove i-01: rotation']);
  });

  it('[73] stays though all are stale and empty, where the minimum needs them: one new one comes first', () => {
    expect(does(outdated({ instances: [...old] }), withMinimum(2))).toEqual(['launch 1 burst: rotation']);
  });

  it('[73] is not moved onto another one that is to go', () => {
    // GIVEN room for its pods on the other stale worker alone
    const pods = [...fullBase(), ...podsOf(old[0], 4)];
    expect(does(outdated({ instances: [...old], pods }), withMinimum(2))).toEqual(['launch 1 burst: rotation']);
  });

  const others: [string, Partial<Idle>, Partial<Instance>][] = [
    [
      'another operation is open',
      { state: { operations: [removing({ node: nodeOf(old[1]), instance: 'i-02' })] } },
      {},
    ],
    ['the cluster changed within the hour', { state: { lastScaleTime: T0 - HOUR + 1 } }, {}],
    ['a pod waits', { pods: [...fullBase(), ...podsOf(old[0], 4), ...podsOf(old[1], 4), pending()] }, {}],
    ['its version is the current one', {}, { templateVersion: '3' }],
  ];
  it.each(others)('[73] makes nobody launch for it while %s', (_, over, as) => {
    const instances = old.map((of) => ({ ...of, ...as }));
    const pods = [...fullBase(), ...podsOf(old[0], 4), ...podsOf(old[1], 4)];
    expect(does(outdated({ instances, pods, ...over }), config).join()).not.toContain('rotation');
  });

  it('[73] is not one whose version EC2 does not tell', () => {
    const untold = instance('i-01');
    const snapshot = outdated({ instances: [untold], pods: [...fullBase(), ...podsOf(untold, 4)] });
    expect(does(snapshot, config)).toEqual([]);
  });

  it('[73] makes nobody launch for it where the pods would not fit a new one either, and that is said', () => {
    const apart = { nodeSelector: { disk: 'ssd' } };
    const snapshot = outdated({ instances: [old[0]], pods: podsOf(old[0], 4, apart) });
    expect(does(snapshot, config)).toEqual([]);
    expect(plan(snapshot, config).nodes[nodeOf(old[0]).name]).toMatchObject({
      code: 'node-not-replaced',
      text: expect.stringMatching(
        /of version 2; the current one is 3\. Nor would a new worker help: .* fits no other node/,
      ),
    });
  });

  it('[73] gets a new one of the first type that holds its pods, though another one is cheaper', () => {
    // GIVEN the first type of the pool is too small for the pod
    const requests = { cpuMilli: 1500, memoryBytes: 128 * MI, pods: 1 };
    const types = {
      ...config.instanceTypes,
      't3.small': typeOf(1000, 1500, 0.01),
      't3.large': typeOf(2000, 7000, 0.08),
    };
    const pools = [{ ...burstPool, instanceTypes: ['t3.small', 't3.large'] }];
    const snapshot = outdated({ instances: [old[0]], pods: [...fullBase(), ...podsOf(old[0], 1, { requests })] });
    expect(plan(snapshot, { ...config, pools, instanceTypes: types }).intents).toMatchObject([
      { kind: 'launch', reason: 'rotation', types: ['t3.large'] },
    ]);
  });

  it('[73] stays where its pool has as many as it may, and that is said', () => {
    const pools = [{ ...burstPool, min: 1, max: 1 }];
    const snapshot = outdated({ instances: [old[0]], pods: [...fullBase(), ...podsOf(old[0], 4)] });
    const { intents, nodes } = plan(snapshot, { ...config, pools });
    expect(intents).toEqual([]);
    expect(nodes[nodeOf(old[0]).name]).toMatchObject({
      code: 'node-not-replaced',
      text: expect.stringContaining('Limits leave no room for one more worker of pool burst.'),
    });
  });
});

describe('the age of a worker', () => {
  const aged = withPolicy({ maxAgeMs: 14 * DAY });
  const busy = (launchedAt: number): Snapshot => {
    const worker = instance('i-01', { launchedAt });
    return scene({ instances: [worker], pods: [...fullBase(), ...podsOf(worker, 4)] });
  };

  it('[116] ends it at the longest that is allowed, and never without one', () => {
    expect(does(busy(T0 - 14 * DAY + 1), aged)).toEqual([]);
    expect(does(busy(T0 - 14 * DAY), aged)).toEqual(['launch 1 burst: rotation']);
    expect(does(busy(T0 - 365 * DAY), config)).toEqual([]);
  });

  it.each([
    // 0.4 of two cores each on base and worker are 80 % of one, 0.2 are 40 %; at 70 % more is launched, less 10 for safety.
    [0.2, 'remove i-01: rotation'],
    [0.4, 'launch 1 burst: rotation'],
  ])(
    '[116] has another worker launched first where the others would be too busy alone: at a CPU of %d, %s',
    (cpu, first) => {
      const worker = instance('i-01', { launchedAt: T0 - 20 * DAY });
      const light = scene({ instances: [worker], pods: podsOf(worker, 4), cpu });
      expect(does(light, aged)).toEqual([first]);
    },
  );
});

describe('hours in which workers are replaced', () => {
  const pools = { burst: { instanceTypes: ['t3.medium'], min: 2 } };
  const SETTLED = START + 4 * MINUTE;

  /** At each event of the world once two workers are there: how many serve, and how many are on their way out. */
  function watch(face: Face, seen: { serving: number; leaving: number }[]): void {
    face.world.onEvent(({ at }) => {
      if (at < SETTLED) return;
      const workers = workerNodes(face).filter(
        ({ metadata }) => metadata.labels?.['k3s-autoscaler/managed'] === 'true',
      );
      const alive = new Set(
        face.world.ec2.all().flatMap(({ id, state }) => (state === 'running' ? [`worker-${id}`] : [])),
      );
      const serving = workers.filter(
        (node) => isReady(node) && !node.spec.unschedulable && alive.has(node.metadata.name),
      );
      const leaving = workers.filter((node) => node.spec.unschedulable && alive.has(node.metadata.name));
      seen.push({ serving: serving.length, leaving: leaving.length });
    });
  }

  const ends = ({ world }: Face): string[] =>
    world.events.flatMap((event) =>
      event.kind === 'instance-state' && event.state === 'shutting-down' ? [event.instance] : [],
    );

  const replaced = async (policy: Record<string, unknown>, steps: [number, (face: Face) => void][]) => {
    const seen: { serving: number; leaving: number }[] = [];
    const { face } = await live({
      ticks: 210,
      config: { pools, policy },
      steps: [[0, (begun) => watch(begun, seen)], [1, ({ world }) => world.workload(halves(6))], ...steps],
    });
    // THEN the oldest goes first, one at a time, and never fewer serve than the minimum
    const all = launched(face);
    expect(ends(face)).toEqual(all.slice(0, ends(face).length));
    expect(Math.min(...seen.map(({ serving }) => serving))).toBe(2);
    expect(Math.max(...seen.map(({ serving, leaving }) => serving + leaving))).toBe(3);
    expect(Math.max(...seen.map(({ leaving }) => leaving))).toBe(1);
    // THEN no pod waits for it
    const unschedulable = face.world.events.filter(({ at, kind }) => at > SETTLED && kind === 'pod-unschedulable');
    expect(unschedulable).toEqual([]);
    return face;
  };

  it('[116] of two hours at most are replaced one at a time and never below the minimum', async () => {
    const face = await replaced({ maxAge: '2h' }, []);
    // THEN in seven hours each of the first two once, and those after them
    expect(ends(face).length).toBeGreaterThanOrEqual(3);
    for (const { launchedAt, endedAt = launchedAt } of face.world.ec2.all()) {
      if (endedAt > launchedAt) expect(endedAt - launchedAt).toBeGreaterThan(2 * HOUR);
    }
  });

  it('[73] die only after new ones are up, once the launch template has a new version', async () => {
    const deployed = ({ world }: Face) =>
      Object.assign(world.options.resources.launchTemplates.burst as object, { version: '2' });
    const face = await replaced({}, [[70, deployed]]);
    // THEN both were replaced, and nothing else happened
    const versions = face.world.ec2
      .all()
      .flatMap(({ templateVersion, state }) => (templateVersion ? [[templateVersion, state]] : []));
    expect(versions).toEqual([
      ['1', 'terminated'],
      ['1', 'terminated'],
      ['2', 'running'],
      ['2', 'running'],
    ]);
  });
});
