import type { RuntimeConfig } from '../../config/runtime';
import { foreignNotices, type Notice, noticeText } from '../notices';
import { remember } from '../planning/backoff';
import { isAlive, isLaunch, isOpen, isRemoval, isReversible, nodeOfInstance } from '../planning/fleet-view';
import { gapOf } from '../planning/health';
import { offeringKey } from '../planning/offerings';
import type { Instance, KubernetesView, Snapshot } from '../snapshot';
import { type ClusterState, MAX_OPEN_OPERATIONS, type Operation, type RemovalOperation } from '../state';
import { cleanUp } from './removal';

/** EC2 takes a spot instance two minutes after it said so; what is not out ten seconds before that is lost with it. */
const NOTICE_MS = 110_000;
/** A risk that came to nothing: the node serves again. */
const AT_RISK_MS = 3_600_000;

/**
 * What EC2 told of our instances becomes operations, and the notices are used up. Pure; where Kubernetes or EC2 is
 * unknown, or EC2's list cannot be whole, they are kept, for whose they are cannot be told.
 */
export function heed(
  state: ClusterState,
  snapshot: Snapshot,
  config: RuntimeConfig,
  newId: () => string,
): ClusterState {
  if (!snapshot.instances.known || !snapshot.kubernetes.known) return state;
  const shown = snapshot.instances.value;
  // A list that lacks an instance of ours would take its warning for somebody else's.
  if (gapOf(shown, snapshot.kubernetes.value)) return state;
  const foreign = new Set(foreignNotices(state.notices, shown, state).map(noticeText));
  let next: ClusterState = { ...state, notices: [] };
  for (const notice of state.notices) {
    if (foreign.has(noticeText(notice))) continue;
    const instance = shown.find(({ id }) => id === notice.instance);
    // Base workers and the server are Terraform's.
    if (instance && (!isAlive(instance) || instance.role !== 'worker')) continue;
    // Its end alone is news that the lists tell by themselves; the notice made this tick look.
    if (notice.kind === 'state-change') continue;
    // Launched so lately that EC2 does not show it, or no seat is left: the next tick heeds it.
    const full = next.operations.filter(isOpen).length >= MAX_OPEN_OPERATIONS;
    if (!instance || full) next = { ...next, notices: [...next.notices, notice] };
    else next = begin(next, notice, instance, snapshot.kubernetes.value, snapshot.at, config, newId);
  }
  return next;
}

function begin(
  state: ClusterState,
  notice: Notice,
  instance: Instance,
  view: KubernetesView,
  at: number,
  config: RuntimeConfig,
  newId: () => string,
): ClusterState {
  const kind = notice.kind === 'interruption' ? 'interruption' : 'rebalance';
  const open = state.operations.filter(isRemoval).find((o) => isOpen(o) && o.instance === instance.id);
  // Told twice, or on its way out already: nothing changes.
  if (open && (!isReversible(open) || open.cause === 'interruption' || kind === 'rebalance')) return state;
  const learnt = kind === 'interruption' ? withoutOffering(state, instance, at, config) : state;
  const id = open?.id ?? `removal-${newId()}`;
  const operation = removalOf(id, kind, notice, instance, view, at, config, open);
  if (!operation) return kind === 'interruption' ? loseBeforeJoined(learnt, instance, id, at) : learnt;
  return { ...learnt, operations: [...learnt.operations.filter((o) => o.id !== id), operation] };
}

/** Undefined without a Node: there is nothing to drain. */
function removalOf(
  id: string,
  kind: 'interruption' | 'rebalance',
  notice: Notice,
  instance: Instance,
  view: KubernetesView,
  at: number,
  config: RuntimeConfig,
  open: RemovalOperation | undefined,
): RemovalOperation | undefined {
  const node = nodeOfInstance(view, instance.id);
  if (!node) return undefined;
  const atRisk = config.policy.rebalance === 'drain' ? config.policy.drainDeadlineMs : AT_RISK_MS;
  return {
    kind: 'removal',
    phase: 'chosen',
    createdAt: at,
    pool: instance.pool ?? '',
    node: { name: node.name, uid: node.uid },
    instance: instance.id,
    evictedOwners: [],
    ...open,
    id,
    cause: kind,
    reason: kind === 'interruption' ? 'node-interrupted' : 'node-at-risk',
    deadline: kind === 'interruption' ? notice.at + NOTICE_MS : at + atRisk,
  };
}

/** Where EC2 takes capacity back, it has none to give for a while. */
function withoutOffering(state: ClusterState, instance: Instance, at: number, config: RuntimeConfig): ClusterState {
  if (instance.pool === undefined) return state;
  const key = offeringKey(instance.pool, instance);
  const { offeringBackoff } = config.policy;
  return { ...state, offerings: remember(state.offerings, key, 'interrupted by EC2', at, offeringBackoff) };
}

/**
 * It would join only to die: it is terminated now, and its launch no longer waits for it, so that what was promised its
 * room gets another node at once. That is no failure to join.
 */
function loseBeforeJoined(state: ClusterState, instance: Instance, id: string, at: number): ClusterState {
  const operations = state.operations.map((operation): Operation => {
    if (!isLaunch(operation) || !isOpen(operation) || !operation.instances.includes(instance.id)) return operation;
    const instances = operation.instances.filter((other) => other !== instance.id);
    const lost = { ...operation, instances, count: operation.count - 1 };
    return lost.count > 0 ? lost : { ...lost, phase: 'failed', failure: 'interrupted by EC2 before it joined' };
  });
  const target = { instance: instance.id, pool: instance.pool ?? '' };
  return { ...state, operations: [...operations, cleanUp(id, 'node-interrupted', at, target, NOTICE_MS)] };
}
