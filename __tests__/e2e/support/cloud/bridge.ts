import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';
import { TAG } from '../../../../src/autoscaler/names';
import type { RuntimeConfig } from '../../../../src/config/runtime';
import { allocatableMemory, machineType } from '../../../../src/world/instance-types';
import type { ApiObject } from '../api';
import type { ControlPlane } from '../control-plane';
import type { NodeExporters } from '../node-exporters';
import { KWOK_LABEL, registeredNode } from '../nodes';
import { type AgentConfig, agentConfig } from './boot';

/** When what happened to an instance, milliseconds since 1970. */
export interface Machine {
  id: string;
  role: string;
  node: string;
  launchedAt: number;
  runningAt?: number;
  registeredAt?: number;
  endedAt?: number;
  /** Since when its kubelet has said nothing. */
  silentAt?: number;
}

export interface BridgeOptions {
  /** Where EC2 and S3 are. */
  aws: string;
  cluster: string;
  control: ControlPlane;
  exporters: () => NodeExporters | undefined;
  config: RuntimeConfig;
  /** From running to the kubelet's first word: downloads, K3s' start. */
  bootMs: number;
}

const EACH_MS = 300;
const CREDENTIALS = { accessKeyId: 'nobody', secretAccessKey: 'nothing' };

/**
 * What AWS does between EC2 and Kubernetes: an instance that runs boots and registers its Node by its own user data; one
 * that ends says nothing any more, and its Node stays, as on K3s.
 */
export class Ec2Bridge {
  readonly machines = new Map<string, Machine>();
  /** What went wrong in it; a test that failed shows it. */
  readonly faults: unknown[] = [];
  readonly #options: BridgeOptions;
  readonly #ec2: EC2Client;
  #stopped = false;
  #looking: Promise<void>;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#ec2 = new EC2Client({ region: 'us-east-1', endpoint: options.aws, credentials: CREDENTIALS });
    this.#looking = this.#lookForEver();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
    this.#ec2.destroy();
  }

  async #lookForEver(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#look();
      } catch (error) {
        this.faults.push(error);
      }
      await new Promise((resolve) => setTimeout(resolve, EACH_MS));
    }
  }

  async #look(): Promise<void> {
    const { cluster } = this.#options;
    const Filters = [{ Name: `tag:${TAG.cluster}`, Values: [cluster] }];
    const { Reservations = [] } = await this.#ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: 1000 }));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    for (const instance of instances) this.#see(instance);
    // What fails, as while the API server is away, is done by a later look.
    const steps = await Promise.allSettled(instances.map((instance) => this.#next(instance)));
    for (const step of steps) if (step.status === 'rejected') this.faults.push(step.reason);
  }

  #see(instance: Instance): void {
    const id = instance.InstanceId as string;
    const state = instance.State?.Name;
    const known = this.machines.get(id);
    const machine: Machine = known ?? {
      id,
      role: instance.Tags?.find(({ Key }) => Key === TAG.role)?.Value ?? '',
      node: `worker-${id}`,
      launchedAt: instance.LaunchTime?.getTime() ?? Date.now(),
    };
    this.machines.set(id, machine);
    if (state === 'running') machine.runningAt ??= Date.now();
    else if (state !== 'pending') machine.endedAt ??= Date.now();
  }

  /** What the machine does next, if it is time. */
  async #next(instance: Instance): Promise<void> {
    const machine = this.machines.get(instance.InstanceId as string) as Machine;
    if (machine.role === 'server') return;
    const { runningAt, registeredAt, endedAt, silentAt } = machine;
    if (endedAt !== undefined) {
      if (silentAt === undefined) await this.#fallSilent(machine);
    } else if (registeredAt === undefined && runningAt !== undefined) {
      if (Date.now() >= runningAt + this.#options.bootMs) await this.#join(instance, machine);
    }
  }

  async #join(instance: Instance, machine: Machine): Promise<void> {
    const { control, exporters, config } = this.#options;
    const type = instance.InstanceType as string;
    const zone = instance.Placement?.AvailabilityZone as string;
    const userData = await this.#userDataOf(machine.id);
    const agent = await agentConfig({ id: machine.id, type, zone, userData }, (bucket, key) =>
      this.#object(bucket, key),
    );
    const size = machineType(type);
    exporters()?.size(agent.name, { cores: size.vcpu, memoryBytes: allocatableMemory(size) });
    await control.create(nodeOf({ id: machine.id, type, zone }, agent, config));
    machine.registeredAt = Date.now();
  }

  async #userDataOf(InstanceId: string): Promise<string> {
    const { UserData } = await this.#ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' }),
    );
    return UserData?.Value ?? '';
  }

  async #object(bucket: string, key: string): Promise<string> {
    const response = await fetch(`${this.#options.aws}/${bucket}/${key}`, {
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request, Signature=none',
      },
    });
    if (!response.ok) throw new Error(`s3://${bucket}/${key}: HTTP ${response.status}`);
    return response.text();
  }

  /** KWOK lets go of a Node without its label: no heartbeat any more, and what runs on it is never heard of again. */
  async #fallSilent(machine: Machine): Promise<void> {
    const { control, exporters } = this.#options;
    const { node } = machine;
    exporters()?.down(node);
    const path = `api/v1/nodes/${node}`;
    const answer = await control.admin.send('PATCH', path, { metadata: { labels: { [KWOK]: null } } });
    if (answer.status !== 200 && answer.status !== 404) throw new Error(`${path}: HTTP ${answer.status}`);
    machine.silentAt = Date.now();
  }
}

const [KWOK] = Object.keys(KWOK_LABEL) as [string];

/** What a kubelet says of itself whatever it is told (https://kubernetes.io/docs/reference/labels-annotations-taints/). */
const KUBELETS_OWN = [
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
];

/** Size and status are those of the simulated world; name, provider id, taints and all other labels are the user data's. */
function nodeOf(
  { id, type, zone }: { id: string; type: string; zone: string },
  agent: AgentConfig,
  config: RuntimeConfig,
): ApiObject {
  const kubelet = registeredNode({ instanceId: id, instanceType: type, zone, role: 'base' }, config);
  const all = kubelet.metadata.labels ?? {};
  const own = Object.fromEntries(KUBELETS_OWN.map((label) => [label, all[label] ?? '']));
  return {
    ...kubelet,
    metadata: { name: agent.name, labels: { ...own, ...KWOK_LABEL, ...agent.labels } },
    spec: { providerID: agent.providerId, taints: [...kubelet.spec.taints, ...agent.taints] },
  };
}
