import { workerNodeName } from '../names';
import { isAlive, nodeOfInstance } from '../planning/fleet-view';
import { awaited, evictable } from '../planning/movable';
import { consoleCommand } from '../planning/room';
import { podKey } from '../planning/scheduling';
import type { TerminateOutcome } from '../ports';
import type { KubernetesView, Node, Observed, Pod } from '../snapshot';
import type { RemovalOperation } from '../state';
import { type Context, hasTime, observeAgain } from './context';
import { evictPods } from './evict';
import { cordonMark, isCleanUp } from './removal';
import { giveUp } from './removal-steps';

/**
 * The end of removals: terminates by id; once EC2 says that the instance is gone, deletes the Node, which K3s never
 * does. Kubernetes is listed right before: between the writing of `terminating` and now there may be a crash and a tick.
 */
export async function endRemovals(context: Context, operations: RemovalOperation[]): Promise<void> {
  const { snapshot } = context;
  if (!snapshot.instances.known || operations.length === 0) return;
  const instances = new Map(snapshot.instances.value.map((instance) => [instance.id, instance]));
  // One that the list lacks may be late, or a person's by now: only when it is asked for by its id is it gone.
  const mayLive = ({ instance: id }: RemovalOperation) => {
    const instance = instances.get(id);
    return instance === undefined || isAlive(instance);
  };
  const fresh = operations.some(mayLive) && hasTime(context) ? await observeAgain(context) : undefined;
  for (const operation of operations) {
    if (!hasTime(context)) return;
    const instance = instances.get(operation.instance);
    if (mayLive(operation)) {
      const outcome = await endInstance(context, operation, fresh);
      if (instance === undefined && outcome === 'not-found') await deleteNode(context, operation);
    } else if (instance?.state !== 'shutting-down') await deleteNode(context, operation);
  }
}

async function endInstance(
  context: Context,
  operation: RemovalOperation,
  fresh: Observed<KubernetesView> | undefined,
): Promise<TerminateOutcome['outcome'] | undefined> {
  if (!fresh?.known) {
    context.did(
      `${operation.instance} is not terminated: its pods are unknown (${fresh?.detail ?? 'no time to look'})`,
    );
    return undefined;
  }
  const node = nodeNow(fresh.value, operation);
  const pods = node?.ready ? awaited(evictable(fresh.value, node.name), context.snapshot.at) : [];
  if (!node || pods.length === 0 || context.snapshot.at > operation.deadline)
    return terminate(context, operation, pods);
  await clear(context, operation, node, pods);
  return undefined;
}

/** Without its provider id it is no node that joined, but its pods are pods. */
const nodeNow = (view: KubernetesView, { instance }: RemovalOperation): Node | undefined =>
  nodeOfInstance(view, instance) ?? view.nodes.find(({ name }) => name === workerNodeName(instance));

/** Pods that came since the node was empty leave first, for as long as a drain may take; then it ends with them. */
async function clear(context: Context, operation: RemovalOperation, node: Node, pods: Pod[]): Promise<void> {
  const { ports, session, did } = context;
  did(`${node.name} is not terminated yet: ${pods.map(podKey).join(', ')} came onto it`);
  if (!node.unschedulable) {
    await session.confirm();
    did(`cordon ${node.name}: ${(await ports.cluster.cordon(node, cordonMark(operation, session.epoch))).outcome}`);
  }
  await evictPods(context, pods);
}

async function terminate(
  context: Context,
  operation: RemovalOperation,
  lost: Pod[],
): Promise<TerminateOutcome['outcome']> {
  const { ports, session, snapshot, config, did } = context;
  await session.confirm();
  const answer = await ports.fleet.terminate(operation.instance);
  const withPods = lost.length > 0 ? ` with ${lost.map(podKey).join(', ')}, which did not leave by its deadline` : '';
  did(
    `terminate ${operation.instance}${withPods}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`,
  );
  if (operation.reason === 'node-never-joined') {
    did(`why ${operation.instance} did not join: ${consoleCommand(config.region, operation.instance)}`);
  }
  if (answer.outcome === 'foreign') await giveUp(context, operation, answer.detail);
  // What failed, found nothing, or removed no worker that served consumes no cool-down.
  if (answer.outcome !== 'done' || isCleanUp(operation)) return answer.outcome;
  const down = snapshot.at + config.policy.cooldown.downMs;
  const cooldownUntil = { ...session.state.cooldownUntil, down };
  await session.save({ ...session.state, lastScaleTime: snapshot.at, cooldownUntil });
  return answer.outcome;
}

async function deleteNode(context: Context, operation: RemovalOperation): Promise<void> {
  const { ports, session, snapshot, did } = context;
  if (!snapshot.kubernetes.known) return;
  const node = nodeOfInstance(snapshot.kubernetes.value, operation.instance);
  if (node) {
    await session.confirm();
    const answer = await ports.cluster.deleteNode(node);
    did(`delete Node ${node.name}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
    if (answer.outcome !== 'done' && answer.outcome !== 'gone') return;
  }
  await session.update({ ...operation, phase: 'gone' });
}
