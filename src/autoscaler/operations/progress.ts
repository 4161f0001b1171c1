import type { RuntimeConfig } from '../../config/runtime';
import { forget, remember } from '../planning/backoff';
import { isAlive, isLaunch, isOpen, isReversible } from '../planning/fleet-view';
import { withoutOld } from '../planning/offerings';
import { learnUnhelped, stillWaiting } from '../planning/unhelped';
import type { Instance, KubernetesView, Snapshot } from '../snapshot';
import type { ClusterState, LaunchOperation, Operation, RemovalOperation } from '../state';
import { heed } from './interruption';
import { launchEffects, offeringOf } from './launch';
import { advanceLaunch, type Sight } from './launch-progress';
import { cleanUp } from './removal';
import { givenUp, type Stray, strays } from './strays';

/**
 * What the snapshot says of the open operations, as the next state: joined, lost, late. Pure; needs both EC2 and
 * Kubernetes, since a node missing from one alone proves nothing.
 */
export function progress(snapshot: Snapshot, config: RuntimeConfig, newId: () => string): ClusterState {
  if (!snapshot.instances.known || !snapshot.kubernetes.known) return snapshot.state;
  const { at } = snapshot;
  const sight: Sight = { at, view: snapshot.kubernetes.value, shown: snapshot.instances.value, config };
  const targets: Stray[] = [];
  const heeded = heed(snapshot.state, snapshot, config, newId);
  let state: ClusterState = { ...tidied(heeded, sight), operations: [] };
  for (const operation of heeded.operations) {
    const next = isOpen(operation) ? advance(operation, sight) : operation;
    if (isLaunch(operation) && isLaunch(next)) {
      targets.push(...givenUp(operation, next, sight));
      state = learn(state, next, operation, at, config);
      if (isOpen(operation) && next.phase === 'ready') {
        state = { ...state, unhelped: learnUnhelped(state.unhelped, next, sight.view) };
      }
    }
    state = { ...state, operations: [...state.operations, next] };
  }
  const late = new Set(targets.map(({ instance }) => instance));
  targets.push(...strays(state, sight).filter((stray) => !late.has(stray.instance)));
  const cleanUps = targets.map(({ reason, ...target }) =>
    cleanUp(`removal-${newId()}`, reason, at, target, config.policy.drainDeadlineMs),
  );
  return afterLosses({ ...state, operations: [...state.operations, ...cleanUps] }, snapshot.state, at, config);
}

/** Where EC2 takes nodes, ours do not go as well: more may follow, and their pods need the room. */
function afterLosses(state: ClusterState, before: ClusterState, at: number, { policy }: RuntimeConfig): ClusterState {
  const known = new Set(before.operations.filter(isLoss).map(({ id }) => id));
  if (!state.operations.some((operation) => isLoss(operation) && !known.has(operation.id))) return state;
  const down = Math.max(state.cooldownUntil.down, at + policy.cooldown.downMs);
  return { ...state, cooldownUntil: { ...state.cooldownUntil, down } };
}

const isLoss = ({ reason }: Operation): boolean => reason === 'node-interrupted' || reason === 'node-lost';

/** Without what has no meaning any more. */
const tidied = (state: ClusterState, { at, view }: Sight): ClusterState => ({
  ...state,
  offerings: withoutOld(state.offerings, at),
  unhelped: stillWaiting(state.unhelped, view),
  removalFailures: Object.fromEntries(
    Object.entries(state.removalFailures).filter(([name]) => view.nodes.some((node) => node.name === name)),
  ),
});

function advance(operation: Operation, sight: Sight): Operation {
  if (!isOpen(operation)) return operation;
  return isLaunch(operation) ? advanceLaunch(operation, sight) : advanceRemoval(operation, sight.view, sight.shown);
}

/** An instance that died meanwhile, by spot or by hand, leaves nothing to drain. */
function advanceRemoval(operation: RemovalOperation, view: KubernetesView, shown: Instance[]): RemovalOperation {
  if (!isReversible(operation)) return operation;
  const instance = shown.find(({ id }) => id === operation.instance);
  if (instance && !isAlive(instance)) return { ...operation, phase: 'terminating' };
  if (view.nodes.some((node) => node.uid === operation.node?.uid)) return operation;
  return { ...operation, phase: 'rolled-back', failure: 'its Node was deleted by somebody else' };
}

/** The cool-downs of a launch that is known by its tag alone, and what the end of a launch teaches. */
function learn(
  state: ClusterState,
  next: LaunchOperation,
  before: LaunchOperation,
  at: number,
  config: RuntimeConfig,
): ClusterState {
  const { pool } = next;
  const begun = before.phase === 'requested' && next.instances.length > 0 ? adopted(state, next, at, config) : state;
  const dropped = before.instances.findLast((id) => !next.instances.includes(id));
  const noted = next.failure && dropped ? { ...begun, failedJoins: { ...begun.failedJoins, [pool]: dropped } } : begun;
  if (isOpen(next) || !isOpen(before)) return noted;
  if (!next.failure) {
    const { [pool]: _, ...failedJoins } = noted.failedJoins;
    return { ...noted, joinFailures: { ...noted.joinFailures, [pool]: 0 }, failedJoins };
  }
  return {
    ...noted,
    joinFailures: { ...noted.joinFailures, [pool]: (noted.joinFailures[pool] ?? 0) + 1 },
    offerings: remember(noted.offerings, offeringOf(next), next.failure, at, config.policy.offeringBackoff),
  };
}

/** EC2's answer was lost, but not what it did. */
const adopted = (state: ClusterState, next: LaunchOperation, at: number, config: RuntimeConfig): ClusterState => ({
  ...state,
  ...launchEffects(at, config),
  offerings: forget(state.offerings, offeringOf(next)),
});
