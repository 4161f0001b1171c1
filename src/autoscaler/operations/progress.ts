import type { RuntimeConfig } from '../../config/runtime';
import { instanceIdOf, LABEL } from '../names';
import {
  isAlive,
  isLaunch,
  isOpen,
  isOurWorker,
  isRemoval,
  isReversible,
  nodeOfInstance,
} from '../planning/fleet-view';
import { evictable } from '../planning/movable';
import { remember } from '../planning/offerings';
import type { Instance, KubernetesView, Node, Snapshot } from '../snapshot';
import type { ClusterState, LaunchOperation, Operation, RemovalOperation } from '../state';
import { heed } from './interruption';
import { launchEffects, offeringOf } from './launch';
import { cleanUp } from './removal';

/** How long EC2's lists may hide what it launched. Documented as seconds to minutes; ours is generous. */
export const LIST_LAG_MS = 5 * 60_000;

/**
 * What the snapshot says of the open operations, as the next state: joined, lost, late. Pure; needs both EC2 and
 * Kubernetes, since a node missing from one alone proves nothing.
 */
export function progress(snapshot: Snapshot, config: RuntimeConfig, newId: () => string): ClusterState {
  if (!snapshot.instances.known || !snapshot.kubernetes.known) return snapshot.state;
  const view = snapshot.kubernetes.value;
  const instances = snapshot.instances.value;
  const targets: Stray[] = [];
  const heeded = heed(snapshot.state, snapshot, config, newId);
  let state: ClusterState = { ...heeded, operations: [] };
  for (const operation of heeded.operations) {
    const next = !isOpen(operation)
      ? operation
      : isLaunch(operation)
        ? advanceLaunch(operation, snapshot.at, view, instances)
        : advanceRemoval(operation, view, instances);
    if (isLaunch(operation) && isLaunch(next)) targets.push(...lateTargets(operation, next, view, instances));
    state = settle({ ...state, operations: [...state.operations, next] }, next, operation, snapshot.at, config);
  }
  const late = new Set(targets.map(({ instance }) => instance));
  targets.push(
    ...strayTargets(state.operations, snapshot.at, view, instances, config).filter((s) => !late.has(s.instance)),
  );
  const cleanUps = targets.map(({ reason, ...target }) => cleanUp(`removal-${newId()}`, reason, snapshot.at, target));
  return { ...state, operations: [...state.operations, ...cleanUps] };
}

function advanceLaunch(
  operation: LaunchOperation,
  at: number,
  view: KubernetesView,
  shown: Instance[],
): LaunchOperation {
  const living = [
    ...new Set([
      ...operation.instances.filter((id) => survives(id, operation, at, shown)),
      ...taggedBy(operation, shown),
    ]),
  ];
  const instances = living.slice(0, operation.count);
  if (operation.phase === 'requested' && instances.length === 0) {
    if (at <= operation.deadline) return operation;
    return { ...operation, phase: 'failed', failure: 'EC2 never answered and shows no instance of this operation' };
  }
  // Adopted by tag: whatever EC2 answers to another attempt, these are what the operation asked for.
  const count = operation.count - operation.instances.filter((id) => !living.includes(id)).length;
  if (instances.length === 0) {
    return { ...operation, instances, phase: 'failed', failure: 'every instance was lost before it joined' };
  }
  const nodes = instances.map((id) => nodeOfInstance(view, id));
  const ready = instances.filter((_, index) => nodes[index]?.ready);
  if (ready.length >= count) return { ...operation, instances, count, phase: 'ready' };
  if (at <= operation.deadline) {
    return {
      ...operation,
      instances,
      count,
      phase: nodes.every(Boolean) && nodes.length >= count ? 'registered' : 'launched',
    };
  }
  const failure = `${count - ready.length} of ${count} instances did not join by the deadline`;
  return { ...operation, instances: ready, count, phase: ready.length > 0 ? 'ready' : 'failed', failure };
}

const taggedBy = (operation: LaunchOperation, shown: Instance[]): string[] =>
  shown.filter((instance) => instance.operation === operation.id && isAlive(instance)).map(({ id }) => id);

function survives(id: string, operation: LaunchOperation, at: number, shown: Instance[]): boolean {
  const instance = shown.find((candidate) => candidate.id === id);
  return instance ? isAlive(instance) : at - operation.createdAt < LIST_LAG_MS;
}

