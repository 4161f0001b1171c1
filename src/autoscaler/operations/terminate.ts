import { workerNodeName } from '../names';
import { isAlive, nodeOfInstance } from '../planning/fleet-view';
import { awaited, evictable } from '../planning/movable';
import { consoleCommand } from '../planning/room';
import { podKey } from '../planning/scheduling';
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
  const lives = ({ instance: id }: RemovalOperation) => {
    const instance = instances.get(id);
    return instance !== undefined && isAlive(instance);
  };
  const fresh = operations.some(lives) ? await observeAgain(context) : undefined;
  for (const operation of operations) {
    if (!hasTime(context)) return;
    const instance = instances.get(operation.instance);
    if (instance?.role === 'foreign') await giveUp(context, operation, 'its instance bears no tag of ours any more');
    else if (!lives(operation)) {
      // What is not shown was asked for by its id in this look: it is gone.
      if (instance?.state !== 'shutting-down') await deleteNode(context, operation);
    } else if (operation.reason === 'node-lost') await giveUp(context, operation, 'EC2 shows its instance again');
    else await endInstance(context, operation, fresh);
  }
}

async function endInstance(
  context: Context,
  operation: RemovalOperation,
  fresh: Observed<KubernetesView> | undefined,
): Promise<void> {
  if (!fresh?.known) {
    const why = fresh?.detail ?? 'no time to look';
    return context.did(`${operation.instance} is not terminated: its pods are unknown (${why})`);
  }
  const node = nodeNow(fresh.value, operation);
  const pods = node?.ready ? awaited(evictable(fresh.value, node.name), context.snapshot.at) : [];
  const isOver = context.snapshot.at > operation.deadline;
  if (!node || pods.length === 0 || isOver) await terminate(context, operation, pods);
  else await clear(context, operation, node, pods);
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
  await evictPods(context, pods, true);
}

async function terminate(context: Context, operation: RemovalOperation, lost: Pod[]): Promise<void> {
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
  if (answer.outcome !== 'done' || isCleanUp(operation)) return;
  const down = snapshot.at + config.policy.cooldown.downMs;
  const cooldownUntil = { ...session.state.cooldownUntil, down };
  await session.save({ ...session.state, lastScaleTime: snapshot.at, cooldownUntil });
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
