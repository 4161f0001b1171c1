import type { RuntimeConfig } from '../../config/runtime';
import type { LaunchIntent, UncordonIntent, Verdict } from '../plan';
import type { KubernetesView, Snapshot } from '../snapshot';
import { isLaunch, isOpen } from './fleet-view';
import type { Layout } from './layout';
import { plainLaunches } from './plain-launches';
import { type Measured, type Reading, shown } from './readings';
import type { Room } from './room';
import { takeBack } from './scale-up';
import { freshWorkers, warmWorkers } from './slots';
import { verdict } from './verdict';

/** What is done for a reading that is high; nothing, where something must be waited for. */
export interface SignalAnswer {
  decision: Verdict;
  launches: LaunchIntent[];
  uncordons: UncordonIntent[];
}

/**
 * Nodes for the reading that is furthest above its threshold; capacity in flight and the cool-down go first. Undefined:
 * none is high. One that is not known asks for nothing, and holds back none of the others.
 *
 * @param draining by our own choice: they are there at once and cost nothing more, so they come before new ones
 */
export function signalLaunch(
  snapshot: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
  room: Room,
  readings: readonly Reading[],
  draining: Layout['draining'],
): SignalAnswer | undefined {
  const highest = furthestAbove(readings);
  if (!highest) return undefined;
  const workers = warmWorkers(view, snapshot.at).length;
  const measured = measuredText(highest, workers);
  if (snapshot.state.operations.some((operation) => isLaunch(operation) && isOpen(operation))) {
    return waitFor(verdict('capacity-in-flight', measured));
  }
  // What was bought a moment ago must be measured before more is bought for the same load.
  const fresh = freshWorkers(view, snapshot.at);
  if (fresh.length > 0) {
    return waitFor(verdict('capacity-in-flight', `${measured} Not warm yet: ${fresh.map((n) => n.name).join(', ')}.`));
  }
  const left = snapshot.state.cooldownUntil.up - snapshot.at;
  if (left > 0) return waitFor(verdict('cool-down', `${measured} ${Math.ceil(left / 1000)} s are left.`));

  const wanted = nodesFor(highest, workers);
  const uncordons = draining.slice(0, wanted).map(takeBack);
  const growing = () => config.pools.find((pool) => !room.refusal(pool));
  const launches = plainLaunches(growing, wanted - uncordons.length, highest.code, room, config);
  const count = uncordons.length + launches.reduce((sum, launch) => sum + launch.count, 0);
  if (count === 0) return waitFor(verdict('at-maximum', measured));
  const cut = count < wanted ? ` ${wanted} nodes are asked for; a limit leaves ${count}.` : '';
  const back = uncordons.length > 0 ? ` Taken back: ${uncordons.map(({ node }) => node).join(', ')}.` : '';
  return { decision: verdict(highest.code, `${measured}${back}${cut}`), launches, uncordons };
}

const waitFor = (decision: Verdict): SignalAnswer => ({ decision, launches: [], uncordons: [] });

/** By ratio; the first where two are alike, so CPU before the signals, and those in the configuration's order. */
export const furthestAbove = (readings: readonly Reading[]): Measured | undefined =>
  readings
    .filter((reading): reading is Measured => reading.known && reading.held > reading.above)
    .reduce<Measured | undefined>(
      (first, next) => (first && ratioOf(first) >= ratioOf(next) ? first : next),
      undefined,
    );

/** How many times the threshold it is. One of zero or less is exceeded, but no multiple of it says by how much. */
const ratioOf = ({ held, above }: Measured): number => (above > 0 ? held / above : 1);

/**
 * So many that the load, spread over all, comes down to the threshold: target tracking, as the HorizontalPodAutoscaler
 * reckons (`ceil(current * value / target)`, kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale). At
 * least one, and at most as many as there are: a number that does not fall with more nodes must not buy a fleet at once.
 */
function nodesFor({ held, above }: Measured, workers: number): number {
  // Multiplied first: 1.1 times the threshold over ten workers is one more, and not two by the floating point.
  const wanted = above > 0 ? Math.ceil((workers * held) / above) - workers : 1;
  return Math.max(1, Math.min(wanted, workers));
}

export const measuredText = ({ code, name, held, above }: Measured, workers: number): string => {
  if (code === 'cpu-high') return `It is ${held.toFixed(0)} % over ${workers} workers; the threshold is ${above} %.`;
  return `Signal ${name} was at least ${shown(held)}, over ${workers} workers; the threshold is ${above}.`;
};
