import type { RuntimeConfig } from '../../config/runtime';
import { isAlive, nodeOfInstance } from '../planning/fleet-view';
import { evictable } from '../planning/movable';
import { hasStarted } from '../planning/started';
import type { Instance, KubernetesView } from '../snapshot';
import type { LaunchOperation } from '../state';

/** How long EC2's lists may hide what it launched. Documented as seconds to minutes; ours is generous. */
export const LIST_LAG_MS = 5 * 60_000;

/** What was seen, and when. */
export interface Sight {
  at: number;
  view: KubernetesView;
  shown: Instance[];
  config: RuntimeConfig;
}

/** What an open launch has come to. What it gives up is in its `instances` no more. */
export function advanceLaunch(operation: LaunchOperation, sight: Sight): LaunchOperation {
  const { at, shown } = sight;
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
  return joined({ ...operation, instances, count }, sight);
}

const taggedBy = (operation: LaunchOperation, shown: Instance[]): string[] =>
  shown.filter((instance) => instance.operation === operation.id && isAlive(instance)).map(({ id }) => id);

function survives(id: string, operation: LaunchOperation, at: number, shown: Instance[]): boolean {
  const instance = shown.find((candidate) => candidate.id === id);
  return instance ? isAlive(instance) : at - operation.createdAt < LIST_LAG_MS;
}

/** Where an instance is on its way: without a Node, not Ready, Ready behind a start-up taint or without its GPUs, or there. */
type Stage = 'absent' | 'unready' | 'starting' | 'ready';

function joined(operation: LaunchOperation, sight: Sight): LaunchOperation {
  const { instances, count } = operation;
  const stages = new Map(instances.map((id) => [id, stageOf(id, operation, sight)]));
  const those = (...wanted: Stage[]) => instances.filter((id) => wanted.includes(stages.get(id) as Stage));
  if (those('ready').length >= count) return { ...operation, phase: 'ready' };
  if (sight.at <= operation.deadline) {
    const registered = those('unready', 'starting', 'ready').length >= count;
    return { ...operation, phase: registered ? 'registered' : 'launched' };
  }
  return afterDeadline(operation, those('ready'), those('starting'), sight);
}

function stageOf(id: string, { pool, request }: LaunchOperation, { view, config }: Sight): Stage {
  const node = nodeOfInstance(view, id);
  if (!node) return 'absent';
  if (!node.ready) return 'unready';
  const own = config.pools.find(({ name }) => name === pool);
  return hasStarted(node, own, request.instanceType, config) ? 'ready' : 'starting';
}

/**
 * What is not Ready by now is given up. What is Ready and waits for a start-up taint to be taken off has as long again;
 * then it is given up too, unless pods run on it all the same.
 */
function afterDeadline(operation: LaunchOperation, ready: string[], starting: string[], sight: Sight): LaunchOperation {
  const isOver = sight.at > operation.deadline + sight.config.policy.joinDeadlineMs;
  const kept = isOver ? starting.filter((id) => servesPods(id, sight)) : starting;
  const stuck = starting.length - kept.length;
  const missing = operation.count - ready.length - starting.length;
  const failure = [
    operation.failure,
    missing > 0 && `${missing} of ${operation.count} instances did not join by the deadline`,
    stuck > 0 && `${stuck} of ${operation.count} nodes kept a start-up taint until its deadline`,
  ]
    .filter(Boolean)
    .join('; ');
  const instances = [...ready, ...kept];
  const isWaiting = !isOver && starting.length > 0;
  return {
    ...operation,
    instances,
    count: isWaiting ? instances.length : operation.count,
    phase: isWaiting ? 'registered' : instances.length > 0 ? 'ready' : 'failed',
    ...(failure && { failure }),
  };
}

function servesPods(id: string, { view }: Sight): boolean {
  const node = nodeOfInstance(view, id);
  return node !== undefined && evictable(view, node.name).length > 0;
}