/** An instance that died meanwhile, by spot or by hand, leaves nothing to drain. */
function advanceRemoval(operation: RemovalOperation, view: KubernetesView, shown: Instance[]): RemovalOperation {
  if (!isReversible(operation)) return operation;
  const instance = shown.find(({ id }) => id === operation.instance);
  if (instance && !isAlive(instance)) return { ...operation, phase: 'terminating' };
  if (view.nodes.some((node) => node.uid === operation.node?.uid)) return operation;
  return { ...operation, phase: 'rolled-back', failure: 'its Node was deleted by somebody else' };
}

/** What the end of an operation teaches, and the cool-downs of a launch that is known by its tag alone. */
function settle(
  state: ClusterState,
  next: Operation,
  before: Operation,
  at: number,
  config: RuntimeConfig,
): ClusterState {
  if (!isLaunch(next) || next.phase === before.phase) return state;
  const begun =
    before.phase === 'requested' && next.instances.length > 0 ? { ...state, ...launchEffects(at, config) } : state;
  if (next.phase === 'ready' && !next.failure) {
    return { ...begun, joinFailures: { ...state.joinFailures, [next.pool]: 0 } };
  }
  if (next.phase !== 'failed' && !next.failure) return begun;
  return {
    ...begun,
    joinFailures: { ...state.joinFailures, [next.pool]: (state.joinFailures[next.pool] ?? 0) + 1 },
    offerings: remember(state.offerings, offeringOf(next), next.failure ?? '', at, config.policy.offeringBackoff),
  };
}

interface Stray {
  reason: string;
  instance: string;
  pool: string;
  node?: { name: string; uid: string };
}

/** Instances that the launch gave up at its deadline, registered or not. */
const lateTargets = (
  before: LaunchOperation,
  after: LaunchOperation,
  view: KubernetesView,
  shown: Instance[],
): Stray[] =>
  before.instances
    .filter((id) => !after.instances.includes(id) && shown.some((i) => i.id === id && isAlive(i)))
    .map((id) => {
      const node = nodeOfInstance(view, id);
      const target = { reason: 'node-never-joined', instance: id, pool: before.pool };
      return node ? { ...target, node: { name: node.name, uid: node.uid } } : target;
    });

/** Instances of ours that no operation leads to a Node, and Nodes of ours whose instance is gone. */
function strayTargets(
  operations: Operation[],
  at: number,
  view: KubernetesView,
  shown: Instance[],
  config: RuntimeConfig,
): Stray[] {
  const open = operations.filter(isOpen);
  const spoken = new Set([
    ...operations.filter(isLaunch).flatMap((o) => o.instances),
    ...open.filter(isRemoval).map((o) => o.instance),
  ]);
  const strays: Stray[] = shown
    .filter((instance) => instance.role === 'worker' && isAlive(instance) && !spoken.has(instance.id))
    .filter((instance) => {
      // Beyond what its operation asked for: terminated before it serves. One that serves already is left to the
      // ordinary removal, which drains it.
      const node = nodeOfInstance(view, instance.id);
      if (isSurplus(instance, operations)) return !node || evictable(view, node.name).length === 0;
      return !node && at - instance.launchedAt > config.policy.joinDeadlineMs;
    })
    .map((instance) => strayOf(instance, view));
  const dead = view.nodes.filter((node) => isDead(node, at, shown, config)).flatMap((node) => deadTarget(node, spoken));
  return [...strays, ...dead];
}

function strayOf(instance: Instance, view: KubernetesView): Stray {
  const target = { reason: 'node-never-joined', instance: instance.id, pool: instance.pool ?? '' };
  const node = nodeOfInstance(view, instance.id);
  return node ? { ...target, node: { name: node.name, uid: node.uid } } : target;
}

/** The operation already has as many as it asked for: a frozen invocation woke and launched a second set. */
const isSurplus = (instance: Instance, operations: Operation[]): boolean =>
  operations
    .filter(isLaunch)
    .some((o) => o.id === instance.operation && o.phase !== 'requested' && o.instances.length >= o.count);

/** EC2 shows a terminated instance for about an hour; one that it does not show at all must also be silent and old. */
function isDead(node: Node, at: number, shown: Instance[], config: RuntimeConfig): boolean {
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
