import { withoutFinished } from '../../autoscaler/operations/closed';
import { launchEffects } from '../../autoscaler/operations/launch';
import { progress } from '../../autoscaler/operations/progress';
import { plan } from '../../autoscaler/planning/planner';
import {
  type ClusterState,
  emptyState,
  type LaunchOperation,
  type Operation,
  type RemovalOperation,
} from '../../autoscaler/state';
import { commit } from '../../autoscaler/tick';
import type { RuntimeConfig } from '../../config/runtime';
import { resourcesOf } from '../../world/resources';
import type { Fleet } from '../fleet';
import { Observer } from './observer';
import type { Policy } from './policy';

/**
 * The autoscaler itself: its planner decides, its operations and cool-downs are kept as in its state, and what a tick
 * would do in AWS is done to the replay's fleet. Only the calls are not made.
 *
 * @param stepMs of the range
 */
export function ours(config: RuntimeConfig, stepMs: number): Policy {
  const observer = new Observer(config, stepMs);
  const resources = resourcesOf(config);
  let state = emptyState();
  let serial = 0;
  const newId = (): string => {
    serial += 1;
    return String(serial);
  };
  return {
    name: 'ours',
    what: 'the planner of this project with the configuration',
    everyMs: config.scheduleMs,
    look: (fleet, at, cpuAgeMs) => {
      const seen = observer.observe(fleet, at, cpuAgeMs, state);
      const snapshot = { ...seen, state: progress(seen, config, newId) };
      const decided = plan(snapshot, config);
      const next = commit(snapshot, decided, config, resources, newId);
      const back = new Set(decided.intents.flatMap((intent) => (intent.kind === 'uncordon' ? [intent.operation] : [])));
      state = withoutFinished(act(next, { back, isHeld: decided.hold !== null }, fleet, at, config), at);
    },
  };
}

/** What executing the operations would have done by the end of the tick. */
function act(
  state: ClusterState,
  { back, isHeld }: { back: ReadonlySet<string>; isHeld: boolean },
  fleet: Fleet,
  at: number,
  config: RuntimeConfig,
): ClusterState {
  let effects: Partial<ClusterState> = {};
  const operations = state.operations.map((operation): Operation => {
    if (back.has(operation.id) && operation.kind === 'removal') return takenBack(operation, fleet);
    if (operation.kind === 'launch') {
      if (operation.phase !== 'requested') return operation;
      effects = { ...effects, ...launchEffects(at, config) };
      return launched(operation, fleet, at);
    }
    if (isHeld) return operation;
    const next = drained(operation, fleet, at);
    if (next.phase === 'gone' && operation.phase !== 'gone') {
      const { up, down } = { ...state.cooldownUntil, ...effects.cooldownUntil };
      effects = {
        lastScaleTime: at,
        cooldownUntil: { up, down: Math.max(down, at + config.policy.cooldown.downMs) },
      };
    }
    return next;
  });
  return { ...state, ...effects, operations };
}

function launched(operation: LaunchOperation, fleet: Fleet, at: number): LaunchOperation {
  const { pool, count, request } = operation;
  const machine = { pool, type: request.instanceType, market: request.market };
  const instances = Array.from({ length: count }, () => fleet.launch(machine, at, request.zone).id);
  return { ...operation, phase: 'launched', instances };
}

/** Cordoned and drained in the tick that chose it, terminated in the next one, as a drain without waiting goes. */
function drained(operation: RemovalOperation, fleet: Fleet, at: number): RemovalOperation {
  const node = fleet.nodes.find(({ id }) => id === operation.instance);
  if (!node) return { ...operation, phase: 'gone' };
  if (operation.phase === 'chosen') {
    const owners = [...node.pods].map(({ shape }) => Observer.ownerOf(shape));
    fleet.cordon(node, true);
    fleet.evict(node, at);
    return { ...operation, phase: 'draining', evictedOwners: [...new Set(owners)] };
  }
  fleet.end(node, at);
  return { ...operation, phase: 'gone' };
}

function takenBack(operation: RemovalOperation, fleet: Fleet): RemovalOperation {
  const node = fleet.nodes.find(({ id }) => id === operation.instance);
  if (node) fleet.cordon(node, false);
  return { ...operation, phase: 'rolled-back' };
}
