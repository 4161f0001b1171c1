import { ANNOTATION } from '../names';
import type { Verdict } from '../plan';
import { remember, shortened } from '../planning/backoff';
import { awaited, evictable, obstacle, roomObstacle } from '../planning/movable';
import type { Rehousing } from '../planning/rehousing';
import { isUrgent } from '../planning/urgent';
import type { KubernetesView, Node } from '../snapshot';
import type { RemovalOperation } from '../state';
import { type Context, hasTime } from './context';
import { evictPods } from './evict';
import { cordonMark, terminating } from './removal';

/** chosen → cordoned, under the version of the Node that was judged. */
export async function cordon(context: Context, operation: RemovalOperation, fresh?: KubernetesView): Promise<void> {
  const { ports, session, snapshot, did } = context;
  const view = fresh ?? (snapshot.kubernetes.known ? snapshot.kubernetes.value : undefined);
  const node = view?.nodes.find((n) => n.uid === operation.node?.uid);
  if (!node) return;
  if (node.unschedulable && !isOurs(node, operation) && operation.cause !== 'interruption')
    return giveUp(context, operation, 'a person cordoned the node');
  await session.confirm();
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

/** Evicts what can be evicted now; with no pod left to wait for, there is no way back. `view` was listed after the cordon. */
export async function drain(
  context: Context,
  operation: RemovalOperation,
  view: KubernetesView,
  rehousing: Rehousing,
): Promise<void> {
  const { session, snapshot, config } = context;
  const node = view.nodes.find((candidate) => candidate.uid === operation.node?.uid);
  if (!node) return;
  const urgent = isUrgent(operation, config.policy.rebalance);
  // Whoever un-cordons a node that EC2 takes cannot keep it.
  if (!isOurs(node, operation) && operation.cause !== 'interruption')
    return giveUp(context, operation, 'somebody else un-cordoned or cordoned the node');
  const pods = awaited(evictable(view, node.name), snapshot.at);
  // It is written before anything is done.
  if (pods.length === 0) return session.update(terminating(operation, snapshot.at, config));
  const reason = urgent ? undefined : obstacleNow(operation, view, node, rehousing, config);
  if (reason) return takeBack(context, operation, { why: reason.text, failed: true, node });
  // On a node that a person opened again the successors of its pods would start.
  if (urgent && operation.phase === 'draining' && !node.unschedulable) await cordon(context, operation, view);
  const owners = pods.flatMap((pod) => (pod.owner ? [pod.owner.uid] : []));
  const begun: RemovalOperation = {
    ...operation,
    phase: 'draining',
    evictedOwners: [...new Set([...operation.evictedOwners, ...owners])],
  };
  await session.update(begun);
  const never = await evictPods(context, pods, urgent);
  if (never && hasTime(context)) await takeBack(context, begun, { why: never, failed: true, node });
}

/**
 * Once evictions have begun a budget answers for itself, with 429; room is asked for each time, but not where the pods are
 * lost otherwise: it is being bought.
 */
const obstacleNow = (
  { phase }: RemovalOperation,
  view: KubernetesView,
  node: Node,
  rehousing: Rehousing,
  { policy }: Context['config'],
): Verdict | undefined =>
  phase === 'cordoned' ? obstacle(view, node, rehousing, policy) : roomObstacle(node, rehousing);

const isOurs = (node: Node, operation: RemovalOperation): boolean =>
  node.unschedulable && (node.annotations[ANNOTATION.operation] ?? '').startsWith(`${operation.id}@`);

/** Why a node stays in service. `failed`: the removal could not be done, so it is not tried again soon. */
export interface Return {
  why: string;
  failed: boolean;
  /** As it was listed last; by default as the snapshot shows it. */
  node?: Node;
}

/** Un-cordons a node that bears our mark; it stays in service. */
export async function takeBack(
  context: Context,
  operation: RemovalOperation,
  { why, failed, node: fresh }: Return,
): Promise<void> {
  const { ports, session, snapshot, did } = context;
  const listed = snapshot.kubernetes.known ? snapshot.kubernetes.value.nodes : [];
  const node = fresh ?? listed.find((candidate) => candidate.uid === operation.node?.uid);
  if (node && isOurs(node, operation)) {
    await session.confirm();
    const answer = await ports.cluster.uncordon(node);
    did(`un-cordon ${node.name}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
    // Not done: the operation stays open, so that no cordon is forgotten; the next tick tries again.
    if (answer.outcome !== 'done' && answer.outcome !== 'gone') return;
  } else if (!snapshot.kubernetes.known) {
    return;
  }
  await giveUp(context, operation, why, failed);
}

/** A node that never drains is tried more and more seldom. */
const LONGEST_BACKOFF_MS = 6 * 3600_000;

/** The removal ends and the node stays; it has to be unneeded anew for the whole time before it is chosen again. */
export async function giveUp(
  { session, snapshot, config, did }: Context,
  operation: RemovalOperation,
  failure: string,
  failed = false,
): Promise<void> {
  const name = operation.node?.name ?? '';
  const { [name]: _, ...unneededSince } = session.state.unneededSince;
  const pauses = { firstMs: config.policy.drainDeadlineMs, maxMs: LONGEST_BACKOFF_MS };
  const removalFailures = failed
    ? remember(session.state.removalFailures, name, failure, snapshot.at, pauses)
    : session.state.removalFailures;
  await session.update(
    { ...operation, phase: 'rolled-back', failure: shortened(failure) },
    { unneededSince, removalFailures },
  );
  did(`removal of ${operation.node?.name ?? operation.instance} ends: ${failure}`);
}
