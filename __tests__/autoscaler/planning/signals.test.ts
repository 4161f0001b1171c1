import { plan } from '../../../src/autoscaler/planning/planner';
import type { SignalReading, Snapshot } from '../../../src/autoscaler/snapshot';
import { type ClusterState, emptyState } from '../../../src/autoscaler/state';
import type { RuntimeConfig, RuntimeSignal } from '../../../src/config/runtime';
import {
  base,
  burstPool,
  config,
  instance,
  launching,
  MINUTE,
  nodeOf,
  removing,
  type Scene,
  scene,
  T0,
  times,
} from '../builders';

const queue: RuntimeSignal = { name: 'queue', query: 'sum(queue)', above: 100, below: 20, windowMs: 5 * MINUTE };
const latency: RuntimeSignal = { name: 'p95', query: 'p95', above: 0.5, windowMs: 5 * MINUTE };

const withSignals = (signals: RuntimeSignal[], over: Partial<RuntimeConfig> = {}): RuntimeConfig => ({
  ...config,
  ...over,
  policy: { ...config.policy, signals },
});

const steady = (value: number): SignalReading => ({ known: true, now: value, least: value, most: value });
const between = (least: number, most: number): SignalReading => ({ known: true, now: most, least, most });
const doubt = (name: string): SignalReading => ({ known: false, doubt: `signal ${name} gives 3 values` });

/** Base and so many workers, all warm, with that CPU. */
const fleet = (workers: number, cpu: number, signals: Record<string, SignalReading> = {}, over: Scene = {}) =>
  scene({
    instances: times(workers - 1, (i) => instance(`i-${i}`)),
    cpu,
    metrics: { signals },
    ...over,
  });

/** Whatever the zones, so many nodes of each pool. */
function launches(snapshot: Snapshot, with_: RuntimeConfig) {
  const byPool = new Map<string, { kind: 'launch'; pool: string; count: number; reason: string; pods: string[] }>();
  for (const intent of plan(snapshot, with_).intents) {
    if (intent.kind !== 'launch') continue;
    const { kind, pool, count, reason, pods } = intent;
    byPool.set(pool, { kind, pool, count: count + (byPool.get(pool)?.count ?? 0), reason, pods });
  }
  return [...byPool.values()];
}

