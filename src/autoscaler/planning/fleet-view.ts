import type { RuntimePool, Taint } from '../../config/runtime';
import { grouped } from '../grouped';
import { ANNOTATION, instanceIdOf, LABEL, workerNodeName } from '../names';
import type { Instance, KubernetesView, Node, Pod, Snapshot } from '../snapshot';
import type { LaunchOperation, Operation, RemovalOperation } from '../state';

/** What EC2, Kubernetes and our own records say together about the workers. */

const DEAD: ReadonlySet<Instance['state']> = new Set(['shutting-down', 'terminated']);

export const isAlive = (instance: Instance): boolean => !DEAD.has(instance.state);

export const isLaunch = (operation: Operation): operation is LaunchOperation => operation.kind === 'launch';
export const isRemoval = (operation: Operation): operation is RemovalOperation => operation.kind === 'removal';

export const isOpen = (operation: Operation): boolean =>
  !['ready', 'failed', 'gone', 'rolled-back'].includes(operation.phase);

/** Still to be taken back: no pod of it was lost and nothing was terminated. */
export const isReversible = (operation: RemovalOperation): boolean =>
  ['chosen', 'cordoned', 'draining'].includes(operation.phase);

export const isServer = (node: Node): boolean => LABEL.controlPlane in node.labels;

export const isManaged = (node: Node): boolean => node.labels[LABEL.managed] === 'true';

/** Base or autoscaled, by the name that our user data gives; a Node of any other name is somebody else's. */
export function isOurWorker(node: Node): boolean {
  const id = instanceIdOf(node.providerId);
  return id !== undefined && node.name === workerNodeName(id);
}

export const nodeOfInstance = (view: KubernetesView, instance: string): Node | undefined =>
  nodesByInstance(view.nodes).get(instance);

const nodesByInstance = onceFor((nodes: readonly Node[]) =>
  firstBy(nodes, ({ providerId }) => instanceIdOf(providerId)),
);

export const instanceOfNode = (instances: readonly Instance[], node: Node): Instance | undefined =>
  instancesById(instances).get(instanceIdOf(node.providerId) ?? '');

const instancesById = onceFor((instances: readonly Instance[]) => firstBy(instances, ({ id }) => id));

/** Of two of a key the first counts. */
function firstBy<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Map<string, T> {
  const found = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined && !found.has(key)) found.set(key, item);
  }
  return found;
}

/**
 * Taints that something on the node has still to take off before pods come: they are neither its pool's nor those by
 * which Kubernetes itself tells a node's state. Of a pool that left the configuration nothing is known.
 */
export const startupTaints = (node: Node, pool: Pick<RuntimePool, 'taints'> | undefined): Taint[] =>
  node.taints.filter(
    (taint) =>
      pool !== undefined &&
      taint.effect !== 'PreferNoSchedule' &&
      !taint.key.startsWith(KUBERNETES_TAINT) &&
      !pool.taints.some((own) => own.key === taint.key && own.effect === taint.effect),
  );

/** Kubernetes' own taints of a cordon or of a node that is not ready: they go away with their cause. */
export const KUBERNETES_TAINT = 'node.kubernetes.io/';

/** The node bears our mark, and no open removal made it: an invocation that woke late, or a removal that was given up. */
export function forgottenCordon(node: Node, snapshot: Snapshot): boolean {
  const mark = node.annotations[ANNOTATION.operation];
  if (mark === undefined) return false;
  return !snapshot.state.operations.some((o) => isRemoval(o) && isOpen(o) && mark.startsWith(`${o.id}@`));
}

/** Pods that hold room on the node: a finished one does not. */
export const podsOn = (view: KubernetesView, node: string): Pod[] => podsByNode(view.pods).get(node) ?? [];

const podsByNode = onceFor((pods: readonly Pod[]) =>
  grouped(
    pods.filter(({ nodeName, phase }) => nodeName && phase !== 'Succeeded' && phase !== 'Failed'),
    ({ nodeName }) => nodeName as string,
  ),
);

/** Pods that the scheduler ends others for on the node. */
export const nominatedTo = (view: KubernetesView, node: string): Pod[] => nominatedByNode(view.pods).get(node) ?? [];

const nominatedByNode = onceFor((pods: readonly Pod[]) =>
  grouped(
    pods.filter(({ nodeName, nominatedNode, phase }) => !nodeName && nominatedNode && phase === 'Pending'),
    ({ nominatedNode }) => nominatedNode as string,
  ),
);

/** A list of a view is never changed, and is asked of several times for each of its items: so an index is made once. */
function onceFor<List extends readonly unknown[], Index>(make: (list: List) => Index): (list: List) => Index {
  const made = new WeakMap<List, Index>();
  return (list) => {
    let index = made.get(list);
    if (index === undefined) {
      index = make(list);
      made.set(list, index);
    }
    return index;
  };
}

/**
 * Workers that count now, by pool (`''`: base workers): what EC2 shows alive, united with what was launched and is not
 * shown yet, plus what is being asked for. EC2's lists are late by seconds, so our record counts until its deadline.
 */
export function countWorkers(snapshot: Snapshot): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (pool: string, count: number) => counts.set(pool, (counts.get(pool) ?? 0) + count);
  const shown = new Map((snapshot.instances.known ? snapshot.instances.value : []).map((i) => [i.id, i]));
  for (const instance of shown.values()) {
    const isWorker = instance.role === 'base' || instance.role === 'worker';
    if (isWorker && isAlive(instance)) add(instance.pool ?? '', 1);
  }
  for (const operation of snapshot.state.operations.filter(isLaunch).filter(isOpen)) {
    add(operation.pool, unseen(operation, [...shown.values()]));
  }
  return counts;
}

/** Workers of a pool that EC2 shows alive, and those asked for that it does not show, by zone. */
export function workersByZone(pool: Pick<RuntimePool, 'name'>, snapshot: Snapshot): Map<string, number> {
  const load = new Map<string, number>();
  const add = (zone: string, count: number) => load.set(zone, (load.get(zone) ?? 0) + count);
  const shown = snapshot.instances.known ? snapshot.instances.value : [];
  for (const { zone } of shown.filter((instance) => instance.pool === pool.name && isAlive(instance))) add(zone, 1);
  for (const operation of snapshot.state.operations.filter(isLaunch).filter(isOpen)) {
    if (operation.pool === pool.name) add(operation.request.zone, unseen(operation, shown));
  }
  return load;
}

/** Instances asked for under this operation that EC2 does not show. */
export const unseen = (operation: LaunchOperation, shown: Instance[]): number =>
  Math.max(0, operation.count - shown.filter((i) => isAlive(i) && isOf(operation, i)).length);

const isOf = (operation: LaunchOperation, instance: Instance): boolean =>
  instance.operation === operation.id || operation.instances.includes(instance.id);
