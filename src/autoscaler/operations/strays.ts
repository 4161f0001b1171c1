import { instanceIdOf, LABEL, workerNodeName } from '../names';
import { isAlive, isLaunch, isOpen, isOurWorker, isRemoval, nodeOfInstance } from '../planning/fleet-view';
import { unregisteredOf } from '../planning/health';
import { evictable } from '../planning/movable';
import type { Instance, KubernetesView, Node } from '../snapshot';
import type { ClusterState, LaunchOperation } from '../state';
import type { Sight } from './launch-progress';

/** An instance or a Node that ends without having served, and why. */
export interface Stray {
  reason: 'node-never-joined' | 'node-surplus' | 'node-lost';
  instance: string;
  pool: string;
  node?: { name: string; uid: string };
}

/** Instances that the launch gave up, registered or not. */
export const givenUp = (before: LaunchOperation, after: LaunchOperation, { view, shown }: Sight): Stray[] =>
  before.instances
    .filter((id) => !after.instances.includes(id) && shown.some((i) => i.id === id && isAlive(i)))
    .map((id) => ending('node-never-joined', { id, pool: before.pool }, view));

/** Instances of ours that no operation leads to a Node, and Nodes of ours whose instance is gone. */
export function strays(state: ClusterState, sight: Sight): Stray[] {
  const { view, shown } = sight;
  const open = state.operations.filter(isOpen);
  const spoken = new Set([
    ...state.operations.filter(isLaunch).flatMap((operation) => operation.instances),
    ...open.filter(isRemoval).map((operation) => operation.instance),
  ]);
  // Many at once are no orphans: Nodes have been lost, and not instances.
  const isDoubtful = unregisteredOf(shown, view, state.operations, sight.at, sight.config) !== undefined;
  const alone = shown
    .filter((instance) => instance.role === 'worker' && isAlive(instance) && !spoken.has(instance.id))
    .filter((instance) =>
      isSurplus(instance, state) ? !serves(instance, view) : !isDoubtful && isOrphan(instance, sight),
    )
    .map((instance) => ending(isSurplus(instance, state) ? 'node-surplus' : 'node-never-joined', instance, view));
  const dead = view.nodes.filter((node) => isDead(node, sight)).flatMap((node) => deadTarget(node, spoken));
  return [...alone, ...dead];
}

function ending(reason: Stray['reason'], { id, pool }: Pick<Instance, 'id' | 'pool'>, view: KubernetesView): Stray {
  const target = { reason, instance: id, pool: pool ?? '' };
  const node = nodeOfInstance(view, id);
  return node ? { ...target, node: { name: node.name, uid: node.uid } } : target;
}

/**
 * Its operation has, or had when it ended, all that it asked for: a frozen invocation woke and launched a second set.
 * Terminated before it serves; one that serves already is left to the ordinary removal, which drains it.
 */
const isSurplus = (instance: Instance, { operations, closedLaunches }: ClusterState): boolean =>
  operations
    .filter(isLaunch)
    .some((o) => o.id === instance.operation && o.phase !== 'requested' && o.instances.length >= o.count) ||
  closedLaunches.some(({ id, instances }) => id === instance.operation && !instances.includes(instance.id));

function serves(instance: Instance, view: KubernetesView): boolean {
  const node = nodeOfInstance(view, instance.id);
  return node !== undefined && evictable(view, node.name).length > 0;
}

/**
 * Nobody knows it, and its time to join is over. One with a Node is a worker like any other; a Node of its name without
 * its provider id is a contradiction, and no proof.
 */
const isOrphan = ({ id, launchedAt }: Instance, { at, view, config }: Sight): boolean =>
  at - launchedAt > config.policy.joinDeadlineMs &&
  !nodeOfInstance(view, id) &&
  !view.nodes.some(({ name }) => name === workerNodeName(id));

/** EC2 shows a terminated instance for about an hour; one that it does not show at all must also be silent and old. */
function isDead(node: Node, { at, shown, config }: Sight): boolean {
  const id = instanceIdOf(node.providerId);
  if (!isOurWorker(node) || node.ready) return false;
  const instance = shown.find((candidate) => candidate.id === id);
  return instance ? instance.state === 'terminated' : at - node.createdAt > config.policy.joinDeadlineMs;
}

function deadTarget(node: Node, spoken: ReadonlySet<string>): Stray[] {
  const instance = instanceIdOf(node.providerId);
  if (!instance || spoken.has(instance)) return [];
  const { name, uid } = node;
  return [{ reason: 'node-lost', instance, pool: node.labels[LABEL.pool] ?? '', node: { name, uid } }];
}
