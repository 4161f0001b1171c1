import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { toRuntimeConfig } from '../../../src/config/convert';
import { encodeRuntimeConfig } from '../../../src/config/encode';
import { resolveConfig } from '../../../src/config/resolve';
import type { RuntimeResources } from '../../../src/config/runtime';
import { currentArtifact } from '../../../src/infra/artifact';
import { RUNTIME } from '../../../src/infra/function';
import { stageNames } from '../../../src/infra/names';
import { type Moto, startMoto } from '../../support/moto';
import { createHistoryTable, createStateTable } from '../../support/tables';
import { ROOT } from '../../terraform/harness';
import { ManyInstances } from '../support/cloud/many-instances';
import { ControlPlane } from '../support/control-plane';
import { LambdaFunction, type Report } from '../support/lambda/function';
import { nodeFor } from '../support/lambda/node-runtime';
import { ofCpu } from '../support/manifests';
import { Monitoring } from '../support/monitoring';
import { registeredNode } from '../support/nodes';
import { percentile } from '../support/statistics';
import { until } from '../support/until';
import type { Cost } from './growth';

const MINUTE = 60_000;
const TYPE = { instanceType: 't3.medium', zone: 'us-east-1a' } as const;
const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
const ACCOUNT = { region: 'us-east-1', credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' } };
const NAMES = stageNames('size', 'prod');
/** As many nodes as a network of three zones has addresses for. */
const SIZE = { zones: ZONES, limits: { maxNodes: 740 }, pools: { burst: { max: 720 } } };
const CONFIG = resolveConfig(SIZE, 'the test');
/** A worker may be given up at once, and when a little more than half of it is asked for, as it is of each here. */
const EAGER = resolveConfig({ ...SIZE, policy: { minAge: '0s', unneededFor: '0s', unneededBelow: 60 } }, 'the test');
const runtimeOf = (config: typeof CONFIG) => toRuntimeConfig(config, { cluster: NAMES.cluster });
const RUNTIME_CONFIG = runtimeOf(CONFIG);

/** A real API server and Prometheus, instances as the cluster would have them without a stack, and the function. */
export class LargeCluster {
  readonly memoryMb = CONFIG.function.memoryMb;
  moto!: Moto;
  control!: ControlPlane;
  monitoring!: Monitoring;
  lambda!: LambdaFunction;
  /** The function with a policy by which many workers may go; a test asks it for plans alone. */
  eager!: LambdaFunction;
  #instances!: ManyInstances;
  /** Workers so far, and when the last of them joined. */
  #workers = 0;
  lastJoinedAt = 0;

  static async start(): Promise<LargeCluster> {
    const cluster = new LargeCluster();
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    [this.moto, this.control] = await Promise.all([startMoto({ keepsAnswers: true }), ControlPlane.start()]);
    await this.control.apply();
    this.#instances = new ManyInstances(this.moto.endpoint, NAMES.cluster);
    const [instanceId = ''] = await this.#instances.launch(1, 'server');
    const [base = ''] = await this.#instances.launch(1, 'base');
    await this.control.create(registeredNode({ ...TYPE, instanceId: base, role: 'base' }, RUNTIME_CONFIG));
    const server = { ...TYPE, instanceId, role: 'server' } as const;
    this.monitoring = await Monitoring.start(this.control, RUNTIME_CONFIG, undefined, server);
    await this.#prepareAccount();
    this.lambda = await this.#function(RUNTIME_CONFIG);
    this.eager = await this.#function(runtimeOf(EAGER));
    await this.control.create(ofCpu('many', '100m', 0));
  }

  async #prepareAccount(): Promise<void> {
    const client = new DynamoDBClient({ ...ACCOUNT, endpoint: this.moto.endpoint });
    await createStateTable(client, NAMES.table);
    await createHistoryTable(client, NAMES.historyTable);
    client.destroy();
    const ssm = new SSMClient({ ...ACCOUNT, endpoint: this.moto.endpoint });
    const token = await this.control.tokenFor('kube-system/k3s-autoscaler');
    const { ca, controllerToken } = NAMES.parameters;
    await ssm.send(new PutParameterCommand({ Name: ca, Value: this.control.ca, Type: 'String' }));
    await ssm.send(new PutParameterCommand({ Name: controllerToken, Value: token, Type: 'SecureString' }));
    ssm.destroy();
  }

  async #function(config: typeof RUNTIME_CONFIG): Promise<LambdaFunction> {
    const { ca, controllerToken } = NAMES.parameters;
    const resources: RuntimeResources = {
      table: NAMES.table,
      historyTable: NAMES.historyTable,
      subnets: Object.fromEntries(ZONES.map((zone, i) => [zone, `subnet-${i}`])),
      launchTemplates: { burst: { id: 'lt-1', version: '1' } },
      prometheusUrl: this.monitoring.url,
      kubernetesUrl: this.control.url,
      parameters: { controllerToken, ca },
    };
    const node = await nodeFor(RUNTIME.runtime, (line) => process.stderr.write(`${line}\n`));
    const zip = await currentArtifact(ROOT);
    return new LambdaFunction(
      {
        name: NAMES.function,
        arn: `arn:aws:lambda:us-east-1:123456789012:function:${NAMES.function}`,
        region: 'us-east-1',
        handler: RUNTIME.handler,
        memoryMb: this.memoryMb,
        timeoutMs: config.functionTimeoutMs,
        environment: {
          AUTOSCALER_CONFIG: encodeRuntimeConfig(config),
          AUTOSCALER_RESOURCES: JSON.stringify(resources),
          AWS_ENDPOINT_URL: this.moto.endpoint,
        },
        code: zip.replace(/\.zip$/, ''),
      },
      node,
    );
  }

  /** Resolves when there are so many workers, so many pods run, and Prometheus knows all nodes. */
  async grow(workers: number, pods: number): Promise<void> {
    const ids = await this.#instances.launch(workers - this.#workers, 'worker', 'burst');
    this.#workers = workers;
    const nodes = ids.map((instanceId) =>
      registeredNode({ ...TYPE, instanceId, role: 'worker', pool: 'burst' }, RUNTIME_CONFIG),
    );
    for (let at = 0; at < nodes.length; at += 20) {
      await Promise.all(nodes.slice(at, at + 20).map((node) => this.control.create(node)));
    }
    this.lastJoinedAt = Date.now();
    await this.control.admin.patch('apis/apps/v1/namespaces/default/deployments/many', { spec: { replicas: pods } });
    // Not by their readiness: a heartbeat that comes late on a busy machine takes it, and KWOK does not give it back.
    const path = 'api/v1/namespaces/default/pods?fieldSelector=status.phase%3DRunning';
    const running = async () => (await this.control.admin.list(path)).length;
    await until(`${pods} pods run`, async () => (await running()) === pods, {
      withinMs: 8 * MINUTE,
      everyMs: 3_000,
      failure: async () => `${await running()} run`,
    });
    const nodesSeen = 'count(count by (node) (node_cpu_seconds_total))';
    const seen = async () => (await this.monitoring.query(nodesSeen))[0]?.value ?? 0;
    // One for each of the workers, the base worker and the server.
    await until('all exporters are scraped', async () => (await seen()) >= workers + 2, {
      withinMs: 2 * MINUTE,
      everyMs: 1_000,
      failure: async () => `${await seen()} of ${workers + 2}`,
    });
  }

  /** What this size costs, and what of it the function reads and keeps. */
  async cost(cold: Report, warm: readonly Report[]): Promise<Cost> {
    const bytes = async (path: string) => JSON.stringify(await this.control.admin.list(path)).length;
    const client = new DynamoDBClient({ ...ACCOUNT, endpoint: this.moto.endpoint });
    const { Items = [] } = await client.send(new ScanCommand({ TableName: NAMES.table }));
    client.destroy();
    const durations = warm.map(({ durationMs }) => durationMs);
    return {
      nodes: this.#workers,
      of: {
        'cold tick': cold.durationMs,
        'warm tick': percentile(durations, 50),
        'peak memory': Math.max(...[cold, ...warm].map(({ peakMb }) => peakMb)) * 2 ** 20,
        'pods, read of Kubernetes': await bytes('api/v1/pods'),
        'Nodes, read of Kubernetes': await bytes('api/v1/nodes'),
        'state item': JSON.stringify(Items).length,
      },
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.lambda?.stop(), this.eager?.stop()]);
    this.#instances?.close();
    await this.monitoring?.kill();
    await this.monitoring?.stop();
    await this.control?.stop();
    await this.moto?.stop();
  }
}
