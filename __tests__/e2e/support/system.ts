import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeInstancesCommand, EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type Environment, readEnvironment } from '../../../handlers/environment';
import { TAG } from '../../../src/autoscaler/names';
import { toRuntimeConfig } from '../../../src/config/convert';
import { resolveConfig } from '../../../src/config/resolve';
import { type Moto, missingMoto, startMoto } from '../../support/moto';
import { missingTerraform } from '../../support/terraform';
import { CLUSTER, NOWHERE, STAGE } from '../../terraform/harness';
import { inventory } from '../../terraform/inventory';
import type { ApiObject } from './api';
import { missingControlPlane } from './binary';
import { Ec2Bridge } from './cloud/bridge';
import { DeployedStack, type Outputs } from './cloud/deployed';
import { AwsFront } from './cloud/front';
import { ControlPlane } from './control-plane';
import { LambdaFunction, type Report } from './lambda/function';
import { FunctionUrl } from './lambda/function-url';
import { missingNode, nodeFor } from './lambda/node-runtime';
import { Schedule } from './lambda/schedule';
import { Monitoring } from './monitoring';
import { KWOK_LABEL } from './nodes';
import { missingMonitoring } from './prometheus';
import { seconds } from './table';
import { until } from './until';

/** What the whole system lacks on this machine, for `itOrSkip`. */
export const missingSystem = (): string | undefined =>
  missingControlPlane() ?? missingMonitoring() ?? missingTerraform() ?? missingMoto() ?? missingNode();

export interface SystemOptions {
  /** Partial, of the stage. */
  config: object;
  /** What EC2 and a booting worker take, seconds. */
  launchSeconds: number;
  bootSeconds: number;
  shutdownSeconds: number;
}

