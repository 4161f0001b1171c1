import {
  EPHEMERAL_STORAGE,
  MEMORY_OVERHEAD,
  type RuntimeConfig,
  type RuntimePool,
  VOLUME_BYTES,
} from '../../config/runtime';
import { LABEL, workerNodeName } from '../names';
import type { DaemonSet, KubernetesView, Node, Resources, Snapshot } from '../snapshot';
import type { ClusterState, LaunchOperation } from '../state';
import { isLaunch, isOpen, isServer, KUBERNETES_TAINT, nodeOfInstance, podsOn, startupTaints } from './fleet-view';
import { minus, NOTHING, plus } from './resources';
import { admits, type Slot } from './scheduling';
import { hasStarted, missingOthers } from './started';

/** A node that takes pods now, as far as Kubernetes says. */
export const isServing = (node: Node): boolean => node.ready && !node.unschedulable;

/**
 * Kubernetes' own taints that go with what we see otherwise: a cordon, a node that is starting. Those of a node that is
 * short of disk, memory or processes keep pods away for as long as it is.
 */
const PASSING: ReadonlySet<string> = new Set(
  ['unschedulable', 'not-ready', 'unreachable', 'network-unavailable'].map((name) => `${KUBERNETES_TAINT}${name}`),
);

/** The node as it would be if it took pods again, whatever keeps it from that now. */
export const nodeSlot = (view: KubernetesView, node: Node): Slot => ({
  name: node.name,
  labels: node.labels,
  taints: node.taints.filter(({ key }) => !PASSING.has(key)),
  size: node.allocatable,
  free: podsOn(view, node.name).reduce((free, pod) => minus(free, pod.requests), node.allocatable),
});

/** A node on its way; `node` where it is registered already. */
export interface Joining {
  slot: Slot;
  node?: Node;
}

/**
 * One for each node on its way. A registered one is measured, one that is not yet is reckoned from its type. One behind
 * a start-up taint is on its way too: what taints every new node must not make a new one be bought each tick.
 */
export function joiningSlots(snapshot: Snapshot, view: KubernetesView, config: RuntimeConfig): Joining[] {
  return snapshot.state.operations
    .filter(isLaunch)
    .filter(isOpen)
    .flatMap((operation) => {
      const pool = config.pools.find(({ name }) => name === operation.pool);
      const known = operation.instances.flatMap((id) => nodeOfInstance(view, id) ?? []);
      const type = operation.request.instanceType;
      const ready = known.filter((node) => hasStarted(node, pool, type, config));
      const registered = known.filter((node) => !ready.includes(node));
      const names = operation.instances.filter((id) => !nodeOfInstance(view, id)).map(workerNodeName);
      const missing = Math.max(0, operation.count - known.length);
      return [
        ...registered.map((node) => ({ slot: startedSlot(view, node, pool, missingOthers(node, type, config)), node })),
        ...Array.from({ length: missing }, (_, i) => ({
          slot: joining(operation, names[i] ?? `${operation.id}#${i}`, snapshot, view, config),
        })),
      ];
    });
}

const startedSlot = (
  view: KubernetesView,
  node: Node,
  pool: RuntimePool | undefined,
  others: Record<string, number>,
): Slot => {
  const passing = startupTaints(node, pool);
  const slot = nodeSlot(view, node);
  const coming = { ...NOTHING, others };
  const started = {
    ...slot,
    size: plus(slot.size, coming),
    free: plus(slot.free, coming),
    taints: slot.taints.filter((taint) => !passing.includes(taint)),
  };
  const there = podsOn(view, node.name).filter(({ owner }) => owner?.kind === 'DaemonSet');
  const isThere = (set: DaemonSet) =>
    there.some(({ namespace, owner }) => namespace === set.namespace && owner?.name === set.name);
  // A node has just been registered when its DaemonSets have no pod on it yet.
  return withDaemons(
    started,
    view.daemonSets.filter((set) => !isThere(set)),
  );
};

/** The node once the pods of its DaemonSets are there. */
function withDaemons(slot: Slot, daemonSets: readonly DaemonSet[]): Slot {
  const coming = daemonSets.filter((set) => admits(slot, set));
  const ports = coming.flatMap(({ hostPorts = [] }) => hostPorts);
  return {
    ...slot,
    free: coming.reduce((free, { requests }) => minus(free, requests), slot.free),
    ...(ports.length > 0 && { ports }),
  };
}

