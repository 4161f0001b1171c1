import { type Container, condition, controllerOf, type Node, type Pod } from '../kubernetes/objects';
import { cpuMilli, whole } from '../kubernetes/quantity';
import { type Series, series } from './series';

/**
 * The series of kube-state-metrics 2.20 that the controller's queries and the alerts read, with the names and labels of
 * the recording in `__tests__/fixtures`. As there, `kube_pod_status_unschedulable` counts gated pods and those of
 * DaemonSets on full nodes too: it only says that PodScheduled is False.
 */
type Target = Record<string, string>;

const seconds = (time: string): number => Date.parse(time) / 1000;

export function nodeSeries(node: Node, target: Target): Series[] {
  const labels = { ...target, node: node.metadata.name };
  const info = node.status.nodeInfo;
  const ready = condition(node.status.conditions, 'Ready')?.status ?? 'Unknown';
  return [
    series(
      'kube_node_info',
      {
        ...labels,
        kernel_version: info.kernelVersion as string,
        os_image: info.osImage as string,
        container_runtime_version: info.containerRuntimeVersion as string,
        kubelet_version: info.kubeletVersion as string,
        kubeproxy_version: 'deprecated',
        provider_id: node.spec.providerID,
        pod_cidr: node.spec.podCIDR ?? '',
        system_uuid: info.systemUUID ?? '',
        internal_ip: node.status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '',
      },
      1,
    ),
    series('kube_node_created', labels, seconds(node.metadata.creationTimestamp)),
    series('kube_node_spec_unschedulable', labels, node.spec.unschedulable ? 1 : 0),
    ...(node.spec.taints ?? []).map(({ key, value, effect }) =>
      series('kube_node_spec_taint', { ...labels, key, value: value ?? '', effect }, 1),
    ),
    ...(['True', 'False', 'Unknown'] as const).map((status) =>
      series(
        'kube_node_status_condition',
        { ...labels, condition: 'Ready', status: status.toLowerCase() },
        status === ready ? 1 : 0,
      ),
    ),
    ...Object.entries(node.status.allocatable).map(([resource, text]) =>
      series('kube_node_status_allocatable', { ...labels, ...unitOf(resource) }, base(resource, text)),
    ),
  ];
}

const UNITS: Record<string, string> = { cpu: 'core', memory: 'byte', 'ephemeral-storage': 'byte' };
const unitOf = (resource: string): { resource: string; unit: string } => ({
  resource: resource.replaceAll(/[^a-zA-Z0-9]/g, '_'),
  unit: UNITS[resource] ?? 'integer',
});
const base = (resource: string, text: string): number => (resource === 'cpu' ? cpuMilli(text) / 1000 : whole(text));

const PHASES = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'] as const;

export function podSeries(pod: Pod, target: Target): Series[] {
  const { name, namespace, uid } = pod.metadata;
  const labels = { ...target, namespace: namespace as string, pod: name, uid };
  const owner = controllerOf(pod);
  return [
    series(
      'kube_pod_info',
      {
        ...labels,
        host_ip: pod.status.hostIP ?? '',
        pod_ip: pod.status.podIP ?? '',
        node: pod.spec.nodeName ?? '',
        created_by_kind: owner?.kind ?? '',
        created_by_name: owner?.name ?? '',
        priority_class: '',
        host_network: 'false',
      },
      1,
    ),
    series(
      'kube_pod_owner',
      {
        ...labels,
        owner_kind: owner?.kind ?? '',
        owner_name: owner?.name ?? '',
        owner_is_controller: owner ? 'true' : '',
      },
      1,
    ),
    ...PHASES.map((phase) => series('kube_pod_status_phase', { ...labels, phase }, pod.status.phase === phase ? 1 : 0)),
    ...pod.spec.containers.flatMap((container) =>
      requestSeries(container, { ...labels, container: container.name, node: pod.spec.nodeName ?? '' }),
    ),
    ...schedulingSeries(pod, labels),
  ];
}

function requestSeries({ resources }: Container, labels: Target): Series[] {
  return Object.entries(resources?.requests ?? {}).map(([resource, text]) =>
    series('kube_pod_container_resource_requests', { ...labels, ...unitOf(resource) }, base(resource, text)),
  );
}

function schedulingSeries(pod: Pod, labels: Target): Series[] {
  const scheduled = condition(pod.status.conditions, 'PodScheduled');
  if (scheduled?.status !== 'False') return [];
  return [
    series('kube_pod_status_unschedulable', labels, 1),
    series('kube_pod_status_unscheduled_time', labels, seconds(scheduled.lastTransitionTime)),
    ...(scheduled.reason === 'SchedulingGated'
      ? [series('kube_pod_status_reason', { ...labels, reason: 'SchedulingGated' }, 1)]
      : []),
  ];
}