/** With which Prometheus signs; the function's URL knows them. */
const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' };
/** The controller's own account in the cluster. */
export const CONTROLLER = 'kube-system/k3s-autoscaler';
const REGION = 'us-east-1';
const ACCOUNT = { region: REGION, credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' } };

/**
 * The whole: a cluster, an account with our stack in it, and the function between them; nobody in it knows that the other
 * parts are not the real ones.
 */
export class System {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'system-'));
  /** What the start took, for a table. */
  readonly times: [what: string, value: string][] = [];
  /** What the account held before anything was applied. */
  before: Record<string, string[]> = {};
  /** And after. */
  applied: Record<string, string[]> = {};
  moto!: Moto;
  front!: AwsFront;
  control!: ControlPlane;
  monitoring!: Monitoring;
  stack!: DeployedStack;
  outputs!: Outputs;
  bridge!: Ec2Bridge;
  url!: FunctionUrl;
  /** As the function reads it. */
  environment!: Environment;
  scheduleExpression = '';
  #function: Promise<LambdaFunction> | undefined;
  #deployed: LambdaFunction | undefined;
  #schedule: Schedule | undefined;
  /** The control plane from its start on, and when what ships runs in it. */
  #server: ControlPlane | undefined;
  #cluster: Promise<void> | undefined;
  readonly #options: SystemOptions;
  readonly #log: (line: string) => void;

  private constructor(options: SystemOptions, log: (line: string) => void) {
    this.#options = options;
    this.#log = log;
  }

  /** @param log where a line about what takes long goes */
  static async start(options: SystemOptions, log: (line: string) => void): Promise<System> {
    const system = new System(options, log);
    try {
      await system.#start();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** The function as it is deployed now. */
  lambda(): Promise<LambdaFunction> {
    this.#function ??= this.#deployedFunction();
    return this.#function;
  }

  /** A tick by hand, as `npm run tick` asks for one. */
  async tick(): Promise<Report> {
    return (await this.lambda()).invoke({ action: 'tick' });
  }

  /** From now on the schedule ticks. */
  async startSchedule(): Promise<void> {
    const { expression, input } = await this.stack.schedule(this.outputs['function-name']);
    this.scheduleExpression = expression;
    this.#schedule = new Schedule(await this.lambda(), expression, input);
  }

  /** As Terraform takes it away before all that the function needs. */
  stopSchedule(): void {
    this.#schedule?.stop();
  }

  /** From now on nobody but the test invokes the function. Resolves when what goes on has ended. */
  async onlyByHand(): Promise<void> {
    this.stopSchedule();
    this.url.isThrottled = true;
    const lambda = await this.lambda();
    await until('no invocation goes on', () => lambda.isQuiet, { withinMs: 60_000 });
  }

  /** Schedule and alerts again. */
  async byItself(): Promise<void> {
    this.url.isThrottled = false;
    await this.startSchedule();
  }

  /** Of the invocation that ended last. */
  lastReport(): Report | undefined {
    return this.#deployed?.reports.at(-1);
  }

  /** What publish-tokens.sh does on the server. @param token of the controller; by default a new one */
  async publishTokens(token?: string): Promise<void> {
    const { controllerToken, ca } = this.environment.resources.parameters;
    const Value = token ?? (await this.control.tokenFor(CONTROLLER));
    const ssm = new SSMClient({ ...ACCOUNT, endpoint: this.moto.endpoint });
    await ssm.send(new PutParameterCommand({ Name: ca, Value: this.control.ca, Type: 'String', Overwrite: true }));
    await ssm.send(new PutParameterCommand({ Name: controllerToken, Value, Type: 'SecureString', Overwrite: true }));
    ssm.destroy();
  }

  /** As somebody does it in the console. */
  async terminate(instance: string): Promise<void> {
    const ec2 = new EC2Client({ ...ACCOUNT, endpoint: this.moto.endpoint });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }));
    ec2.destroy();
  }

  /** Ids of instances of the cluster that are pending or running. */
  async liveInstances(role: 'server' | 'base' | 'worker'): Promise<string[]> {
    const ec2 = new EC2Client({ ...ACCOUNT, endpoint: this.moto.endpoint });
    const Filters = [
      { Name: `tag:${TAG.cluster}`, Values: [CLUSTER] },
      { Name: `tag:${TAG.role}`, Values: [role] },
      { Name: 'instance-state-name', Values: ['pending', 'running'] },
    ];
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: 1000 }));
    ec2.destroy();
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId ?? ''));
  }

  /** Nodes of instances that run, which are not Ready: while the API server is away none can renew its lease. */
  async unreadyNodes(): Promise<ApiObject[]> {
    return (await this.nodes()).filter((node) => isManagedByKwok(node) && !isReady(node));
  }

  /** A node that is marked as lost has its pods marked as not ready; kubelets, which KWOK has none of, say that they are. */
  async sayPodsAreReady(): Promise<void> {
    for (const pod of await this.control.admin.list('api/v1/pods')) {
      if (pod.status.phase !== 'Running' || pod.metadata.deletionTimestamp !== undefined || isReady(pod)) continue;
      const path = `api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/status`;
      const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'True' }));
      // A pod that is gone meanwhile needs nothing.
      await this.control.admin.send('PATCH', path, { status: { conditions } }, 'strategic');
    }
  }

  nodes = (): Promise<ApiObject[]> => this.control.admin.list('api/v1/nodes');
  pods = (namespace = 'default'): Promise<ApiObject[]> =>
    this.control.admin.list(`api/v1/namespaces/${namespace}/pods`);

  /** Terraform's own invocations, in their order. */
  lifecycleReports = (): Report[] =>
    (this.#deployed?.reports ?? []).filter(({ event }) => (event as { tf?: unknown } | null)?.tf !== undefined);

  /** For a test that failed: the last that the function said, and what went wrong beside it. */
  story(): string {
    const reports = this.#deployed?.reports ?? [];
    const told = reports.slice(-8).map(({ at, event, end, lines, durationMs }) => {
      const said = lines.map((line) => String(line.message)).join(' | ');
      const what = end.kind === 'failed' ? `${end.type}: ${end.message}` : said;
      return `${new Date(at).toISOString()} ${JSON.stringify(event).slice(0, 60)} ${Math.round(durationMs)} ms: ${what}`;
    });
    return [...told, ...(this.bridge?.faults.slice(-3).map(String) ?? [])].join('\n');
  }

  /** @throws AggregateError of what could not be stopped, when all else is */
  async stop(): Promise<void> {
    this.#schedule?.stop();
    const steps: (() => Promise<unknown> | unknown)[] = [
      () => this.monitoring?.kill(),
      () => this.url?.stop(),
      async () => (await this.#function?.catch(() => undefined))?.stop(),
      () => this.front?.stop(),
      () => this.monitoring?.stop(),
      async () => {
        await this.#cluster?.catch(() => undefined);
        await this.bridge?.stop();
        await this.#server?.stop();
      },
      () => this.moto?.stop(),
      () => this.stack?.workspace.remove(),
      () => rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 }),
    ];
    const failures: unknown[] = [];
    for (const step of steps)
      await Promise.resolve()
        .then(step)
        .catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'parts of the system could not be stopped');
  }

  async #start(): Promise<void> {
    const { config, launchSeconds, shutdownSeconds } = this.#options;
    this.moto = await startMoto({ launchSeconds, shutdownSeconds });
    this.before = await inventory(this.moto.endpoint);
    this.front = await AwsFront.start(this.moto.endpoint, () => this.lambda());
    this.stack = new DeployedStack(this.moto, this.front.address, config);
    // The server boots and the base workers join while Terraform makes what is left. Its own call of the function comes
    // before the function can reach them: `control` is there afterwards.
    this.#cluster = this.#startCluster();
    const [ms] = await Promise.all([this.stack.apply(), this.#cluster]);
    this.#time('terraform apply', ms);
    this.control = this.#server as ControlPlane;
    this.applied = await inventory(this.moto.endpoint);
    this.outputs = await this.stack.outputs();
    const deployed = await this.stack.function(this.outputs['function-name']);
    this.environment = readEnvironment(deployed.Environment.Variables);

    await this.publishTokens();
    this.url = await FunctionUrl.start(() => this.lambda(), CREDENTIALS);
    const begun = performance.now();
    const [server = ''] = await this.liveInstances('server');
    this.monitoring = await Monitoring.start(
      this.control,
      this.environment.config,
      { to: this.url.address, credentials: CREDENTIALS },
      { instanceId: server, instanceType: 't3.medium', zone: 'us-east-1a', role: 'server' },
    );
    this.#time('Prometheus, until it has scraped', performance.now() - begun);
    // Terraform's own call of the function came before there was anything that it could reach.
    await (await this.#function)?.stop();
    this.#function = undefined;
    const { node, settings } = await this.lambda();

    this.times.push(['function', `Node ${node.version}, ${settings.memoryMb} MB, ${settings.timeoutMs / 1000} s`]);
    const bases = this.environment.config.baseWorkers.count;
    const ready = async () => (await this.nodes()).filter(isReady).length >= bases + 1;
    await until('server and base workers are Ready', ready, { withinMs: 60_000, failure: () => this.story() });
  }

  /** K3s and what ships in k8s/, and from then on the workers that EC2 has. */
  async #startCluster(): Promise<void> {
    const control = await ControlPlane.start();
    this.#server = control;
    this.#time('control plane', control.startedMs);
    await control.apply();
    const { config, bootSeconds } = this.#options;
    this.bridge = new Ec2Bridge({
      aws: this.moto.endpoint,
      cluster: CLUSTER,
      control,
      exporters: () => this.monitoring?.nodes,
      config: toRuntimeConfig(resolveConfig(config, 'the test'), { cluster: CLUSTER, stage: STAGE }),
      bootMs: bootSeconds * 1000,
    });
  }

  async #deployedFunction(): Promise<LambdaFunction> {
    const settings = await this.stack.settings(`${CLUSTER}-autoscaler`, this.folder, {
      aws: this.front.address,
      kubernetes: this.control?.url ?? NOWHERE,
      prometheus: this.monitoring?.url ?? NOWHERE,
    });
    this.#deployed = new LambdaFunction(settings, await nodeFor(settings.runtime, this.#log));
    return this.#deployed;
  }

  #time(what: string, ms: number): void {
    this.times.push([what, seconds(ms)]);
  }
}

const isManagedByKwok = ({ metadata }: ApiObject): boolean =>
  Object.keys(KWOK_LABEL).every((label) => metadata.labels?.[label] !== undefined);

export const isReady = ({ status }: ApiObject): boolean =>
  (status.conditions ?? []).some((condition: { type: string; status: string }) => {
    return condition.type === 'Ready' && condition.status === 'True';
  });
