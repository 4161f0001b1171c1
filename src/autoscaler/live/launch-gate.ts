import type { RuntimePool } from '../../config/runtime';
import type { LaunchIntent, Plan } from '../plan';
import { readCpu } from '../planning/cpu';
import { isLaunch, isOpen } from '../planning/fleet-view';
import { type Offering, offeringsFor } from '../planning/offerings';
import { isReadable, readingsOf } from '../planning/readings';
import type { Refusal, Room } from '../planning/room';
import { warmWorkers } from '../planning/slots';
import { intentsOf, type Judged } from './judged';
import { replacementRefusal } from './replacement-gate';

/** Why one of the launches may not be made. They count one after the other, as they are planned. */
export function launchRefusal(judged: Judged): string | undefined {
  for (const [index, intent] of intentsOf(judged.plan, 'launch').entries()) {
    const pool = judged.config.pools.find(({ name }) => name === intent.pool);
    const why = pool
      ? (misnamed(intent, pool, judged) ?? unfounded(intent, pool, judged) ?? roomRefusal(intent, pool, judged))
      : 'the configuration has no such pool';
    if (why) return `launch ${index + 1} (${intent.count} × ${intent.pool}): ${why}`;
  }
  return undefined;
}

function misnamed({ count, types, zones, pods }: LaunchIntent, pool: RuntimePool, { config, snapshot }: Judged) {
  if (count < 1) return 'it launches nothing';
  if (types && !isChoiceOf(types, pool.instanceTypes)) return `its types must be of ${pool.instanceTypes.join(', ')}`;
  if (zones && !isChoiceOf(zones, config.zones)) return `its zones must be of ${config.zones.join(', ')}`;
  const known = new Set(snapshot.kubernetes.known ? snapshot.kubernetes.value.pods.map(({ uid }) => uid) : []);
  const stranger = pods.find((uid) => !known.has(uid));
  if (stranger !== undefined) return `the snapshot has no pod of uid ${stranger.slice(0, 80)}`;
  return new Set(pods).size < pods.length ? 'it names a pod twice' : undefined;
}

const isChoiceOf = (some: readonly string[], all: readonly string[]): boolean =>
  some.length > 0 && new Set(some).size === some.length && some.every((each) => all.includes(each));

/** What a reason needs before anything is launched for it. */
function unfounded(intent: LaunchIntent, pool: RuntimePool, judged: Judged): string | undefined {
  const { sources, config, plan } = judged;
  if (intent.reason === 'below-minimum') {
    const missing = pool.min - judged.room.staying(pool.name);
    return countFor(plan, intent.reason, pool.name) > missing
      ? `the pool lacks ${Math.max(0, missing)} to its minimum`
      : undefined;
  }
  if (!sources.view) return `it needs Kubernetes: ${sources.doubts.kubernetes}`;
  switch (intent.reason) {
    case 'pending-pods':
      return tooManyForPods(judged);
    case 'headroom':
      return Object.values(config.policy.headroom).some((amount) => amount > 0) ? undefined : 'no headroom is kept';
    case 'cpu-high':
    case 'signal-high':
      return bySignal(intent, judged);
    case 'rotation':
    case 'back-to-spot':
      return replacementRefusal(intent, judged);
    default:
      return `${intent.reason} is no reason to launch`;
  }
}

/** A node helps one pod at least, so what is on its way for pods counts; what the function would launch now may be. */
function tooManyForPods({ plan, own, snapshot }: Judged): string | undefined {
  const { demand } = own.facts;
  const coming = snapshot.state.operations
    .filter(isLaunch)
    .filter((launch) => isOpen(launch) && launch.reason === 'pending-pods')
    .reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(countFor(own, 'pending-pods'), demand - coming);
  if (countFor(plan, 'pending-pods') <= most) return undefined;
  return `it is for ${demand} pods in all, and ${coming} nodes are on their way for pods`;
}

/** Nodes that are launched for that reason, in that pool or in all. */
const countFor = (plan: Plan, reason: string, pool?: string): number =>
  intentsOf(plan, 'launch')
    .filter((launch) => launch.reason === reason && (pool === undefined || launch.pool === pool))
    .reduce((sum, { count }) => sum + count, 0);

/** Known, and past the cool-down; whether it is high enough is the planner's to say. */
function bySignal({ reason, count }: LaunchIntent, { sources, snapshot, config }: Judged): string | undefined {
  const { view, metrics, doubts } = sources;
  if (!view || !metrics) return `it needs Prometheus: ${doubts.metrics}`;
  const readings = readingsOf(readCpu(metrics, view, snapshot.at), metrics, config);
  if (!readings.some((reading) => reading.code === reason && reading.known)) return `nothing is known for ${reason}`;
  if (reason === 'cpu-high' && !isReadable(readings, reason)) return 'the CPU is not known';
  if (snapshot.at < snapshot.state.cooldownUntil.up) return 'the cool-down runs';
  const workers = warmWorkers(view, snapshot.at).length;
  return count > workers ? `there are ${workers} warm workers, and so many at most are added at once` : undefined;
}

/**
 * Limits, the pool's maximum, its circuit, and offerings that failed lately: with what the first of its offerings that
 * fits takes of them, which is the one that will be asked for.
 */
function roomRefusal(intent: LaunchIntent, pool: RuntimePool, { room, snapshot, config }: Judged): string | undefined {
  if (intent.count > config.limits.maxNodes) return `limits.maxNodes is ${config.limits.maxNodes}`;
  let refusal: Refusal = 'offerings';
  for (const offering of offeringsFor(intent, pool, config, snapshot)) {
    const trial = room.copy();
    const refused = taken(trial, intent.count, pool, offering);
    if (!refused) {
      taken(room, intent.count, pool, offering);
      return undefined;
    }
    if (refusal === 'offerings') refusal = refused;
  }
  return `it breaks a limit: ${words(refusal, pool, room)}`;
}

function taken(room: Room, count: number, pool: RuntimePool, offering: Offering): Refusal | undefined {
  for (let i = 0; i < count; i += 1) {
    const refused = room.refusal(pool, offering);
    if (refused) return refused;
    room.take(pool, offering, offering.zone);
  }
  return undefined;
}

function words(refusal: Refusal, pool: RuntimePool, room: Room): string {
  switch (refusal) {
    case 'limit':
      return 'limits.maxNodes';
    case 'pool-maximum':
      return `pools.${pool.name}.max is ${pool.max}`;
    case 'circuit':
      return `the circuit of ${pool.name} is open: one node at a time is tried`;
    case 'offerings':
      return `every offering of ${pool.name} that it allows failed lately`;
    default:
      return room.spent(refusal);
  }
}