function joining(
  operation: LaunchOperation,
  name: string,
  { state }: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
): Slot {
  const pool = config.pools.find((candidate) => candidate.name === operation.pool);
  const { instanceType, zone } = operation.request;
  // A pool that left the configuration has no shape we know: it counts as a node, but is promised to no pod.
  return (
    (pool && freshSlot({ pool, type: instanceType, zone, name }, state, view, config)) ?? {
      name,
      labels: {},
      taints: [],
      size: NOTHING,
      free: NOTHING,
    }
  );
}

/** A node that could be launched. */
export interface Fresh {
  pool: RuntimePool;
  type: string;
  zone: string;
  name: string;
}

/** As its pool, its type and its DaemonSets will leave it; undefined for a type that the configuration does not know. */
export function freshSlot(
  { pool, type, zone, name }: Fresh,
  state: Pick<ClusterState, 'allocatable'>,
  view: KubernetesView,
  config: RuntimeConfig,
): Slot | undefined {
  const size = allocatableOf(pool, type, state, config);
  if (!size) return undefined;
  const labels = freshLabels({ pool, type, zone, name }, config);
  const more = reportedOf(pool, type, state) ? {} : { more: marginOf(size) };
  return withDaemons({ name, labels, taints: pool.taints, size, free: size, ...more }, view.daemonSets);
}

/** What the table takes off what the type has by its name. */
const marginOf = ({ memoryBytes }: Resources): Slot['more'] & object => ({
  memoryBytes: Math.floor(memoryBytes / (1 - MEMORY_OVERHEAD)) - memoryBytes,
  others: { 'ephemeral-storage': VOLUME_BYTES - EPHEMERAL_STORAGE },
});

const freshLabels = ({ pool, type, zone, name }: Fresh, config: RuntimeConfig): Record<string, string> => ({
  ...pool.labels,
  [LABEL.pool]: pool.name,
  [LABEL.managed]: 'true',
  'kubernetes.io/os': 'linux',
  'beta.kubernetes.io/os': 'linux',
  [LABEL.hostname]: name,
  [LABEL.zone]: zone,
  'topology.kubernetes.io/region': config.region,
  // Where EBS' CSI driver runs it labels its nodes so, and volumes ask for it (kubernetes/autoscaler#3845).
  'topology.ebs.csi.aws.com/zone': zone,
  [LABEL.instanceType]: type,
  ...(config.instanceTypes[type] && {
    [LABEL.arch]: config.instanceTypes[type].arch,
    'beta.kubernetes.io/arch': config.instanceTypes[type].arch,
  }),
});

export const allocatableKey = (pool: string, type: string): string => `${pool}/${type}`;

/**
 * What a node of the pool and type offers: what such nodes have reported is believed before the table, which knows
 * neither the kernel nor what a kubelet was told to reserve.
 */
export function allocatableOf(
  pool: RuntimePool,
  type: string,
  state: Pick<ClusterState, 'allocatable'>,
  config: RuntimeConfig,
): Resources | undefined {
  const reported = reportedOf(pool, type, state);
  if (reported) return reported;
  const capacity = config.instanceTypes[type];
  if (!capacity) return undefined;
  const { cpuMilli, memoryBytes, pods, others } = capacity;
  return { cpuMilli, memoryBytes, pods, ...(others && { others }) };
}

const reportedOf = (
  { name }: RuntimePool,
  type: string,
  { allocatable }: Pick<ClusterState, 'allocatable'>,
): Resources | undefined => allocatable[allocatableKey(name, type)];

/** A node this young has no full window behind it, and its idle first minutes would speak for the whole cluster. */
const WARM_MS = 5 * 60_000;

const isWarm = (node: Node, at: number): boolean => at - node.createdAt >= WARM_MS;

const workers = (view: KubernetesView): Node[] => view.nodes.filter((node) => isServing(node) && !isServer(node));

/** Workers whose CPU speaks for the cluster: Ready, schedulable, no server, and warm. */
export const warmWorkers = (view: KubernetesView, at: number): Node[] => workers(view).filter((n) => isWarm(n, at));

/** Workers that serve but do not speak yet: their capacity is there and the mean does not show it. */
export const freshWorkers = (view: KubernetesView, at: number): Node[] => workers(view).filter((n) => !isWarm(n, at));
