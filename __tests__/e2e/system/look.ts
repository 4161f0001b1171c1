import type { ApiObject } from '../support/api';
import type { AwsCall } from '../support/cloud/front';
import type { System } from '../support/system';
import { until } from '../support/until';

/** From this age on a worker's CPU speaks for the cluster. */
const WARM_MS = 5 * 60_000;
/** By this annotation a person keeps a node. */
const DO_NOT_DISRUPT = 'karpenter.sh/do-not-disrupt';

/** What a test asks of the whole system, and the little that it changes in it. */
export class Look {
  constructor(private readonly system: System) {}

  /** For `until`: with what the function said last, should it not come. */
  patience = (withinMs: number) => ({ withinMs, everyMs: 200, failure: () => this.system.story() });

  scale = (deployment: string, replicas: number): Promise<ApiObject> =>
    this.system.control.admin.patch(`apis/apps/v1/namespaces/default/deployments/${deployment}`, {
      spec: { replicas },
    });

  async podsOf(app: string): Promise<ApiObject[]> {
    return (await this.system.pods()).filter(({ metadata }) => metadata.labels?.app === app);
  }

  running = async (app: string): Promise<number> => (await this.podsOf(app)).filter(isRunning).length;

  workers = (): Promise<string[]> => this.system.liveInstances('worker');

  /** Workers whose Node has been registered, since the start. */
  joined() {
    const machines = [...this.system.bridge.machines.values()];
    return machines.filter(({ role, registeredAt }) => role === 'worker' && registeredAt !== undefined);
  }

  isOnWorker = ({ spec }: ApiObject): boolean => this.joined().some(({ node }) => node === spec.nodeName);

  /** The Node of the worker on which the fewest pods of the workload run. */
  async emptiest(app: string): Promise<string> {
    const pods = (await this.podsOf(app)).filter(this.isOnWorker);
    const nodes = pods.map(({ spec }): string => spec.nodeName);
    const count = (node: string) => nodes.filter((each) => each === node).length;
    return nodes.reduce((least, node) => (count(node) < count(least) ? node : least));
  }

  /** Calls of RunInstances since a time in milliseconds since 1970. */
  launches = (since: number): AwsCall[] =>
    this.system.front.calls.filter(({ operation, at }) => operation === 'ec2.RunInstances' && at >= since);

  nodeNames = async (): Promise<string[]> => (await this.system.nodes()).map(nameOf).sort();

  /** Of the workers that the function has launched. */
  workerNodes = async (): Promise<string[]> => (await this.workers()).map((id) => `worker-${id}`);

  async baseNode(): Promise<string> {
    return `worker-${(await this.system.liveInstances('base'))[0]}`;
  }

  /** Names of the Nodes of workers whose CPU spoke for the cluster then, in milliseconds since 1970. */
  async warmNodes(at: number): Promise<string[]> {
    const age = ({ metadata }: ApiObject) => at - Date.parse(metadata.creationTimestamp ?? '');
    return (await this.system.nodes()).filter((node) => age(node) >= WARM_MS && !isServer(node)).map(nameOf);
  }

  /** A person says of these Nodes that they are not to be removed, or says so no more. */
  async keep(nodes: readonly string[], keeps: boolean): Promise<void> {
    const annotations = { [DO_NOT_DISRUPT]: keeps ? 'true' : null };
    const { admin } = this.system.control;
    await Promise.all(nodes.map((node) => admin.patch(`api/v1/nodes/${node}`, { metadata: { annotations } })));
  }

  /**
   * Its budget wants more pods than there are, so that it lets none go, or lets one go again; resolves when the budget's
   * status says so. To allow none to be missing would not do: what is not ready could be evicted all the same
   * (https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy).
   */
  async holdPods(app: string, holds: boolean): Promise<void> {
    const { admin } = this.system.control;
    const path = `apis/policy/v1/namespaces/default/poddisruptionbudgets/${app}`;
    const most = (await this.podsOf(app)).length + 1;
    await admin.patch(path, { spec: { minAvailable: holds ? most : null, maxUnavailable: holds ? null : 1 } });
    const isCounted = async () => {
      const { metadata, status } = await admin.get(path);
      return status.observedGeneration === (metadata as { generation?: number }).generation;
    };
    await until(`the budget of ${app} is counted`, isCounted, this.patience(60_000));
  }

  /** Evictions that the API server has refused for a budget's sake, since a time in milliseconds since 1970. */
  refusedEvictions = (since: number): number =>
    this.system.control.audited().filter(({ at, resource, code }) => {
      return at >= since && resource === 'pods/eviction' && code === 429;
    }).length;

  /**
   * Why the function was invoked that made a call. `resent`: an alert of something before, which Prometheus repeats also
   * when it is over.
   *
   * @param since when that began which a new alert can be about, milliseconds since 1970
   */
  async triggerOf({ traceId, operation }: AwsCall, since: number): Promise<'alert' | 'resent' | 'schedule' | 'manual'> {
    if (traceId === undefined) throw new Error(`${operation} names no invocation: the function did not make it`);
    const lambda = await this.system.lambda();
    await until('the invocation ends', () => lambda.tracedBy(traceId) !== undefined, this.patience(60_000));
    const event = lambda.tracedBy(traceId)?.event as { trigger?: string; action?: string; body?: string };
    const { trigger, action, body = '[]' } = event;
    if (action !== undefined) return 'manual';
    if (trigger !== undefined) return 'schedule';
    const alerts = JSON.parse(body) as { startsAt: string }[];
    return alerts.some(({ startsAt }) => Date.parse(startsAt) >= since) ? 'alert' : 'resent';
  }
}

const nameOf = ({ metadata }: ApiObject): string => metadata.name;

const isServer = (node: ApiObject): boolean => nameOf(node) === 'server-0';

export const isRunning = ({ status }: ApiObject): boolean => status.phase === 'Running';

export const waits = ({ status }: ApiObject): boolean =>
  (status.conditions ?? []).some((condition: { reason?: string }) => condition.reason === 'Unschedulable');
