import { durationMs } from './durations';
import { typeCapacity } from './instance-types';
import type { ResolvedConfig, ResolvedPool } from './resolve';
import type { Market, RuntimeConfig, RuntimePolicy, RuntimePool, TypeCapacity } from './runtime';
import type { MARKETS } from './schema';

/** From what people write to what the function reads: plain numbers in milliseconds, millicores and bytes. */

const MARKET_ORDER: Record<(typeof MARKETS)[number], Market[]> = {
  'on-demand': ['on-demand'],
  spot: ['spot'],
  'spot-then-on-demand': ['spot', 'on-demand'],
};

function runtimePool(name: string, pool: ResolvedPool): RuntimePool {
  return {
    name,
    instanceTypes: pool.instanceTypes,
    markets: MARKET_ORDER[pool.market],
    min: pool.min,
    max: pool.max,
    labels: pool.labels,
    taints: pool.taints.map(({ key, value, effect }) => ({ key, effect, ...(value === undefined ? {} : { value }) })),
  };
}

function runtimePolicy(policy: ResolvedConfig['policy']): RuntimePolicy {
  const { cpu, cooldown, offeringBackoff } = policy;
  return {
    cpu: {
      up: cpu.up,
      down: cpu.down,
      windowMs: durationMs(cpu.window),
      downWindowMs: durationMs(cpu.downWindow),
    },
    cooldown: { upMs: durationMs(cooldown.up), downMs: durationMs(cooldown.down) },
    settlingMs: durationMs(policy.settling),
    dataMaxAgeMs: durationMs(policy.dataMaxAge),
    unneededForMs: durationMs(policy.unneededFor),
    unneededBelow: policy.unneededBelow,
    minAgeMs: durationMs(policy.minAge),
    joinDeadlineMs: durationMs(policy.joinDeadline),
    drainDeadlineMs: durationMs(policy.drainDeadline),
    removalsAtOnce: policy.removalsAtOnce,
    rebalance: policy.rebalance,
    offeringBackoff: { firstMs: durationMs(offeringBackoff.first), maxMs: durationMs(offeringBackoff.max) },
    placement: 'lowest-cost',
    headroom: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
    calendar: [],
    signals: [],
  };
}

function capacities(config: ResolvedConfig): Record<string, TypeCapacity> {
  const named = [config.baseWorkers.instanceType, ...Object.values(config.pools).flatMap((pool) => pool.instanceTypes)];
  return Object.fromEntries(
    [...new Set(named)].sort().map((type) => {
      const capacity = typeCapacity(type);
      if (capacity === undefined) throw new RangeError(`instance type '${type}' is not in the shipped table`);
      return [type, capacity];
    }),
  );
}

/** @param options.cluster value of the cluster's tag and key of its state item */
export function toRuntimeConfig(config: ResolvedConfig, options: { cluster: string }): RuntimeConfig {
  return {
    cluster: options.cluster,
    region: config.region,
    dualStack: config.network.functionEgress === 'ipv6',
    metrics: config.alarms.enabled,
    zones: config.zones,
    scheduleMs: durationMs(config.schedule.every),
    functionTimeoutMs: durationMs(config.function.timeout),
    limits: { maxNodes: config.limits.maxNodes },
    baseWorkers: { count: config.baseWorkers.count, instanceType: config.baseWorkers.instanceType },
    pools: Object.entries(config.pools).map(([name, pool]) => runtimePool(name, pool)),
    policy: runtimePolicy(config.policy),
    instanceTypes: capacities(config),
  };
}
