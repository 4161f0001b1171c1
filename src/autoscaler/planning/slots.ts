import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import { LABEL } from '../names';
import type { KubernetesView, Node, Resources, Snapshot } from '../snapshot';
import type { LaunchOperation } from '../state';
import { isLaunch, isOpen, isServer, KUBERNETES_TAINT, nodeOfInstance, podsOn, startupTaints } from './fleet-view';
import { least, minus, NOTHING, plus } from './resources';
import { admits, type Slot } from './scheduling';

/** Nodes that take pods now. */
export const existingSlots = (view: KubernetesView): Slot[] =>
  view.nodes.filter((node) => node.ready && !node.unschedulable).map((node) => nodeSlot(view, node));

/** The node as it would be if it took pods again, whatever keeps it from that now. */
export const nodeSlot = (view: KubernetesView, node: Node): Slot => ({
  name: node.name,
  labels: node.labels,
  taints: node.taints.filter((taint) => !taint.key.startsWith(KUBERNETES_TAINT)),
  free: podsOn(view, node.name).reduce((free, pod) => minus(free, pod.requests), node.allocatable),
});

/**
 * One for each node on its way. A registered one is measured, one that is not yet is reckoned from its type. One behind
 * a start-up taint is on its way too: what taints every new node must not make a new one be bought each tick.
 */
export function joiningSlots(snapshot: Snapshot, view: KubernetesView, config: RuntimeConfig): Slot[] {
  return snapshot.state.operations
    .filter(isLaunch)
    .filter(isOpen)
    .flatMap((operation) => {
      const pool = config.pools.find(({ name }) => name === operation.pool);
      const known = operation.instances.flatMap((id) => nodeOfInstance(view, id) ?? []);
      const ready = known.filter((node) => node.ready && startupTaints(node, pool).length === 0);
      const registered = known.filter((node) => !ready.includes(node));
      const missing = operation.count - known.length;
      return [
        ...registered.map((node) => startedSlot(view, node, pool)),
        ...Array.from({ length: Math.max(0, missing) }, (_, i) => joining(operation, i, view, config)),
      ];
    });
}

const startedSlot = (view: KubernetesView, node: Node, pool: RuntimePool | undefined): Slot => {
  const slot = nodeSlot(view, node);
  const passing = startupTaints(node, pool);
  return { ...slot, taints: slot.taints.filter((taint) => !passing.includes(taint)) };
};

function joining(operation: LaunchOperation, index: number, view: KubernetesView, config: RuntimeConfig): Slot {
  const pool = config.pools.find((candidate) => candidate.name === operation.pool);
  const capacity = config.instanceTypes[operation.request.instanceType];
  const name = `${operation.id}#${index}`;
  // A pool that left the configuration has no shape we know: it counts as a node, but is promised to no pod.
  if (!pool || !capacity) return { name, labels: {}, taints: [], free: NOTHING };
  return poolSlot(pool, name, toResources(capacity), view, config);
}

/**
 * A node that the pool could launch. It is as small as the smallest of its types, so that a launch that falls back to
 * another type still holds the pods it was bought for.
 */
export function freshSlot(pool: RuntimePool, name: string, view: KubernetesView, config: RuntimeConfig): Slot {
  const sizes = pool.instanceTypes.map((type) => {
    const capacity = config.instanceTypes[type];
    return capacity ? toResources(capacity) : NOTHING;
  });
  return poolSlot(pool, name, sizes.reduce(least), view, config);
}

function poolSlot(pool: RuntimePool, name: string, size: Resources, view: KubernetesView, config: RuntimeConfig): Slot {
  const slot = { name, labels: poolLabels(pool, config), taints: pool.taints };
  const daemons = view.daemonSets.filter((set) => admits(slot, set)).map((set) => set.requests);
  return { ...slot, free: minus(size, daemons.reduce(plus, NOTHING)) };
}

/** Labels that every node of the pool bears, whatever its type and zone turn out to be. */
function poolLabels(pool: RuntimePool, config: RuntimeConfig): Record<string, string> {
  const arch = config.instanceTypes[pool.instanceTypes[0] ?? '']?.arch;
  return {
    ...pool.labels,
    [LABEL.pool]: pool.name,
    [LABEL.managed]: 'true',
    'kubernetes.io/os': 'linux',
    ...(arch ? { [LABEL.arch]: arch } : {}),
    ...(pool.instanceTypes.length === 1 ? { [LABEL.instanceType]: pool.instanceTypes[0] as string } : {}),
  };
}

const toResources = ({ cpuMilli, memoryBytes, pods }: Resources): Resources => ({ cpuMilli, memoryBytes, pods });

/** A node this young has no full window behind it, and its idle first minutes would speak for the whole cluster. */
const WARM_MS = 5 * 60_000;

const isWarm = (node: Node, at: number): boolean => at - node.createdAt >= WARM_MS;

const serving = (view: KubernetesView): Node[] => view.nodes.filter((n) => n.ready && !n.unschedulable && !isServer(n));

/** Workers whose CPU speaks for the cluster: Ready, schedulable, no server, and warm. */
export const warmWorkers = (view: KubernetesView, at: number): Node[] => serving(view).filter((n) => isWarm(n, at));

/** Workers that serve but do not speak yet: their capacity is there and the mean does not show it. */
export const freshWorkers = (view: KubernetesView, at: number): Node[] => serving(view).filter((n) => !isWarm(n, at));
