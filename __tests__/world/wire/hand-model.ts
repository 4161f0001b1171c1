import { findPrometheus } from '../../../src/dev/prometheus/find';
import {
  AwsError,
  type InstanceRecord,
  KubeError,
  type KubeObject,
  type Sample,
  type WorldModel,
} from '../../../src/world/contract';
import { type Fault, START } from '../../../src/world/scenario/types';

/** A model just large enough to see what the wire face does with one: a clock, a list of instances, some nodes. */
export class HandModel implements WorldModel {
  readonly parameters = new Map<string, { type: 'String' | 'SecureString'; value: string }>();
  readonly events = [];
  readonly nodeFaults: Fault[] = [];
  readonly instances: InstanceRecord[] = [];
  readonly launchedAt: number[] = [];
  readonly nodes: KubeObject[] = [1, 2, 3].map((n) => node(`worker-${n}`));
  readonly evicted: string[] = [];
  samples: () => Sample[] = () => [];
  private time = START;
  private queue: { at: number; run: () => void }[] = [];

  constructor(private readonly timeoutMs = 60_000) {}

  readonly clock = {
    now: () => this.time,
    schedule: (at: number, run: () => void) => {
      const entry = { at, run };
      this.queue.push(entry);
      this.queue.sort((a, b) => a.at - b.at);
      return () => {
        this.queue = this.queue.filter((one) => one !== entry);
      };
    },
    advanceTo: (at: number) => {
      for (let next = this.queue[0]; next && next.at <= at; next = this.queue[0]) {
        this.queue.shift();
        this.time = Math.max(this.time, next.at);
        next.run();
      }
      this.time = Math.max(this.time, at);
    },
  };

  get options(): WorldModel['options'] {
    return {
      seed: 1,
      config: { cluster: 'demo', region: 'us-east-1', functionTimeoutMs: this.timeoutMs } as never,
      resources: {
        table: 'k3s-cluster-state',
        historyTable: 'k3s-cluster-history',
        subnets: { 'us-east-1a': 'subnet-a', 'us-east-1b': 'subnet-b' },
        launchTemplates: { burst: { id: 'lt-1', version: '3' } },
        prometheusUrl: '',
        kubernetesUrl: '',
        parameters: { controllerToken: '/k3s/controller-token', ca: '/k3s/ca' },
      },
      baseWorkers: 1,
      timings: { launchMs: 1, bootMs: 1, shutdownMs: 1, describeLagMs: 1, podStartMs: 1 },
    };
  }

  readonly ec2: WorldModel['ec2'] = {
    runInstances: (input) => {
      if (input.templateId !== 'lt-1') {
        throw new AwsError(
          'InvalidLaunchTemplateId.NotFound',
          `The launch template <${input.templateId}> is unknown & lost`,
        );
      }
      const made: InstanceRecord[] = Array.from({ length: input.maxCount }, () => ({
        id: `i-${String(this.instances.length + 1).padStart(17, '0')}`,
        state: 'pending',
        type: input.instanceType ?? 't3.medium',
        zone: 'us-east-1a',
        subnetId: input.subnetId ?? 'subnet-a',
        privateIp: '10.0.0.9',
        market: input.market,
        launchedAt: this.time,
        tags: input.tags.instance ?? {},
        ...(input.clientToken !== undefined && { clientToken: input.clientToken }),
      }));
      // One by one, so that a test sees the order of launches.
      for (const one of made)
        this.instances.push({ ...one, id: `i-${String(this.instances.length + 1).padStart(17, '0')}` });
      this.launchedAt.push(this.time);
      return { reservationId: 'r-1', instances: this.instances.slice(-input.maxCount) };
    },
    describeInstances: ({ ids, filters = [] }) =>
      this.instances.filter(
        (one) =>
          (!ids || ids.includes(one.id)) &&
          filters.every(({ name, values }) => name !== 'tag:team' || values.includes(one.tags.team ?? '')),
      ),
    terminateInstances: (ids) =>
      ids.map((id) => {
        const one = this.instances.find((instance) => instance.id === id);
        if (!one) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
        one.state = 'shutting-down';
        return { id, previous: 'running', current: 'shutting-down' };
      }),
    all: () => this.instances,
  };

  readonly kubernetes: WorldModel['kubernetes'] = {
    list: (resource) => ({ resourceVersion: '7', items: resource === 'nodes' ? this.nodes : [] }),
    get: (_resource, name) => this.find(name),
    create: (_resource, object) => ({ ...node('made'), ...object }) as KubeObject,
    patch: (_resource, name, patch) => Object.assign(this.find(name), patch),
    replace: (_resource, name) => this.find(name),
    remove: (_resource, name) => this.find(name),
    evict: (namespace, pod) => {
      if (pod === 'guarded') throw new KubeError(429, 'TooManyRequests', 'Cannot evict pod: budget', 10);
      this.evicted.push(`${namespace}/${pod}`);
      return node('status');
    },
  };

  onEvent(): void {}
  workload(): void {}
  load(): void {}
  nodeFault(fault: Fault): void {
    this.nodeFaults.push(fault);
  }
  scrape(): Sample[] {
    return this.samples();
  }
  counts(): never {
    throw new Error('not needed here');
  }

  private find(name: string): KubeObject {
    const found = this.nodes.find(({ metadata }) => metadata.name === name);
    if (!found) throw new KubeError(404, 'NotFound', `nodes "${name}" not found`);
    return found;
  }
}

const node = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-05T00:00:00Z' },
});

/** The Prometheus that the dev loop would start. */
export const prometheusPath = async (): Promise<string> => (await findPrometheus(() => {})).path;
