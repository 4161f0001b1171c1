import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { METRICS } from '../../src/autoscaler/names';
import type { Snapshot } from '../../src/autoscaler/snapshot';
import { emptyState, type RemovalOperation } from '../../src/autoscaler/state';
import {
  base,
  burstPool,
  config,
  instance,
  MINUTE,
  nodeOf,
  pending,
  pod,
  removing,
  scene,
  T0,
  times,
} from './builders';
import { run, type Script } from './ports';

const schema = z.fromJSONSchema(
  JSON.parse(readFileSync(path.join(__dirname, '../fixtures/embedded-metric-format.schema.json'), 'utf8')),
);

interface MetricsLine {
  _aws: { Timestamp: number; CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
  [member: string]: unknown;
}

const metricsIn = (lines: Record<string, unknown>[]) => lines.filter((line) => '_aws' in line) as MetricsLine[];

/** The metrics of one tick by name, as CloudWatch would extract them. */
async function measured(snapshot: Snapshot, script: Script = {}): Promise<Record<string, unknown>> {
  const { lines } = await run(snapshot, { ...script, config: { metrics: true, ...script.config } });
  const [line, ...more] = metricsIn(lines);
  expect(more).toEqual([]);
  const names = line?._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)) ?? [];
  return Object.fromEntries(names.map((name) => [name, line?.[name]]));
}

const unknown = { known: false, reason: 'timeout', detail: 'no answer in 3 s' } as const;
const fine = {
  GoodTicks: 1,
  UnknownData: 0,
  CircuitOpen: 0,
  QuotaExceeded: 0,
  MaxReachedWithDemand: 0,
  Orphans: 0,
  IgnoredEvents: 0,
};

describe('the metrics of a tick', () => {
  it('are one line more, in the embedded metric format, at the time of the tick', async () => {
    const { lines } = await run(scene(), { config: { metrics: true } });
    const [line] = metricsIn(lines);
    expect(metricsIn(lines)).toHaveLength(1);
    expect(schema.safeParse(line).error).toBeUndefined();
    expect(line).toEqual({
      _aws: {
        Timestamp: T0,
        CloudWatchMetrics: [
          {
            Namespace: 'k3s-autoscaler',
            Dimensions: [['Cluster']],
            Metrics: expect.arrayContaining(METRICS.names.map((Name) => ({ Name, Unit: 'Count' }))),
          },
        ],
      },
      Cluster: config.cluster,
      ...fine,
    });
  });

  it('refer only to members of the line that are numbers, and to a dimension that is text', async () => {
    const { lines } = await run(scene(), { config: { metrics: true } });
    const [line] = metricsIn(lines);
    for (const { Metrics } of line?._aws.CloudWatchMetrics ?? []) {
      for (const { Name } of Metrics) expect(line?.[Name]).toEqual(expect.any(Number));
    }
    expect(line?.Cluster).toEqual(expect.any(String));
  });

  it('are not written where nobody wants them', async () => {
    const { lines } = await run(scene());
    expect(lines.length).toBeGreaterThan(0);
    expect(metricsIn(lines)).toEqual([]);
  });

  it('are one line too when the tick looks twice, of what it saw last', async () => {
    expect(await measured(scene(), { wakes: 1 })).toEqual(fine);
  });
});

describe('GoodTicks', () => {
  const demand = () => scene({ nodes: [], pods: times(9, () => pending()) });

  it('is all that is known of a tick that the lease sent away, and it was none', async () => {
    expect(await measured(scene(), { heldBy: 'somebody else' })).toEqual({ GoodTicks: 0 });
  });

  it('is 0 for a tick that lost the lease', async () => {
    expect(await measured(demand(), { loseAt: 1 })).toMatchObject({ GoodTicks: 0 });
  });

  it('is 0 for a tick of a retired cluster: a destroy that stopped half way must not look well', async () => {
    const state = { ...emptyState(), retiredAt: T0 - MINUTE };
    expect(await measured(scene({ snapshot: { state } }))).toEqual({ GoodTicks: 0 });
  });

  it('is 0 and alone for a tick that failed, and the failure is thrown', async () => {
    const lines: Record<string, unknown>[] = [];
    const failing = run(demand(), { lines, failLaunch: new Error('boom'), config: { metrics: true } });
    await expect(failing).rejects.toThrow('boom');
    const [line] = metricsIn(lines);
    expect(schema.safeParse(line).error).toBeUndefined();
    expect(line).toMatchObject({ GoodTicks: 0 });
    expect(line).not.toHaveProperty('UnknownData');
  });
});

describe('UnknownData', () => {
  it.each(['metrics', 'kubernetes', 'instances'] as const)('is 1 while %s is unknown', async (source) => {
    expect(await measured(scene({ snapshot: { [source]: unknown } }))).toMatchObject({ GoodTicks: 1, UnknownData: 1 });
  });

  it('is 1 while the data is old', async () => {
    const { metrics } = scene();
    const old = { ...metrics, at: T0 - 10 * MINUTE } as Snapshot['metrics'];
    expect(await measured(scene({ snapshot: { metrics: old } }))).toMatchObject({ UnknownData: 1 });
  });

  it('is 1 while EC2 hides the instance of a Ready Node', async () => {
    const hidden = nodeOf(instance('i-a'));
    expect(await measured(scene({ nodes: [nodeOf(base), hidden] }))).toMatchObject({ UnknownData: 1 });
  });

  it('is 1 while EC2 shows not even the server, in a cluster too young for anything else to tell', async () => {
    const young = nodeOf(base, { createdAt: T0 - MINUTE, ready: false });
    const snapshot = { instances: { known: true as const, at: T0, value: [] } };
    expect(await measured(scene({ nodes: [young], snapshot }))).toMatchObject({ UnknownData: 1 });
  });

  it('is 1 while Prometheus and Kubernetes count other pods', async () => {
    expect(await measured(scene({ metrics: { unschedulablePods: 3 } }))).toMatchObject({ UnknownData: 1 });
  });

  it('is 1 while most of our workers have lost their Nodes', async () => {
    const instances = times(3, (i) => instance(`i-${i}`));
    const young = nodeOf(base, { createdAt: T0 - MINUTE });
    expect(await measured(scene({ instances, nodes: [young] }))).toMatchObject({ UnknownData: 1, Orphans: 0 });
  });

  it('is 0 in a cluster whose workers are not warm yet: nobody could know their CPU', async () => {
    const young = nodeOf(base, { createdAt: T0 - MINUTE });
    expect(await measured(scene({ nodes: [young] }))).toMatchObject({ UnknownData: 0 });
  });
});