describe('how many nodes a reading asks for', () => {
  it.each<[number, number, number]>([
    // warm workers, CPU over a threshold of 70 %, nodes: ceil(workers * cpu / 70) - workers
    [1, 0.95, 1],
    [1, 0.71, 1],
    [4, 0.71, 1],
    [4, 0.95, 2],
    [5, 0.95, 2],
    [5, 1, 3],
    [4, 0.7, 0],
    [4, 0.5, 0],
  ])('of %d workers at a CPU of %d: %d', (workers, cpu, count) => {
    const result = launches(fleet(workers, cpu), config);
    expect(result).toEqual(count === 0 ? [] : [{ kind: 'launch', pool: 'burst', count, reason: 'cpu-high', pods: [] }]);
  });

  it.each<[string, number, number, number]>([
    ['a little above', 4, 101, 1],
    ['a half above', 4, 150, 2],
    ['exactly a tenth above over ten workers', 5, 120, 1],
    ['three times the threshold, which doubles and no more', 4, 300, 4],
    ['a thousand times over one worker', 1, 100_000, 1],
    ['at the threshold', 4, 100, 0],
  ])('of a signal that is %s', (_, workers, value, count) => {
    const result = launches(fleet(workers, 0.5, { queue: steady(value) }), withSignals([queue]));
    expect(result).toMatchObject(count === 0 ? [] : [{ count, reason: 'signal-high' }]);
  });

  it.each([0, -5])('is one where the threshold is %d, as no multiple of it says how much', (above) => {
    const result = launches(fleet(4, 0.5, { queue: steady(1000) }), withSignals([{ ...queue, above }]));
    expect(result).toMatchObject([{ count: 1 }]);
  });

  it('is one where there is no worker yet', () => {
    // GIVEN no worker at all, and so no CPU
    const none = scene({ nodes: [], metrics: { signals: { queue: steady(500) } }, snapshot: {} });
    // THEN the queue speaks for itself
    expect(launches(none, withSignals([queue]))).toMatchObject([{ count: 1, reason: 'signal-high' }]);
  });

  it('goes by what held for the whole window, and not by a peak in it', () => {
    expect(launches(fleet(4, 0.5, { queue: between(90, 900) }), withSignals([queue]))).toEqual([]);
    expect(launches(fleet(4, 0.5, { queue: between(110, 900) }), withSignals([queue]))).toMatchObject([{ count: 1 }]);
  });

  it('is cut by a limit, and the decision says so', () => {
    const limited = withSignals([queue], { limits: { maxNodes: 6 } });
    const result = plan(fleet(4, 0.5, { queue: steady(200) }), limited);
    expect(result.intents).toMatchObject([{ count: 2 }]);
    expect(result.decision.text).toContain('4 nodes are asked for; a limit leaves 2.');
  });

  it('goes on in the next pool where one is full', () => {
    const pools = ['burst', 'other'].map((name) => ({
      ...burstPool,
      name,
      max: 4,
    }));
    const result = launches(fleet(4, 0.5, { queue: steady(200) }), withSignals([queue], { pools }));
    // THEN three workers are in `burst` already
    expect(result).toMatchObject([
      { pool: 'burst', count: 1 },
      { pool: 'other', count: 3 },
    ]);
  });
});

describe('a reading that is high while nodes are drained by our own choice', () => {
  const leaving = times(2, (i) => instance(`i-d${i}`));
  const nodes = leaving.map((worker) => nodeOf(worker, { unschedulable: true }));
  const names = nodes.map(({ name }) => name);
  const operations = nodes.map((node, i) => removing({ id: `removal-${i}`, node, instance: `i-d${i}` }));
  /** So many warm workers beside those two. */
  const draining = (workers: number, cpu: number, changes: Partial<ClusterState> = {}) => {
    const serving = times(workers - 1, (i) => instance(`i-${i}`));
    return scene({
      instances: [...serving, ...leaving],
      nodes: [nodeOf(base), ...serving.map((worker) => nodeOf(worker)), ...nodes],
      cpu,
      metrics: { signals: { queue: steady(cpu * 100) } },
      snapshot: { state: { ...emptyState(), operations, ...changes } },
    });
  };

  it('takes back as many as are wanted and launches none', () => {
    // GIVEN one more is wanted than the two that serve
    const result = plan(draining(2, 0.95), config);
    expect(result.intents).toEqual([{ kind: 'uncordon', operation: 'removal-0', node: names[0] }]);
    expect(result.decision).toEqual({ code: 'cpu-high', text: expect.stringContaining(`Taken back: ${names[0]}.`) });
  });

  it('launches the rest alone', () => {
    // GIVEN three more are wanted than the three that serve
    const result = plan(draining(3, 1.5), withSignals([{ ...queue, above: 75 }]));
    expect(result.intents).toMatchObject([
      { kind: 'uncordon', node: names[0] },
      { kind: 'uncordon', node: names[1] },
      { kind: 'launch', count: 1 },
    ]);
    expect(result.decision.text).toContain(`Taken back: ${names.join(', ')}.`);
  });

  it('does so where a limit lets none be launched', () => {
    const result = plan(draining(3, 1.5), { ...config, limits: { maxNodes: 5 } });
    expect(result.intents).toMatchObject([{ kind: 'uncordon' }, { kind: 'uncordon' }]);
    expect(result.decision.text).toContain('3 nodes are asked for; a limit leaves 2.');
    expect(result.decision.code).toBe('cpu-high');
  });

  it('waits for what was bought as ever', () => {
    const result = plan(draining(2, 0.95, { cooldownUntil: { up: T0 + 1, down: 0 } }), config);
    expect(result).toMatchObject({ decision: { code: 'cool-down' }, intents: [] });
  });

  it('takes none back that EC2 takes', () => {
    const taken = operations.map((operation) => ({ ...operation, cause: 'interruption' as const }));
    expect(plan(draining(2, 0.95, { operations: taken }), config).intents).not.toContainEqual(
      expect.objectContaining({ kind: 'uncordon' }),
    );
  });
});

