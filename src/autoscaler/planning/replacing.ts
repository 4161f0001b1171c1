import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { LaunchIntent, RemovalIntent, Verdict } from '../plan';
import type { Instance, KubernetesView, MetricsView, Node, Snapshot } from '../snapshot';
import { spotCandidates } from './back-to-spot';
import { cpuWithout, wouldOverload } from './cpu';
import { isOpen } from './fleet-view';
import { obstacle } from './movable';
import type { Offering } from './offerings';
import { Rehousing } from './rehousing';
import { oldestFirst } from './removal-order';
import type { Room } from './room';
import { rotationCandidates } from './rotation';
import { backingOff, budgetSpent, keepsAnnotation, lastHour, poolMinimum } from './scale-down';
import type { Slot } from './scheduling';
import { freshSlot, isServing } from './slots';
import { verdict } from './verdict';

/** A worker that shall make place for another one. */
export interface Candidate {
  cause: 'back-to-spot' | 'rotation';
  node: Node;
  instance: Instance;
  pool: RuntimePool;
  /** Its pods may go there. */
  takes(node: Node): boolean;
  /** What would be launched for them; undefined: nothing is to be had. */
  offering: Offering | undefined;
  /** Why, in words. */
  why: string;
}

/** What is done for one of them. */
export interface Replacement {
  launches: LaunchIntent[];
  removals: RemovalIntent[];
  /** Of that worker. */
  node: { name: string; verdict: Verdict };
}

export interface Scene {
  snapshot: Snapshot;
  view: KubernetesView;
  instances: Instance[];
  config: RuntimeConfig;
  room: Room;
}

interface Waiting extends Candidate {
  /** Until another worker is there its pods or its work have no place, or its pool is too small without it. */
  needsAnother: boolean;
}

/** Workers to be replaced, the oldest first: those too old or outdated, then those that would rather be spot. */
export function waitingForReplacement(scene: Scene, metrics: MetricsView): Waiting[] {
  const { snapshot, view, config, room } = scene;
  if (snapshot.state.operations.some(isOpen)) return [];
  if (budgetSpent(0, lastHour(snapshot.state.removalsBegun, snapshot.at).length, config)) return [];
  const workers = oldestFirst(view.nodes).filter((node) => node.ready && !node.unschedulable && !keepsAnnotation(node));
  const needsAnother = ({ node, pool, takes }: Candidate): boolean =>
    poolMinimum(pool.name, room, config, 0) !== undefined ||
    wouldOverload(cpuWithout([node], metrics, view, snapshot.at), config) ||
    obstacle(view, node, Rehousing.of(view, takes), config.policy) !== undefined;
  return (
    [...rotationCandidates(scene, workers), ...spotCandidates(scene, workers)]
      // A drain that failed is not tried again by another name.
      .filter(({ node }) => !backingOff(node, snapshot))
      .map((candidate) => ({ ...candidate, needsAnother: needsAnother(candidate) }))
  );
}

/**
 * One at a time: what replaces it is launched after an hour without a change, and once its pods fit elsewhere it is
 * drained. That comes before any other removal: an empty worker that waits for those pods would be the first to go.
 */
export function leaveForReplacement({ view }: Scene, waiting: readonly Waiting[]): Replacement | undefined {
  const next = waiting.find(
    ({ node, takes, needsAnother }) =>
      !needsAnother && view.nodes.some((other) => other !== node && isServing(other) && takes(other)),
  );
  return next && leave(next);
}

/** For the next of them whose pods have no place yet. */
export function launchReplacement(
  { snapshot, view, config, room }: Scene,
  waiting: readonly Waiting[],
): Replacement | undefined {
  if (snapshot.at - snapshot.state.lastScaleTime < REST_MS) return undefined;
  const next = waiting.find(
    (candidate) =>
      candidate.needsAnother &&
      candidate.offering !== undefined &&
      !room.refusal(candidate.pool, candidate.offering) &&
      // A pod that would not fit a new one either keeps its node, and nothing is bought for it.
      !obstacle(
        view,
        candidate.node,
        Rehousing.of(view, candidate.takes, fresh(candidate, snapshot, view, config)),
        config.policy,
      ),
  );
  return next && launch(next, room);
}

/** It is no hurry: a cluster that grows or shrinks has other things to do. */
const REST_MS = 3_600_000;

function fresh(
  { pool, offering }: Candidate,
  { state }: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
): Slot[] {
  const slot = offering && freshSlot({ pool, ...offering, name: `${pool.name}-replacement` }, state, view, config);
  return slot ? [slot] : [];
}

function launch({ cause, node, pool, offering, why }: Waiting, room: Room): Replacement {
  const zone = room.take(pool, offering);
  const types = offering && { types: [offering.type] };
  return {
    launches: [{ kind: 'launch', pool: pool.name, count: 1, reason: cause, pods: [], zones: [zone], ...types }],
    removals: [],
    node: { name: node.name, verdict: verdict(cause, `${why} A worker is launched for what runs on ${node.name}.`) },
  };
}

const leave = ({ cause, node, instance: { id }, pool, why }: Waiting): Replacement => ({
  launches: [],
  removals: [{ kind: 'remove', node: node.name, instance: id, pool: pool.name, reason: cause }],
  node: { name: node.name, verdict: verdict(cause, `${why} ${node.name} goes.`) },
});
