import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { LaunchIntent, UncordonIntent, Verdict } from '../plan';
import type { KubernetesView, Pod, Snapshot } from '../snapshot';
import type { RemovalOperation } from '../state';
import { isRemoval, isReversible } from './fleet-view';
import type { ReasonCode } from './reasons';
import type { Room } from './room';
import { fits, place, podKey, type Slot } from './scheduling';
import { existingSlots, freshSlot, joiningSlots, nodeSlot } from './slots';
import { verdict } from './verdict';

export interface ScaleUp {
  launches: LaunchIntent[];
  uncordons: UncordonIntent[];
  pods: Record<string, Verdict>;
  /** Pools that could not grow though a pod asked for it. */
  refused: Record<string, Verdict>;
}

/** Repair: nodes that bring every pool to its minimum, as far as the limits let it. Needs EC2 alone. */
export function repair(room: Room, config: RuntimeConfig): LaunchIntent[] {
  return config.pools.flatMap((pool) => {
    const missing = pool.min - room.staying(pool.name);
    let count = 0;
    while (count < missing && !room.refusal(pool)) {
      room.take(pool);
      count += 1;
    }
    return count > 0
      ? [{ kind: 'launch' as const, pool: pool.name, count, reason: 'below-minimum' as const, pods: [] }]
      : [];
  });
}

/**
 * Packs the demand: onto nodes that are there, onto those on their way, onto those being drained, and only then onto
 * nodes to be launched. The whole demand at once, so that the right number is launched in one tick.
 */
export function scaleUp(
  snapshot: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
  demand: Pod[],
  room: Room,
  repairs: LaunchIntent[] = [],
): ScaleUp {
  const existing = existingSlots(view);
  const joining = [...joiningSlots(snapshot, view, config), ...repairSlots(repairs, view, config)];
  const draining = drainingSlots(snapshot, view);
  const opened: OpenedNode[] = [];
  const result: ScaleUp = { launches: [], uncordons: [], pods: {}, refused: {} };

  for (const pod of demand) {
    result.pods[podKey(pod)] =
      on(existing, pod, 'pod-fits-existing') ??
      on(joining, pod, 'pod-fits-joining') ??
      takeBack(draining, pod, result) ??
      onOpened(opened, pod) ??
      open(pod, opened, view, config, room, result);
  }
  result.launches = launchesOf(opened);
  return result;
}

/** Nodes launched for a minimum take pods like any other. */
const repairSlots = (repairs: LaunchIntent[], view: KubernetesView, config: RuntimeConfig): Slot[] =>
  repairs.flatMap(({ pool: name, count }) => {
    const pool = config.pools.find((candidate) => candidate.name === name);
    return pool ? Array.from({ length: count }, (_, i) => freshSlot(pool, `repair-${i}`, view, config)) : [];
  });

interface OpenedNode extends Slot {
  pool: RuntimePool;
  pods: string[];
}

interface DrainingSlot extends Slot {
  operation: RemovalOperation;
}

const on = (slots: Slot[], pod: Pod, code: ReasonCode): Verdict | undefined => {
  const slot = place(pod, slots);
  return slot && verdict(code, `Node: ${slot.name}.`);
};

const drainingSlots = (snapshot: Snapshot, view: KubernetesView): DrainingSlot[] =>
  snapshot.state.operations
    .filter(isRemoval)
    .filter((operation) => isReversible(operation) && operation.cause === undefined)
    .flatMap((operation) => {
      const node = view.nodes.find((candidate) => candidate.name === operation.node?.name);
      return node?.ready ? [{ ...nodeSlot(view, node), operation }] : [];
    });

/** A pod that replaces one we evicted must not bring its old node back, or no drain would ever end. */
function takeBack(slots: DrainingSlot[], pod: Pod, result: ScaleUp): Verdict | undefined {
  const usable = slots.filter(({ operation }) => !isReplacement(pod, operation));
  const slot = place(pod, usable) as DrainingSlot | undefined;
  if (!slot) return undefined;
  if (!result.uncordons.some((intent) => intent.operation === slot.operation.id)) {
    result.uncordons.push({ kind: 'uncordon', operation: slot.operation.id, node: slot.name });
  }
  return verdict('pod-fits-draining', `Node: ${slot.name}.`);
}

const isReplacement = (pod: Pod, operation: RemovalOperation): boolean =>
  pod.owner !== undefined && operation.evictedOwners.includes(pod.owner.uid) && pod.createdAt >= operation.createdAt;

function onOpened(opened: OpenedNode[], pod: Pod): Verdict | undefined {
  const slot = place(pod, opened) as OpenedNode | undefined;
  slot?.pods.push(pod.uid);
  return slot && verdict('pod-gets-node', `Pool: ${slot.pool.name}.`);
}

/** Opens a node of the first pool that takes the pod and may grow. */
function open(
  pod: Pod,
  opened: OpenedNode[],
  view: KubernetesView,
  config: RuntimeConfig,
  room: Room,
  result: ScaleUp,
): Verdict {
  let refusal: Verdict | undefined;
  for (const pool of config.pools) {
    const slot = freshSlot(pool, `new-${opened.length}`, view, config);
    if (!fits(pod, slot)) continue;
    const why = room.refusal(pool);
    if (!why) {
      room.take(pool);
      opened.push({ ...slot, pool, pods: [] });
      return onOpened(opened, pod) as Verdict;
    }
    result.refused[pool.name] = poolRefusal[why](pool, config, room);
    refusal ??= podRefusal(why, pool, room);
  }
  return refusal ?? verdict('pod-too-large', sizeOf(pod));
}

type Refusal = NonNullable<ReturnType<Room['refusal']>>;

const poolRefusal: Record<Refusal, (pool: RuntimePool, config: RuntimeConfig, room: Room) => Verdict> = {
  limit: (_, config) => verdict('at-maximum', `limits.maxNodes is ${config.limits.maxNodes}.`),
  'pool-maximum': (pool) => verdict('pool-at-maximum', `Its maximum is ${pool.max}.`),
  offerings: () => verdict('pool-offerings-failed'),
  circuit: (pool, _, room) => verdict('pool-circuit-open', room.console(pool)),
};

const podRefusal = (why: Refusal, pool: RuntimePool, room: Room): Verdict => {
  if (why === 'offerings') return verdict('pod-waits-for-offering', `Pool: ${pool.name}.`);
  if (why === 'circuit') return verdict('pod-waits-for-probe', sentences(`Pool: ${pool.name}.`, room.console(pool)));
  return verdict('pod-over-limit', why === 'limit' ? 'Limit: limits.maxNodes.' : `Limit: max of pool ${pool.name}.`);
};

const sentences = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(' ');

const sizeOf = ({ requests }: Pod): string =>
  `It requests ${requests.cpuMilli}m and ${Math.ceil(requests.memoryBytes / 2 ** 20)}Mi.`;

/** One launch a pool: one RunInstances for all its nodes. */
function launchesOf(opened: OpenedNode[]): LaunchIntent[] {
  const pools = [...new Set(opened.map((node) => node.pool))];
  return pools.map((pool) => {
    const nodes = opened.filter((node) => node.pool === pool);
    return {
      kind: 'launch',
      pool: pool.name,
      count: nodes.length,
      reason: 'pending-pods',
      pods: nodes.flatMap((node) => node.pods),
    };
  });
}