describe('which reading decides', () => {
  it('is the one furthest above its threshold, by ratio', () => {
    // GIVEN CPU at 1.3 times its threshold, the queue at 1.5, the latency at 1.2
    const snapshot = fleet(4, 0.91, { queue: steady(150), p95: steady(0.6) });
    const result = plan(snapshot, withSignals([latency, queue]));
    // THEN the queue, with its numbers
    expect(result.decision).toEqual({
      code: 'signal-high',
      text: 'A signal was above its threshold for the whole window. Signal queue was at least 150, over 4 workers; the threshold is 100.',
    });
  });

  it('is CPU where it is as far above as a signal', () => {
    expect(plan(fleet(4, 0.84, { queue: steady(120) }), withSignals([queue])).decision.code).toBe('cpu-high');
  });

  it.each([
    ['a node is on its way', { state: { ...emptyState(), operations: [launching()] } }, 'capacity-in-flight'],
    ['the cool-down runs', { state: { ...emptyState(), cooldownUntil: { up: T0 + 1, down: 0 } } }, 'cool-down'],
  ])('launches nothing while %s', (_, snapshot, code) => {
    const result = plan(fleet(4, 0.5, { queue: steady(500) }, { snapshot }), withSignals([queue]));
    expect(result).toMatchObject({ decision: { code }, intents: [] });
  });

  it('launches nothing while a worker is not warm', () => {
    const fresh = instance('i-9', { launchedAt: T0 - 3 * MINUTE });
    const snapshot = fleet(1, 0.5, { queue: steady(500) }, { instances: [fresh] });
    expect(plan(snapshot, withSignals([queue]))).toMatchObject({
      decision: { code: 'capacity-in-flight' },
      intents: [],
    });
  });
});

describe('a removal', () => {
  const old = instance('i-01d', { launchedAt: T0 - 50 * MINUTE });
  const removing = (signals: Record<string, SignalReading>, list: RuntimeSignal[]) =>
    plan(
      scene({
        instances: [old],
        cpu: 0.1,
        metrics: { signals },
        snapshot: { state: { ...emptyState(), unneededSince: { [nodeOf(old).name]: T0 - 10 * MINUTE } } },
      }),
      withSignals(list),
    );
  const verdictOf = (result: ReturnType<typeof plan>) => result.nodes[nodeOf(old).name];

  it.each<[string, SignalReading]>([
    ['below its lower threshold', steady(19)],
    ['at nothing', steady(0)],
  ])('goes on with a signal that is %s', (_, reading) => {
    expect(removing({ queue: reading }, [queue]).intents).toMatchObject([{ kind: 'remove', instance: 'i-01d' }]);
  });

  it.each<[string, SignalReading, RegExp]>([
    ['at its lower threshold', steady(20), /queue was up to 20 in its window, not below 20/],
    ['between its thresholds', steady(60), /not below 20/],
    ['low now, and was not in its window', { known: true, now: 5, least: 5, most: 70 }, /up to 70/],
  ])('is kept by a signal that is %s', (_, reading, text) => {
    const result = removing({ queue: reading }, [queue]);
    expect(result.intents).toEqual([]);
    expect(verdictOf(result)).toEqual({ code: 'node-needed', text: expect.stringMatching(text) });
  });

  it('needs a signal without a lower threshold to be below 80 % of its upper one', () => {
    expect(removing({ p95: between(0.2, 0.39) }, [latency]).intents).toHaveLength(1);
    for (const most of [0.4, 0.5, 0.51]) {
      const result = removing({ p95: between(0.2, most) }, [latency]);
      expect(result.intents).toEqual([]);
      expect(verdictOf(result)).toMatchObject({ code: 'node-needed', text: expect.stringContaining('not below 0.4') });
    }
  });

  it.each([0, -5])('needs one without it whose upper one is %d not to be above that, which has no share', (above) => {
    const backlog: RuntimeSignal = { name: 'p95', query: 'p95', above, windowMs: 5 * MINUTE };
    expect(removing({ p95: steady(above) }, [backlog]).intents).toHaveLength(1);
    const result = removing({ p95: between(above - 1, above + 1) }, [backlog]);
    expect(verdictOf(result)).toMatchObject({ code: 'node-needed', text: expect.stringContaining(`above ${above}.`) });
  });
});

