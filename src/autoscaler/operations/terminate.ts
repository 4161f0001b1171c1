import { workerNodeName } from '../names';
import { isAlive, nodeOfInstance } from '../planning/fleet-view';
import { awaited, evictable } from '../planning/movable';
import { consoleCommand } from '../planning/room';
import { podKey } from '../planning/scheduling';
import type { KubernetesView, Node, Observed, Pod } from '../snapshot';
import type { RemovalOperation } from '../state';
import { type Context, hasTime } from './context';
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
  const isHere = ({ instance: id }: RemovalOperation) => {
    const instance = instances.get(id);
    return instance !== undefined && isAlive(instance);
  };
  const fresh =
    operations.some(isHere) && hasTime(context) ? await context.ports.cluster.observe(snapshot.at) : undefined;
  for (const operation of operations) {
    if (!hasTime(context)) return;
    if (isHere(operation)) await endInstance(context, operation, fresh);
    else if (instances.get(operation.instance)?.state !== 'shutting-down') await deleteNode(context, operation);
  }
}

async function endInstance(
  context: Context,
  operation: RemovalOperation,
  fresh: Observed<KubernetesView> | undefined,
): Promise<void> {
  if (!fresh?.known) {
    context.did(
      `${operation.instance} is not terminated: its pods are unknown (${fresh?.detail ?? 'no time to look'})`,
    );
    return;
  }
  const node = nodeNow(fresh.value, operation);
  const pods = node?.ready ? awaited(evictable(fresh.value, node.name), context.snapshot.at) : [];
  if (node && pods.length > 0 && context.snapshot.at <= operation.deadline) await clear(context, operation, node, pods);
  else await terminate(context, operation, pods);
}

/** Without its provider id it is no node that joined, but its pods are pods. */
const nodeNow = (view: KubernetesView, { instance }: RemovalOperation): Node | undefined =>
  nodeOfInstance(view, instance) ?? view.nodes.find(({ name }) => name === workerNodeName(instance));

/** Pods that came since the node was empty leave first, for as long as a drain may take; then it ends with them. */
async function clear(context: Context, operation: RemovalOperation, node: Node, pods: Pod[]): Promise<void> {
  const { ports, session, did } = context;
  did(`${node.name} is not terminated yet: ${pods.map(podKey).join(', ')} came onto it`);
  if (!node.unschedulable) {
    did(`cordon ${node.name}: ${(await ports.cluster.cordon(node, cordonMark(operation, session.epoch))).outcome}`);
  }
  await evictPods(context, pods);
}

async function terminate(context: Context, operation: RemovalOperation, lost: Pod[]): Promise<void> {
  const { ports, session, snapshot, config, did } = context;
  const answer = await ports.fleet.terminate(operation.instance);
  const withPods = lost.length > 0 ? ` with ${lost.map(podKey).join(', ')}, which did not leave by its deadline` : '';
  did(
    `terminate ${operation.instance}${withPods}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`,
  );
  if (operation.reason === 'node-never-joined') {
    did(`why ${operation.instance} did not join: ${consoleCommand(config.region, operation.instance)}`);
  }
  if (answer.outcome === 'foreign') return giveUp(context, operation, answer.detail);
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
    const answer = await ports.cluster.deleteNode(node);
    did(`delete Node ${node.name}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
    if (answer.outcome !== 'done' && answer.outcome !== 'gone') return;
  }
  await session.update({ ...operation, phase: 'gone' });
}
