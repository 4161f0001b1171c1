import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import { instanceIdOf, LABEL } from '../names';
import type { LaunchIntent, RemovalIntent, Verdict } from '../plan';
import type { Instance, KubernetesView, MetricsView, Node, Snapshot } from '../snapshot';
import { cpuWithout, wouldOverload } from './cpu';
import { isAlive, isOpen } from './fleet-view';
import { obstacle } from './movable';
import { openOfferings } from './offerings';
import { Rehousing } from './rehousing';
import type { Room } from './room';
import { backingOff, oldestFirst, poolMinimum } from './scale-down';
import type { Slot } from './scheduling';
import { freshSlot, isServing } from './slots';
import { verdict } from './verdict';

/** What is done for one worker that runs on demand though its pool prefers spot. */
export interface Return {
  launches: LaunchIntent[];
  removals: RemovalIntent[];
  /** Of that worker. */
  node: { name: string; verdict: Verdict };
}

/**
 * Workers that were bought on demand because there was no spot go back to it, one at a time and the oldest first: a spot
 * worker is launched after an hour without a change, and once the pods fit there, the other one is drained. That comes
 * before any other removal: an empty spot worker that waits for those pods would be the first to go.
 */
export function leaveForSpot(
  { snapshot, view, config }: Scene,
  waiting: readonly Waiting[],
  metrics: MetricsView,
): Return | undefined {
  const next = waiting.find(
    ({ node, isSpot, keep, isMissed }) =>
      view.nodes.some((other) => isServing(other) && isSpot(other)) &&
      !keep &&
      !isMissed &&
      !wouldOverload(cpuWithout([node], metrics, view, snapshot.at), config),
  );
  return next && leave(next.node, next.instance, next.pool);
}

/** For the next of them, where spot workers have no room for what runs there. */
export function launchForSpot(
  { snapshot, view, config, room }: Scene,
  waiting: readonly Waiting[],
): Return | undefined {
  if (snapshot.at - snapshot.state.lastScaleTime < REST_MS) return undefined;
  const next = waiting.find(
    ({ node, pool, isSpot, keep, isMissed }) =>
      (keep || isMissed) &&
      !room.refusal(pool) &&
      // A pod that would not fit a new one either keeps its node, and nothing is bought for it.
      !obstacle(view, node, Rehousing.of(view, isSpot, freshSpot(pool, snapshot, view, config))),
  );
  return next && replace(next.node, next.pool, room);
}

export interface Scene {
  snapshot: Snapshot;
  view: KubernetesView;
  instances: Instance[];
  config: RuntimeConfig;
  room: Room;
}

interface Waiting extends Candidate {
  /** A spot worker of its pool. */
  isSpot(node: Node): boolean;
  /** Why its pods cannot go there. */
  keep: Verdict | undefined;
  /** Its pool has no worker to spare. */
  isMissed: boolean;
}

/** Workers that run on demand and would rather be spot, the oldest first. */
export function waitingForSpot({ snapshot, view, instances, config, room }: Scene): Waiting[] {
  if (snapshot.state.operations.some(isOpen)) return [];
  const found = candidates(snapshot, view, instances, config);
  return found.map((candidate) => {
    const { node, pool } = candidate;
    const spotWorkers = spotNodes(view, instances, pool);
    const isSpot = ({ name }: Node) => spotWorkers.has(name);
    const isMissed = poolMinimum(pool.name, room, config, 0) !== undefined;
    return { ...candidate, isSpot, keep: obstacle(view, node, Rehousing.of(view, isSpot)), isMissed };
  });
}

/** What would be launched: the first spot offering that is open. */
function freshSpot(pool: RuntimePool, { at, state }: Snapshot, view: KubernetesView, config: RuntimeConfig): Slot[] {
  const spot = openOfferings(pool, config, state.offerings, at).find(({ market }) => market === 'spot');
  const slot = spot && freshSlot({ pool, ...spot, name: `${pool.name}-spot` }, state, view, config);
  return slot ? [slot] : [];
}

/** Ready spot workers of the pool. */
const spotNodes = (view: KubernetesView, instances: Instance[], pool: RuntimePool): ReadonlySet<string> => {
  const spot = new Set(
    instances.filter((each) => each.pool === pool.name && each.market === 'spot').map(({ id }) => id),
  );
  return new Set(view.nodes.filter((node) => spot.has(instanceIdOf(node.providerId) ?? '')).map(({ name }) => name));
};

/** It is no hurry: a cluster that grows or shrinks has other things to do. */
const REST_MS = 3_600_000;

interface Candidate {
  node: Node;
  instance: Instance;
  pool: RuntimePool;
}

/** On demand, in a pool that would rather have spot, and spot is to be had: no refusal is remembered. */
function candidates(
  snapshot: Snapshot,
  view: KubernetesView,
  instances: Instance[],
  config: RuntimeConfig,
): Candidate[] {
  return (
    oldestFirst(view.nodes)
      .filter((node) => node.ready && !node.unschedulable && snapshot.at - node.createdAt >= config.policy.minAgeMs)
      // A drain that failed is not tried again by another name.
      .filter((node) => !backingOff(node, snapshot))
      .flatMap((node): Candidate[] => {
        const instance = instances.find(({ id }) => id === instanceIdOf(node.providerId));
        const pool = config.pools.find(({ name }) => name === node.labels[LABEL.pool]);
        if (pool?.markets[0] !== 'spot' || !instance || !isAlive(instance)) return [];
        if (instance.role !== 'worker' || instance.market === 'spot') return [];
        const open = openOfferings(pool, config, snapshot.state.offerings, snapshot.at);
        return open.some(({ market }) => market === 'spot') ? [{ node, instance, pool }] : [];
      })
  );
}

function replace(node: Node, pool: RuntimePool, room: Room): Return {
  room.take(pool);
  const text = `A spot worker is launched for what runs on ${node.name}.`;
  return {
    launches: [{ kind: 'launch', pool: pool.name, count: 1, reason: 'back-to-spot', pods: [] }],
    removals: [],
    node: { name: node.name, verdict: verdict('back-to-spot', text) },
  };
}

const leave = (node: Node, { id }: Instance, pool: RuntimePool): Return => ({
  launches: [],
  removals: [{ kind: 'remove', node: node.name, instance: id, pool: pool.name, reason: 'back-to-spot' }],
  node: { name: node.name, verdict: verdict('back-to-spot', `${node.name} goes.`) },
});
