import type { ApiObject } from '../support/api';
import type { AwsCall } from '../support/cloud/front';
import { ofCpu } from '../support/manifests';
import type { System } from '../support/system';

/** What a test asks of the whole system, and the little that it changes in it. */
export class Look {
  constructor(private readonly system: System) {}

  /** For `until`: with what the function said last, should it not come. */
  patience = (withinMs: number) => ({ withinMs, everyMs: 200, failure: () => this.system.story() });

  scale = (deployment: string, replicas: number): Promise<ApiObject> =>
    this.system.control.admin.patch(`apis/apps/v1/namespaces/default/deployments/${deployment}`, {
      spec: { replicas },
    });

  create = (name: string, cpu: string, replicas = 0): Promise<ApiObject> =>
    this.system.control.create(ofCpu(name, cpu, replicas));

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

  /** Calls of AWS, `ec2.RunInstances`, since a time in milliseconds since 1970. */
  calls = (operation: string, since: number): AwsCall[] =>
    this.system.front.calls.filter((call) => call.operation === operation && call.at >= since);

  launches = (since: number): AwsCall[] => this.calls('ec2.RunInstances', since);

  cordoned = async (): Promise<string[]> =>
    (await this.system.nodes()).filter(({ spec }) => spec.unschedulable === true).map(({ metadata }) => metadata.name);

  nodeNames = async (): Promise<string[]> => (await this.system.nodes()).map(({ metadata }) => metadata.name).sort();

  async baseNode(): Promise<string> {
    return `worker-${(await this.system.liveInstances('base'))[0]}`;
  }

  /** Of requests that the API server has answered since its start, by its own count. */
  async answered(labels: Record<string, string>): Promise<number> {
    const { body } = await this.system.control.admin.send('GET', 'metrics');
    return String(body.message)
      .split('\n')
      .filter((line) => line.startsWith('apiserver_request_total{'))
      .filter((line) => Object.entries(labels).every(([name, value]) => line.includes(`${name}="${value}"`)))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** Evictions that the API server has answered, with 429 alone or with anything. */
  evictions = (code?: '429'): Promise<number> =>
    this.answered({ resource: 'pods', subresource: 'eviction', verb: 'POST', ...(code && { code }) });

  /** Nodes that somebody asked to delete. */
  deletedNodes = (): Promise<number> => this.answered({ resource: 'nodes', verb: 'DELETE' });

  /** What triggered the invocation that launched at that time, by its own log. */
  triggerOfLaunch(at: number): unknown {
    const launching = this.system
      .reportsAt(at)
      .flatMap(({ lines }) => lines.filter(({ message }) => /Done: .*launch/.test(String(message))));
    if (launching.length !== 1) {
      throw new Error(
        `${launching.length} invocations launched at ${new Date(at).toISOString()}:\n${this.system.story()}`,
      );
    }
    return launching[0]?.trigger;
  }
}

export const isRunning = ({ status }: ApiObject): boolean => status.phase === 'Running';

export const waits = ({ status }: ApiObject): boolean =>
  (status.conditions ?? []).some((condition: { reason?: string }) => condition.reason === 'Unschedulable');
