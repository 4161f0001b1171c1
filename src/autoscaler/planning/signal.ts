import type { RuntimeConfig } from '../../config/runtime';
import type { LaunchIntent, Verdict } from '../plan';
import type { KubernetesView, Snapshot } from '../snapshot';
import { isLaunch, isOpen } from './fleet-view';
import { plainLaunches } from './plain-launches';
import { type Measured, type Reading, shown } from './readings';
import type { Room } from './room';
import { freshWorkers, warmWorkers } from './slots';
import { verdict } from './verdict';

/**
 * Nodes for the reading that is furthest above its threshold; capacity in flight and the cool-down go first. Undefined:
 * none is high. One that is not known asks for nothing, and holds back none of the others.
 */
export function signalLaunch(
  snapshot: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
  room: Room,
  readings: readonly Reading[],
): { decision: Verdict; launches: LaunchIntent[] } | undefined {
  const highest = furthestAbove(readings);
  if (!highest) return undefined;
  const workers = warmWorkers(view, snapshot.at).length;
  const measured = measuredText(highest, workers);
  if (snapshot.state.operations.some((operation) => isLaunch(operation) && isOpen(operation))) {
    return { decision: verdict('capacity-in-flight', measured), launches: [] };
  }
  // What was bought a moment ago must be measured before more is bought for the same load.
  const fresh = freshWorkers(view, snapshot.at);
  if (fresh.length > 0) {
    return {
      decision: verdict('capacity-in-flight', `${measured} Not warm yet: ${fresh.map((n) => n.name).join(', ')}.`),
      launches: [],
    };
  }
  const left = snapshot.state.cooldownUntil.up - snapshot.at;
  if (left > 0)
    return { decision: verdict('cool-down', `${measured} ${Math.ceil(left / 1000)} s are left.`), launches: [] };

  const wanted = nodesFor(highest, workers);
  const growing = () => config.pools.find((pool) => !room.refusal(pool));
  const launches = plainLaunches(growing, wanted, highest.code, room, config);
  if (launches.length === 0) return { decision: verdict('at-maximum', measured), launches };
  const count = launches.reduce((sum, launch) => sum + launch.count, 0);
  const cut = count < wanted ? ` ${wanted} nodes are asked for; a limit leaves ${count}.` : '';
  return { decision: verdict(highest.code, `${measured}${cut}`), launches };
}

/** By ratio; the first where two are alike, so CPU before the signals, and those in the configuration's order. */
const furthestAbove = (readings: readonly Reading[]): Measured | undefined =>
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

const measuredText = ({ code, name, held, above }: Measured, workers: number): string => {
  if (code === 'cpu-high') return `It is ${held.toFixed(0)} % over ${workers} workers; the threshold is ${above} %.`;
  return `Signal ${name} was at least ${shown(held)}, over ${workers} workers; the threshold is ${above}.`;
};