describe('a signal that is not known', () => {
  const old = instance('i-01d', { launchedAt: T0 - 50 * MINUTE });
  const unneeded = { ...emptyState(), unneededSince: { [nodeOf(old).name]: T0 - 10 * MINUTE } };

  it.each([
    ['has a doubt', { queue: doubt('queue') }, /signal queue gives 3 values/],
    ['was not asked for', {}, /signal queue was not read/],
  ])('withholds every removal when it %s, and is named', (_, signals, text) => {
    const snapshot = scene({ instances: [old], cpu: 0.1, metrics: { signals }, snapshot: { state: unneeded } });
    const result = plan(snapshot, withSignals([queue]));
    expect(result.intents).toEqual([]);
    expect(result.hold).toEqual({ code: 'data-doubtful', text: expect.stringMatching(text) });
    expect(result.decision.code).toBe('data-doubtful');
    expect(result.nodes[nodeOf(old).name]?.code).toBe('data-doubtful');
  });

  it('withholds no launch but its own', () => {
    const both = withSignals([queue, latency]);
    expect(launches(fleet(4, 0.95, { queue: doubt('queue'), p95: steady(0) }), both)).toMatchObject([
      { reason: 'cpu-high', count: 2 },
    ]);
    expect(launches(fleet(4, 0.5, { queue: doubt('queue'), p95: steady(1) }), both)).toMatchObject([
      { reason: 'signal-high', count: 4 },
    ]);
  });

  it('asks a stored launch again only where what it is for is known', () => {
    const stored = (reason: string) => launching({ id: reason, reason, phase: 'requested', instances: [], count: 1 });
    const resumed = (signals: Record<string, SignalReading>, list: RuntimeSignal[] = [queue, latency]) => {
      const state = { ...emptyState(), operations: [stored('cpu-high'), stored('signal-high')] };
      return plan(fleet(2, 0.5, signals, { snapshot: { state } }), withSignals(list)).resume;
    };
    expect(resumed({ queue: steady(50), p95: steady(0) })).toEqual(['cpu-high', 'signal-high']);
    expect(resumed({ queue: steady(50), p95: doubt('p95') })).toEqual(['cpu-high']);
    // and a signal that left the configuration is known no more
    expect(resumed({}, [])).toEqual(['cpu-high']);
  });

  it('does not speak where Prometheus as a whole is unknown', () => {
    const metrics = { known: false, reason: 'timeout', detail: 'no answer' } as const;
    const result = plan(scene({ snapshot: { metrics } }), withSignals([queue]));
    expect(result.hold?.text).toContain('Prometheus is unknown (timeout: no answer)');
  });
});

it('a base worker alone is never what goes', () => {
  expect(
    plan(scene({ cpu: 0.01, metrics: { signals: { queue: steady(0) } } }), withSignals([queue])).nodes,
  ).toMatchObject({
    [nodeOf(base).name]: { code: 'node-base' },
  });
});
