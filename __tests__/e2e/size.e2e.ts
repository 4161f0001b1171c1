import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { DryRun } from '../../src/autoscaler/dry-run';
import type { Plan } from '../../src/autoscaler/plan';
import { toRuntimeConfig } from '../../src/config/convert';
import { encodeRuntimeConfig } from '../../src/config/encode';
import { resolveConfig } from '../../src/config/resolve';
import type { RuntimeResources } from '../../src/config/runtime';
import { currentArtifact } from '../../src/infra/artifact';
import { RUNTIME } from '../../src/infra/function';
import { stageNames } from '../../src/infra/names';
import { type Moto, missingMoto, startMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { createHistoryTable, createStateTable } from '../support/tables';
import { ROOT } from '../terraform/harness';
import type { ApiObject } from './support/api';
import { missingControlPlane } from './support/binary';
import { ManyInstances } from './support/cloud/many-instances';
import { ControlPlane } from './support/control-plane';
import { LambdaFunction, type Report } from './support/lambda/function';
import { nodeFor } from './support/lambda/node-runtime';
import { ofCpu } from './support/manifests';
import { Monitoring } from './support/monitoring';
import { registeredNode } from './support/nodes';
import { missingMonitoring } from './support/prometheus';
import { percentile, spread } from './support/statistics';
import { printTable, seconds } from './support/table';
import { until } from './support/until';

/**
 * What a tick costs in a large cluster: the deployed bundle over a real API server and a real Prometheus. No stack is
 * applied; instances are made as the cluster would have them.
 */
const SIZES = [
  { nodes: 100, pods: 1_000 },
  { nodes: 500, pods: 5_000 },
];
const WARM_TICKS = 5;
/** Pods that wait beside the last of these, each of which needs a node of its own. */
const WAITING = 200;
const MINUTE = 60_000;
/** After which a worker's CPU counts (docs/planning.md), and a little. */
const WARM_MS = 5 * MINUTE + 10_000;
const names = stageNames('size', 'prod');
const config = resolveConfig(
  { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'], limits: { maxNodes: 740 }, pools: { burst: { max: 720 } } },
  'the test',
);
const runtime = toRuntimeConfig(config, { cluster: names.cluster });
const missing = missingControlPlane() ?? missingMonitoring() ?? missingMoto();
const account = { region: 'us-east-1', credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' } };

describe('a tick of a large cluster', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'size-'));
  let moto: Moto;
  let control: ControlPlane;
  let monitoring: Monitoring;
  let instances: ManyInstances;
  let lambda: LambdaFunction;
  let joined = 0;
  let lastJoinedAt = 0;
  const costs: Grown[] = [];
  const table: [string, string][] = [];

  beforeAll(async () => {
    if (missing !== undefined) return;
    [moto, control] = await Promise.all([startMoto({ keepsAnswers: true }), ControlPlane.start()]);
    await control.apply();
    instances = new ManyInstances(moto.endpoint, names.cluster);
    const [server = ''] = await instances.launch(1, 'server');
    const [base = ''] = await instances.launch(1, 'base');
    await control.create(registeredNode({ ...TYPE, instanceId: base, role: 'base' }, runtime));
    monitoring = await Monitoring.start(control, runtime, undefined, { ...TYPE, instanceId: server, role: 'server' });
    await prepareAccount();
    lambda = await newFunction();
    await control.create(ofCpu('many', '100m', 0));
  }, 5 * MINUTE);

  afterAll(async () => {
    await lambda?.stop();
    instances?.close();
    await monitoring?.kill();
    await monitoring?.stop();
    await control?.stop();
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
    if (table.length > 0) printTable('A tick by size', [...table, ...growth(costs)]);
  }, MINUTE);

  const TYPE = { instanceType: 't3.medium', zone: 'us-east-1a' } as const;

  async function prepareAccount(): Promise<void> {
    const client = new DynamoDBClient({ ...account, endpoint: moto.endpoint });
    await createStateTable(client, names.table);
    await createHistoryTable(client, names.historyTable);
    client.destroy();
    const ssm = new SSMClient({ ...account, endpoint: moto.endpoint });
    const token = await control.tokenFor('kube-system/k3s-autoscaler');
    const { ca, controllerToken } = names.parameters;
    await ssm.send(new PutParameterCommand({ Name: ca, Value: control.ca, Type: 'String' }));
    await ssm.send(new PutParameterCommand({ Name: controllerToken, Value: token, Type: 'SecureString' }));
    ssm.destroy();
  }

  async function newFunction(): Promise<LambdaFunction> {
    const resources: RuntimeResources = {
      table: names.table,
      historyTable: names.historyTable,
      subnets: { 'us-east-1a': 'subnet-1', 'us-east-1b': 'subnet-2', 'us-east-1c': 'subnet-3' },
      launchTemplates: { burst: { id: 'lt-1', version: '1' } },
      prometheusUrl: monitoring.url,
      kubernetesUrl: control.url,
      parameters: { controllerToken: names.parameters.controllerToken, ca: names.parameters.ca },
    };
    const node = await nodeFor(RUNTIME.runtime, (line) => process.stderr.write(`${line}\n`));
    const zip = await currentArtifact(ROOT);
    return new LambdaFunction(
      {
        name: names.function,
        arn: `arn:aws:lambda:us-east-1:123456789012:function:${names.function}`,
        region: 'us-east-1',
        handler: RUNTIME.handler,
        memoryMb: config.function.memoryMb,
        timeoutMs: 60_000,
        environment: {
          AUTOSCALER_CONFIG: encodeRuntimeConfig(runtime),
          AUTOSCALER_RESOURCES: JSON.stringify(resources),
          AWS_ENDPOINT_URL: moto.endpoint,
        },
        code: zip.replace(/\.zip$/, ''),
      },
      node,
    );
  }

  async function grow(nodes: number, pods: number): Promise<void> {
    const ids = await instances.launch(nodes - joined, 'worker', 'burst');
    joined = nodes;
    const create = ids.map(
      (instanceId) => () =>
        control.create(registeredNode({ ...TYPE, instanceId, role: 'worker', pool: 'burst' }, runtime)),
    );
    for (let at = 0; at < create.length; at += 20) await Promise.all(create.slice(at, at + 20).map((one) => one()));
    lastJoinedAt = Date.now();
    await control.admin.patch('apis/apps/v1/namespaces/default/deployments/many', { spec: { replicas: pods } });
    // Not by their readiness: a heartbeat that comes late on a busy machine takes it, and KWOK does not give it back.
    const running = async () =>
      (await control.admin.list('api/v1/namespaces/default/pods?fieldSelector=status.phase%3DRunning')).length;
    await until(`${pods} pods run`, async () => (await running()) === pods, {
      withinMs: 8 * MINUTE,
      everyMs: 3_000,
      failure: async () => `${await running()} run`,
    });
    const seen = async () => (await monitoring.query('count(count by (node) (node_cpu_seconds_total))'))[0]?.value ?? 0;
    // One for each of the workers, the base worker and the server.
    await until('all exporters are scraped', async () => (await seen()) >= nodes + 2, {
      withinMs: 2 * MINUTE,
      everyMs: 1_000,
      failure: async () => `${await seen()} of ${nodes + 2}`,
    });
  }

  for (const { nodes, pods } of SIZES) {
    itOrSkip(
      missing,
      `with ${pods} pods on ${nodes} nodes stays within the function's memory and time`,
      async () => {
        // GIVEN
        const begun = performance.now();
        await grow(nodes, pods);
        const grown = performance.now() - begun;
        // moto writes of hundreds of instances for seconds, EC2 does not: it has written before what it is asked below.
        const tick = () => lambda.invoke({ action: 'tick' });
        await tick();
        // WHEN
        await lambda.cool();
        const cold = await tick();
        const warm: Report[] = [];
        for (let n = 0; n < WARM_TICKS; n++) warm.push(await tick());
        // THEN
        const size = `${nodes} nodes, ${pods} pods`;
        const facts = JSON.stringify(cold.lines.at(-1)?.facts ?? cold.end).slice(0, 300);
        costs.push(await measured(cold, warm));
        table.push(
          [`${size}: in the cluster after`, seconds(grown)],
          [`${size}: cold tick`, `${seconds(cold.initMs)} start + ${seconds(cold.durationMs)}`],
          [`${size}: warm tick`, spread(warm.map(({ durationMs }) => durationMs))],
          [`${size}: peak memory`, `cold ${cold.peakMb.toFixed(0)} MB, warm ${warm.at(-1)?.peakMb.toFixed(0)} MB`],
          [`${size}: facts`, facts],
        );
        const all = [cold, ...warm];
        expect(all.map(({ end }) => (end.kind === 'failed' ? end : end.kind))).toEqual(all.map(() => 'done'));
        // All that was asked for was known: a worker is warm after five minutes, and nothing else is to be lacking.
        const holds = all.flatMap(({ lines }) => lines.map(({ hold }) => hold ?? 'no worker is warm yet'));
        expect(holds).toEqual(all.map(() => expect.stringContaining('no worker is warm yet')));
        // The base worker too.
        expect(all.map(({ lines }) => lines.at(-1)?.facts)).toEqual(
          all.map(() => expect.objectContaining({ workers: nodes + 1 })),
        );
        for (const { peakMb } of all) expect(peakMb).toBeLessThan(config.function.memoryMb);
      },
      12 * MINUTE,
    );
  }

  itOrSkip(
    missing,
    `with ${WAITING} pods that wait beside them, and all workers warm, plans within the function's memory and time`,
    async () => {
      // GIVEN workers whose CPU speaks, and which are old enough to be given up
      await until('every worker is warm', () => Date.now() - lastJoinedAt > WARM_MS, {
        withinMs: 2 * WARM_MS,
        everyMs: 1_000,
      });
      await control.create(ofCpu('waiting', '1800m', WAITING));
      const pods = 'api/v1/namespaces/default/pods?labelSelector=app%3Dwaiting';
      const refused = ({ status }: ApiObject) => JSON.stringify(status.conditions ?? []).includes('"Unschedulable"');
      const waiting = async () => (await control.admin.list(pods)).filter(refused).length;
      await until(`${WAITING} pods wait`, async () => (await waiting()) === WAITING, {
        withinMs: 2 * MINUTE,
        everyMs: 500,
      });
      const inPrometheus = async () => (await monitoring.query('count(kube_pod_status_unschedulable)'))[0]?.value;
      await until('Prometheus knows it', async () => (await inPrometheus()) === WAITING, {
        withinMs: MINUTE,
        everyMs: 500,
      });
      await lambda.cool();
      // WHEN it plans as a tick does, and writes nothing, so that each finds the same
      const reports: Report[] = [];
      for (let n = 0; n <= WARM_TICKS; n++) reports.push(await lambda.invoke({ action: 'dryRun' }));
      // THEN
      const [cold, ...warm] = reports as [Report, ...Report[]];
      const planned = reports.map(({ end }) => (end.kind === 'done' ? (JSON.parse(end.body) as DryRun).plan : end));
      const size = `${WAITING} more that wait, workers warm`;
      table.push(
        [`${size}: cold plan`, `${seconds(cold.initMs)} start + ${seconds(cold.durationMs)}`],
        [`${size}: warm plan`, spread(warm.map(({ durationMs }) => durationMs))],
        [`${size}: peak memory`, `cold ${cold.peakMb.toFixed(0)} MB, warm ${warm.at(-1)?.peakMb.toFixed(0)} MB`],
        [`${size}: plan`, `${((cold.end.kind === 'done' ? cold.end.body.length : 0) / 1024).toFixed(0)} KiB`],
      );
      const workers = SIZES.at(-1)?.nodes;
      for (const plan of planned) {
        expect(plan).toMatchObject({ hold: null, facts: { workers: (workers ?? 0) + 1, pendingPods: WAITING } });
        const codes = Object.entries((plan as Plan).pods).filter(([name]) => name.startsWith('default/waiting-'));
        expect([...new Set(codes.map(([, { code }]) => code))]).toEqual(['pod-gets-node']);
        expect(codes).toHaveLength(WAITING);
      }
      for (const { peakMb } of reports) expect(peakMb).toBeLessThan(config.function.memoryMb);
    },
    12 * MINUTE,
  );

  /** What a size costs, and what of it the function reads and keeps. */
  async function measured(cold: Report, warm: Report[]): Promise<Grown> {
    const bytes = async (path: string) => JSON.stringify(await control.admin.list(path)).length;
    const client = new DynamoDBClient({ ...account, endpoint: moto.endpoint });
    const { Items = [] } = await client.send(new ScanCommand({ TableName: names.table }));
    client.destroy();
    return {
      'cold tick': cold.durationMs,
      'warm tick': percentile(
        warm.map(({ durationMs }) => durationMs),
        50,
      ),
      'peak memory': Math.max(...[cold, ...warm].map(({ peakMb }) => peakMb)) * 2 ** 20,
      'pods, read of Kubernetes': await bytes('api/v1/pods'),
      'Nodes, read of Kubernetes': await bytes('api/v1/nodes'),
      'state item': JSON.stringify(Items).length,
    };
  }
});

/** Milliseconds of ticks, bytes of the rest. */
type Grown = Record<
  'cold tick' | 'warm tick' | 'peak memory' | 'pods, read of Kubernetes' | 'Nodes, read of Kubernetes' | 'state item',
  number
>;

/** How much more of each the last size takes than the first. */
function growth(grown: readonly Grown[]): [string, string][] {
  const [small, large] = [grown[0], grown.at(-1)];
  const [few, many] = [SIZES[0]?.nodes, SIZES.at(-1)?.nodes];
  if (small === undefined || large === undefined || few === undefined || many === undefined) return [];
  return (Object.keys(small) as (keyof Grown)[]).map((what) => {
    const unit = (value: number) => (what.endsWith('tick') ? seconds(value) : `${Math.ceil(value / 1024)} KiB`);
    const times = (large[what] / small[what]).toFixed(1);
    return [`${many / few} × as large: ${what}`, `× ${times}: ${unit(small[what])} → ${unit(large[what])}`];
  });
}