describe('MaxReachedWithDemand', () => {
  const full = times(8, () => pod({ nodeName: nodeOf(base).name }));
  const waiting = times(9, () => pending());

  it('is 1 while a pod waits for a node that a limit forbids', async () => {
    const limited = { limits: { maxNodes: 1 } };
    expect(await measured(scene({ pods: [...full, ...waiting] }), { config: limited })).toMatchObject({
      MaxReachedWithDemand: 1,
    });
  });

  it('is 0 at the same limit with no pod waiting', async () => {
    expect(await measured(scene({ pods: full }), { config: { limits: { maxNodes: 1 } } })).toMatchObject({
      MaxReachedWithDemand: 0,
    });
  });

  it('is absent, not 0, while the pods are unknown or nothing is planned for them', async () => {
    const paused = { ...emptyState(), paused: true };
    const empty = { instances: { known: true as const, at: T0, value: [] } };
    for (const snapshot of [{ kubernetes: unknown }, { instances: unknown }, empty, { state: paused }]) {
      expect(await measured(scene({ snapshot }))).not.toHaveProperty('MaxReachedWithDemand');
    }
  });
});

describe('CircuitOpen', () => {
  it('counts the pools whose last three launches never joined', async () => {
    const pools = ['a', 'b', 'c'].map((name) => ({ ...burstPool, name }));
    const state = { ...emptyState(), joinFailures: { a: 3, b: 2, c: 4 } };
    expect(await measured(scene({ snapshot: { state } }), { config: { pools } })).toMatchObject({ CircuitOpen: 2 });
  });
});

describe('QuotaExceeded', () => {
  it('counts the offerings that a quota keeps from being asked for, and no other failure', async () => {
    const memory = (reason: string, until: number) => ({ failures: 1, until, reason });
    const offerings = {
      a: memory('VcpuLimitExceeded: you have requested more vCPU capacity', T0 + 1),
      // Two intervals of the schedule are for the tick that asks again.
      b: memory('VcpuLimitExceeded: you have requested more vCPU capacity', T0 - 4 * MINUTE + 1),
      d: memory('VcpuLimitExceeded: you have requested more vCPU capacity', T0 - 4 * MINUTE),
      c: memory('InsufficientInstanceCapacity: none', T0 + 1),
    };
    const state = { ...emptyState(), offerings };
    expect(await measured(scene({ snapshot: { state } }))).toMatchObject({ QuotaExceeded: 2 });
  });
});

describe('Orphans', () => {
  const late = instance('i-a', { launchedAt: T0 - 60 * MINUTE });
  const ending = (over: Partial<RemovalOperation> = {}) =>
    removing({ phase: 'terminating', createdAt: T0 - 2 * MINUTE, deadline: T0, instance: late.id, ...over });
  const found = (over: Parameters<typeof scene>[0], operations: RemovalOperation[] = []) =>
    measured(scene({ ...over, snapshot: { state: { ...emptyState(), operations } } }));

  it('counts an instance that has no Node, in the tick that finds it and in each in which it is still there', async () => {
    expect(await found({ instances: [late], nodes: [nodeOf(base)] })).toMatchObject({ Orphans: 1 });
    expect(await found({ instances: [late], nodes: [nodeOf(base)] }, [ending()])).toMatchObject({ Orphans: 1 });
  });

  it('counts a Node whose instance is gone', async () => {
    const nodes = [nodeOf(base), nodeOf(late, { ready: false })];
    expect(await found({ instances: [{ ...late, state: 'terminated' }], nodes })).toMatchObject({ Orphans: 1 });
  });

  it.each<[string, Parameters<typeof scene>[0]]>([
    ['on its way to join', { instances: [{ ...late, launchedAt: T0 - MINUTE }], nodes: [nodeOf(base)] }],
    ['shutting down', { instances: [{ ...late, state: 'shutting-down' }], nodes: [nodeOf(base)] }],
  ])('does not count an instance that is %s', async (_, over) => {
    expect(await found(over)).toMatchObject({ Orphans: 0 });
  });

  it.each(['running', 'shutting-down'] as const)('does not count a removal whose instance is %s', async (state) => {
    const operation = ending({ node: { name: nodeOf(late).name, uid: nodeOf(late).uid } });
    expect(await found({ instances: [{ ...late, state }] }, [operation])).toMatchObject({ Orphans: 0 });
  });

  it('is absent, not 0, while EC2 or Kubernetes is unknown', async () => {
    for (const snapshot of [{ kubernetes: unknown }, { instances: unknown }]) {
      expect(await measured(scene({ snapshot }))).not.toHaveProperty('Orphans');
    }
  });
});
