import type { RuntimeConfig } from '../../config/runtime';
import type { LaunchIntent, UncordonIntent, Verdict } from '../plan';
import type { KubernetesView, Pod, Snapshot } from '../snapshot';
import { MAX_OPEN_OPERATIONS } from '../state';
import { bestAttempt } from './attempts';
import { isOpen } from './fleet-view';
import { isPlaceholder } from './headroom';
import type { Layout } from './layout';
import { alternativesOf } from './packing/alternatives';
import type { Bin } from './packing/board';
import { launchesOf } from './packing/launches';
import { offersOf } from './packing/offers';
import type { Opened, Packed } from './packing/pack';
import { byBin, withoutSurplus } from './packing/surplus';
import { plainLaunches } from './plain-launches';
import { Refusals } from './refusals';
import type { Room } from './room';
import { Samples } from './samples';
import { podKey } from './scheduling';
import { verdict } from './verdict';

export interface ScaleUp {
  launches: LaunchIntent[];
  uncordons: UncordonIntent[];
  pods: Record<string, Verdict>;
  /** Pools that could not grow though a pod asked for it. */
  refused: Record<string, Verdict>;
  /** Why some of the headroom has no place; absent where all of it has. */
  short?: Verdict;
  /** All nodes, with the pods where they will be. */
  layout: Layout;
  /** Nodes that are launched, and what for. */
  opened: Opened[];
  /** Where each pod that has a place has it, by uid. */
  placed: ReadonlyMap<string, Bin>;
  /** Pods of the demand, by the node that they are on in the layout. */
  guests: Map<Bin, Pod[]>;
}

/** Repair: nodes that bring every pool to its minimum, as far as the limits let it. Needs EC2 alone. */
export function repair(room: Room, config: RuntimeConfig): LaunchIntent[] {
  return config.pools.flatMap((pool) => {
    const missing = pool.min - room.staying(pool.name);
    return plainLaunches(() => (room.refusal(pool) ? undefined : pool), missing, 'below-minimum', room, config);
  });
}

/**
 * Places the demand: on nodes that are there, on those on their way, on those being drained, and only then on nodes to
 * be launched. The whole demand at once, so that the right number is launched in one tick.
 */
export function scaleUp(
  snapshot: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
  demand: Pod[],
  room: Room,
  repairs: LaunchIntent[] = [],
): ScaleUp {
  const samples = new Samples(snapshot.state, view, config);
  const offers = offersOf(snapshot, samples, config);
  const { layout, packed } = bestAttempt(snapshot, view, config, demand, room, repairs, offers, samples);
  const { board, draining } = layout;
  const {
    opened,
    uncertain,
    seats: guests,
    chances,
  } = withoutSurplus(
    board,
    demand,
    packed,
    draining.map(({ bin }) => bin),
  );
  for (const { offer, zone } of opened) room.take(offer.pool, offer, zone);
  const refusals = new Refusals(snapshot, config, room, board, offers, samples);
  const launches = launchesOf(opened, (nodes) => alternativesOf(nodes, board, samples, config));
  const seats = Math.max(0, MAX_OPEN_OPERATIONS - snapshot.state.operations.filter(isOpen).length - repairs.length);
  const later = launches.slice(seats);
  const late = new Set(later.flatMap((launch) => launch.pods));
  const says = seated(packed, opened, uncertain, layout);
  const unplaced = (pod: Pod): Verdict => {
    const refusal = refusals.of(pod);
    const seat = HOPELESS.has(refusal.code) ? chances.get(pod.uid) : undefined;
    return seat ? verdict('pod-may-wait', placeOf(seat, opened)) : refusal;
  };
  const verdictOf = (pod: Pod) => (late.has(pod.uid) ? TOO_MANY : (says(pod) ?? unplaced(pod)));
  const pods = Object.fromEntries(
    demand.filter((pod) => !isPlaceholder(pod)).map((pod) => [podKey(pod), verdictOf(pod)]),
  );
  // Asked like a pod, so that the pools that refuse it say so.
  const spare = demand.find((pod) => isPlaceholder(pod) && !packed.placed.has(pod.uid));
  const short = spare ? refusals.of(spare) : later.some(({ reason }) => reason === 'headroom') ? TOO_MANY : undefined;
  const used = new Set(packed.placed.values());
  return {
    launches: launches.slice(0, seats),
    uncordons: draining.filter(({ bin }) => used.has(bin)).map(takeBack),
    pods,
    ...(short && { short }),
    refused: refusals.ofPools,
    layout,
    opened,
    placed: packed.placed,
    guests: byBin(demand, guests),
  };
}

export const takeBack = ({ bin, operation }: Layout['draining'][number]): UncordonIntent => ({
  kind: 'uncordon',
  operation: operation.id,
  node: bin.slot.name,
});

const TOO_MANY = verdict('pod-over-limit', `Limit: ${MAX_OPEN_OPERATIONS} operations at once; the next tick goes on.`);

/**
 * No new node helps such a pod. It may have a place all the same where the scheduler takes it before others that had it
 * on paper, or where a new node turns out to have more than is known.
 */
const HOPELESS: ReadonlySet<string> = new Set(['pod-kept-away', 'pod-too-large']);

function placeOf(bin: Bin, opened: readonly Opened[]): string {
  const fresh = opened.find((node) => node.bin === bin);
  return fresh ? `Pool: ${fresh.offer.pool.name}.` : `Node: ${bin.slot.name}.`;
}

/** What becomes of the pods that have a place. */
function seated(
  { placed }: Packed,
  opened: readonly Opened[],
  uncertain: ReadonlySet<string>,
  { existing, draining }: Layout,
): (pod: Pod) => Verdict | undefined {
  const there = new Set(existing);
  const leaving = new Set(draining.map(({ bin }) => bin));
  const fresh = new Map(opened.map((node) => [node.bin, node]));
  return ({ uid }) => {
    const bin = placed.get(uid);
    if (!bin) return undefined;
    if (uncertain.has(uid)) return verdict('pod-may-wait', placeOf(bin, opened));
    const node = `Node: ${bin.slot.name}.`;
    const { offer, zone } = fresh.get(bin) ?? {};
    if (offer) return verdict('pod-gets-node', `Pool: ${offer.pool.name}, type: ${offer.type}, zone: ${zone}.`);
    if (there.has(bin)) return verdict('pod-fits-existing', node);
    return verdict(leaving.has(bin) ? 'pod-fits-draining' : 'pod-fits-joining', node);
  };
}
