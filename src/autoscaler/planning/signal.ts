import type { RuntimeConfig } from '../../config/runtime';
import type { LaunchIntent, Verdict } from '../plan';
import type { KubernetesView, Snapshot } from '../snapshot';
import type { CpuReading } from './cpu';
import { isLaunch, isOpen } from './fleet-view';
import type { Room } from './room';
import { freshWorkers } from './slots';
import { verdict } from './verdict';

/** One node for a mean CPU above the threshold; capacity in flight and the cool-down go first. Undefined: not high. */
export function signalLaunch(
  snapshot: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
  room: Room,
  cpu: CpuReading,
): { decision: Verdict; launches: LaunchIntent[] } | undefined {
  const { up } = config.policy.cpu;
  if (!cpu.known || cpu.up <= up) return undefined;
  const measured = `It is ${cpu.up.toFixed(0)} % over ${cpu.nodes} workers; the threshold is ${up} %.`;
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
  const pool = config.pools.find((candidate) => !room.refusal(candidate));
  if (!pool) return { decision: verdict('at-maximum', measured), launches: [] };
  room.take(pool);
  return {
    decision: verdict('cpu-high', measured),
    launches: [{ kind: 'launch', pool: pool.name, count: 1, reason: 'cpu-high', pods: [] }],
  };
}
