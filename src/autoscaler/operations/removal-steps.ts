import { ANNOTATION } from '../names';
import { isAlive, nodeOfInstance } from '../planning/fleet-view';
import { evictable, obstacle, roomObstacle } from '../planning/movable';
import type { Slot } from '../planning/scheduling';
import { isUrgent } from '../planning/urgent';
import type { KubernetesView, Node, Pod } from '../snapshot';
import type { RemovalOperation } from '../state';
import { type Context, hasTime } from './context';
import { cordonMark } from './removal';

/** chosen → cordoned, under the version of the Node that was judged. */
export async function cordon(context: Context, operation: RemovalOperation, fresh?: KubernetesView): Promise<void> {
  const { ports, session, snapshot, did } = context;
  const view = fresh ?? (snapshot.kubernetes.known ? snapshot.kubernetes.value : undefined);
  const node = view?.nodes.find((n) => n.uid === operation.node?.uid);
  if (!node) return;
  const answer = await ports.cluster.cordon(node, cordonMark(operation, session.epoch));
  if (answer.outcome === 'done') {
    await session.update({ ...operation, phase: 'cordoned' });
    did(`cordoned ${node.name}`);
  } else {
    did(
      `could not cordon ${node.name}: ${'detail' in answer ? answer.detail : answer.outcome}; tried again by the next tick`,
    );
  }
}

/** Evicts what can be evicted now; with no pod left, terminates. `view` was listed after the cordon. */
export async function drain(
  context: Context,
  operation: RemovalOperation,
  view: KubernetesView,
  slots: Slot[],
): Promise<void> {
  const node = view.nodes.find((candidate) => candidate.uid === operation.node?.uid);
  if (!node) return;
  const urgent = isUrgent(operation, context.config.policy.rebalance);
  // Whoever un-cordons a node that EC2 takes cannot keep it.
  if (!isOurs(node, operation) && operation.cause !== 'interruption')
    return giveUp(context, operation, 'somebody else un-cordoned or cordoned the node');
  const pods = evictable(view, node.name);
  // No way back from terminating: it is written before anything is done.
  if (pods.length === 0) return context.session.update({ ...operation, phase: 'terminating' });
  // Once evictions have begun a budget answers for itself, with 429; room is asked for each time.
  // Nor is room asked for where the pods are lost otherwise: it is being bought.
  const reason = urgent
    ? undefined
    : operation.phase === 'cordoned'
      ? obstacle(view, node, slots)
      : roomObstacle(staying(pods), node, slots);
  if (reason) return takeBack(context, operation, reason.text, node);
  await evictAll(context, operation, pods);
}

/** A pod that is terminating has its replacement elsewhere already. */
const staying = (pods: Pod[]): Pod[] => pods.filter((pod) => pod.deletionAt === undefined);

const isOurs = (node: Node, operation: RemovalOperation): boolean =>
  node.unschedulable && (node.annotations[ANNOTATION.operation] ?? '').startsWith(`${operation.id}@`);

async function evictAll(context: Context, operation: RemovalOperation, pods: Pod[]): Promise<void> {
  const { ports, session, did } = context;
  const owners = pods.flatMap((pod) => (pod.owner ? [pod.owner.uid] : []));
  const evictedOwners = [...new Set([...operation.evictedOwners, ...owners])];
  await session.update({ ...operation, phase: 'draining', evictedOwners });
  // The least important leave first, so that what matters has the least time without a node.
  for (const pod of staying(pods).sort((a, b) => a.priority - b.priority)) {
    if (!hasTime(context)) return;
    const answer = await ports.cluster.evict(pod);
    did(`evict ${pod.namespace}/${pod.name}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
  }
}

/** Terminates by id; once EC2 says that the instance is gone, deletes the Node, which K3s never does. */
export async function advanceCleanUp(context: Context, operation: RemovalOperation): Promise<void> {
  const { snapshot } = context;
  if (!snapshot.instances.known) return;
  const instance = snapshot.instances.value.find(({ id }) => id === operation.instance);
  if (instance && isAlive(instance)) return terminateInstance(context, operation);
  if (instance?.state === 'shutting-down') return;
  await deleteNode(context, operation);
}

async function terminateInstance(context: Context, operation: RemovalOperation): Promise<void> {
  const { ports, session, snapshot, config, did } = context;
  const answer = await ports.fleet.terminate(operation.instance);
  did(`terminate ${operation.instance}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
  if (answer.outcome === 'foreign') return giveUp(context, operation, answer.detail);
  if (answer.outcome === 'failed') return;
  const down = snapshot.at + config.policy.cooldown.downMs;
  const cooldownUntil = { ...session.state.cooldownUntil, down };
  await session.save({ ...session.state, lastScaleTime: snapshot.at, cooldownUntil });
}

async function deleteNode(context: Context, operation: RemovalOperation): Promise<void> {
  const { ports, session, snapshot, did } = context;
  if (!snapshot.kubernetes.known) return;
  const node = nodeOfInstance(snapshot.kubernetes.value, operation.instance);
  if (node) {
    const answer = await ports.cluster.deleteNode(node);
    did(`delete Node ${node.name}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
    if (answer.outcome !== 'done' && answer.outcome !== 'gone') return;
  }
  await session.update({ ...operation, phase: 'gone' });
}

/** Un-cordons a node that bears our mark; it stays in service. */
export async function takeBack(
  context: Context,
  operation: RemovalOperation,
  why: string,
  fresh?: Node,
): Promise<void> {
  const { ports, snapshot, did } = context;
  const listed = snapshot.kubernetes.known ? snapshot.kubernetes.value.nodes : [];
  const node = fresh ?? listed.find((candidate) => candidate.uid === operation.node?.uid);
  if (node && isOurs(node, operation)) {
    const answer = await ports.cluster.uncordon(node);
    did(`un-cordon ${node.name}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
    // Not done: the operation stays open, so that no cordon is forgotten; the next tick tries again.
    if (answer.outcome !== 'done' && answer.outcome !== 'gone') return;
  } else if (!snapshot.kubernetes.known) {
    return;
  }
  await giveUp(context, operation, why);
}

/** The removal ends and the node stays; it has to be unneeded anew for the whole time before it is chosen again. */
async function giveUp({ session, did }: Context, operation: RemovalOperation, failure: string): Promise<void> {
  const { [operation.node?.name ?? '']: _, ...unneededSince } = session.state.unneededSince;
  await session.update({ ...operation, phase: 'rolled-back', failure }, { unneededSince });
  did(`removal of ${operation.node?.name ?? operation.instance} ends: ${failure}`);
}
