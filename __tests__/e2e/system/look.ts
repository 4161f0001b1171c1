import type { ApiObject } from '../support/api';
import type { AwsCall } from '../support/cloud/front';
import type { System } from '../support/system';
import { until } from '../support/until';

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

  /** Calls of RunInstances since a time in milliseconds since 1970. */
  launches = (since: number): AwsCall[] =>
    this.system.front.calls.filter(({ operation, at }) => operation === 'ec2.RunInstances' && at >= since);

  nodeNames = async (): Promise<string[]> => (await this.system.nodes()).map(({ metadata }) => metadata.name).sort();

  async baseNode(): Promise<string> {
    return `worker-${(await this.system.liveInstances('base'))[0]}`;
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

export const isRunning = ({ status }: ApiObject): boolean => status.phase === 'Running';

export const waits = ({ status }: ApiObject): boolean =>
  (status.conditions ?? []).some((condition: { reason?: string }) => condition.reason === 'Unschedulable');
