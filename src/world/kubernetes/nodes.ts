import { LABEL, providerId, SERVER_NODE, TAG, workerNodeName } from '../../autoscaler/names';
import type { RuntimeConfig, Taint } from '../../config/runtime';
import type { InstanceRecord } from '../contract';
import { allocatableMemory, EPHEMERAL_STORAGE_BYTES, machineType, PODS_PER_NODE } from '../instance-types';
import { type Context, newMeta } from './context';
import { type Condition, type Node, timestamp } from './objects';

export const TAINT = {
  controlPlane: { key: LABEL.controlPlane, effect: 'NoSchedule' },
  cordoned: { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
  notReady: { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
} as const satisfies Record<string, Taint>;

/** What the node lifecycle controller puts on a node whose kubelet is silent. */
export const UNREACHABLE: Taint[] = (['NoSchedule', 'NoExecute'] as const).map((effect) => ({
  key: 'node.kubernetes.io/unreachable',
  effect,
}));

const K3S_VERSION = 'v1.36.3+k3s1';

/** The Node as the kubelet of that instance registers it; not Ready yet. `pool`: of the launch template that made the instance. */
export function newNode(
  context: Context,
  instance: InstanceRecord,
  pool: string | undefined,
  config: RuntimeConfig,
): Node {
  const server = instance.tags[TAG.role] === 'server';
  const settings = config.pools.find(({ name }) => name === pool);
  const taints: Taint[] = [...(server ? [TAINT.controlPlane] : (settings?.taints ?? [])), TAINT.notReady];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: newMeta(context, server ? SERVER_NODE : workerNodeName(instance.id), undefined, {
      labels: labelsOf(instance, pool, settings?.labels ?? {}),
      annotations: {},
    }),
    spec: { providerID: providerId(instance.zone, instance.id), taints },
    status: {
      ...resourcesOf(instance.type),
      conditions: conditions(context.clock.now()),
      addresses: [
        { type: 'InternalIP', address: instance.privateIp },
        { type: 'Hostname', address: server ? SERVER_NODE : workerNodeName(instance.id) },
      ],
      nodeInfo: {
        kubeletVersion: K3S_VERSION,
        kubeProxyVersion: 'deprecated',
        kernelVersion: '6.12.63',
        osImage: 'Amazon Linux 2023',
        containerRuntimeVersion: 'containerd://2.1.4-k3s1',
        architecture: machineType(instance.type).arch,
        operatingSystem: 'linux',
        systemUUID: '',
        machineID: '',
        bootID: '',
      },
    },
  };
}

function labelsOf(
  instance: InstanceRecord,
  pool: string | undefined,
  own: Record<string, string>,
): Record<string, string> {
  const server = instance.tags[TAG.role] === 'server';
  const { arch } = machineType(instance.type);
  return {
    ...own,
    'kubernetes.io/os': 'linux',
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': arch,
    [LABEL.arch]: arch,
    [LABEL.hostname]: server ? SERVER_NODE : workerNodeName(instance.id),
    [LABEL.zone]: instance.zone,
    'topology.kubernetes.io/region': instance.zone.slice(0, -1),
    [LABEL.instanceType]: instance.type,
    ...(server ? { [LABEL.controlPlane]: 'true' } : {}),
    ...(pool === undefined ? {} : { [LABEL.pool]: pool, [LABEL.managed]: 'true' }),
  };
}

/** K3s reserves nothing by default, so what is there is what pods may ask for. */
function resourcesOf(typeName: string): Pick<Node['status'], 'capacity' | 'allocatable'> {
  const type = machineType(typeName);
  const resources = {
    cpu: String(type.vcpu),
    memory: `${Math.floor(allocatableMemory(type) / 1024)}Ki`,
    pods: String(PODS_PER_NODE),
    'ephemeral-storage': `${EPHEMERAL_STORAGE_BYTES / 1024}Ki`,
    ...(type.gpus && { 'nvidia.com/gpu': String(type.gpus) }),
  };
  return { capacity: resources, allocatable: { ...resources } };
}

function conditions(at: number): Condition[] {
  const lastTransitionTime = timestamp(at);
  const fine = (type: string, reason: string): Condition => ({
    type,
    status: 'False',
    reason,
    lastTransitionTime,
    lastHeartbeatTime: lastTransitionTime,
  });
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID'),
    {
      type: 'Ready',
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'container runtime network not ready',
      lastTransitionTime,
      lastHeartbeatTime: lastTransitionTime,
    },
  ];
}
