import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { LaunchIntent, RemovalIntent, Verdict } from '../plan';
import type { Instance, KubernetesView, MetricsView, Node, Snapshot } from '../snapshot';
import { spotCandidates } from './back-to-spot';
import { cpuWithout, wouldOverload } from './cpu';
import { isOpen, workersByZone } from './fleet-view';
import { obstacle } from './movable';
import { type Offering, offeringsFor } from './offerings';
import { Rehousing } from './rehousing';
import { oldestFirst } from './removal-order';
import type { Room } from './room';
import { rotationCandidates } from './rotation';
import { Samples } from './samples';
import { backingOff, budgetSpent, keepsAnnotation, lastHour, poolMinimum } from './scale-down';
import { isServing } from './slots';
import { verdict } from './verdict';

/** A worker that shall make place for another one. */
export interface Candidate {
  cause: 'back-to-spot' | 'rotation';
  node: Node;
  instance: Instance;
  pool: RuntimePool;
  /** Its pods may go there. One function for all that share it, so that a board is made for them once. */
  takes(node: Node): boolean;
  /** What could be launched for them, best first. */
  offerings: readonly Offering[];
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

/** What could be launched instead of a worker of the pool, in the zones with the fewest of them first. */
export const replacementsIn = (pool: RuntimePool, cause: Candidate['cause'], { snapshot, config }: Scene): Offering[] =>
  offeringsFor({ reason: cause }, pool, config, snapshot, workersByZone(pool, snapshot));

interface Waiting extends Candidate {
  /** Until another worker is there its pods or its work have no place, or its pool is too small without it. */
  needsAnother: boolean;
  /** Where its pods would go, of what is there. */
  rehousing: Rehousing;
}

/** Workers to be replaced, the oldest first: those too old or outdated, then those that would rather be spot. */
export function waitingForReplacement(scene: Scene, metrics: MetricsView): Waiting[] {
  const { snapshot, view, config, room } = scene;
  if (snapshot.state.operations.some(isOpen)) return [];
  if (budgetSpent(0, lastHour(snapshot.state.removalsBegun, snapshot.at).length, config)) return [];
  const workers = oldestFirst(view.nodes).filter((node) => node.ready && !node.unschedulable && !keepsAnnotation(node));
  const boards = new Map<Candidate['takes'], Rehousing>();
  const rehousingOf = ({ takes }: Candidate): Rehousing => {
    const known = boards.get(takes) ?? Rehousing.of(view, takes);
    boards.set(takes, known);
    return known;
  };
  const needsAnother = ({ node, pool }: Candidate, rehousing: Rehousing): boolean =>
    poolMinimum(pool.name, room, config, 0) !== undefined ||
    wouldOverload(cpuWithout([node], metrics, view, snapshot.at), config) ||
    obstacle(view, node, rehousing, config.policy) !== undefined;
  return (
    [...rotationCandidates(scene, workers), ...spotCandidates(scene, workers)]
      // A drain that failed is not tried again by another name.
      .filter(({ node }) => !backingOff(node, snapshot))
      .map((candidate) => {
        const rehousing = rehousingOf(candidate);
        return { ...candidate, rehousing, needsAnother: needsAnother(candidate, rehousing) };
      })
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

/** For the next of them whose pods have no place yet; those before it are told why there is nothing for them. */
export function launchReplacement(scene: Scene, waiting: readonly Waiting[]): Launched {
  const { snapshot, view, config } = scene;
  const stuck: Record<string, Verdict> = {};
  if (restsStill(snapshot)) return { stuck };
  const samples = new Samples(snapshot.state, view, config);
  for (const candidate of waiting) {
    if (!candidate.needsAnother) continue;
    const found = offeringFor(candidate, scene, samples);
    if (typeof found !== 'string') return { stuck, back: launch(candidate, found, scene.room) };
    stuck[candidate.node.name] = verdict('node-not-replaced', `${candidate.why} ${found}`);
  }
  return { stuck };
}

/** What comes of those that need another worker first. */
export interface Launched {
  back?: Replacement;
  /** By node: nothing is launched for it. */
  stuck: Record<string, Verdict>;
}

/** It is no hurry: a cluster that grows or shrinks has other things to do. */
const REST_MS = 3_600_000;

export const restsStill = ({ at, state }: Snapshot): boolean => at - state.lastScaleTime < REST_MS;

/** The first on which, with what is there, its pods would fit; else why there is none, in words. */
function offeringFor(
  { node, pool, offerings, rehousing }: Waiting,
  { view, config, room }: Scene,
  samples: Samples,
): Offering | string {
  if (offerings.length === 0) return `Nothing of pool ${pool.name} is to be had now.`;
  let why: string | undefined;
  for (const offering of offerings) {
    if (room.refusal(pool, offering)) continue;
    const sample = samples.of(pool, offering.type, offering.zone);
    if (!sample) continue;
    const blocked = rehousing.with(sample, () => obstacle(view, node, rehousing, config.policy));
    if (!blocked) return offering;
    why ??= blocked.text;
  }
  return why ? `Nor would a new worker help: ${why}` : `Limits leave no room for one more worker of pool ${pool.name}.`;
}

function launch({ cause, node, pool, why }: Waiting, offering: Offering, room: Room): Replacement {
  const { type, zone } = offering;
  room.take(pool, offering, zone);
  const what = { kind: 'launch' as const, pool: pool.name, count: 1, reason: cause, pods: [] };
  return {
    launches: [{ ...what, zones: [zone], types: [type] }],
    removals: [],
    node: { name: node.name, verdict: verdict(cause, `${why} A worker is launched for what runs on ${node.name}.`) },
  };
}

const leave = ({ cause, node, instance: { id }, pool, why }: Waiting): Replacement => ({
  launches: [],
  removals: [{ kind: 'remove', node: node.name, instance: id, pool: pool.name, reason: cause }],
  node: { name: node.name, verdict: verdict(cause, `${why} ${node.name} goes.`) },
});
