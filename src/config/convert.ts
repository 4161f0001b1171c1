import { parseBytes, parseCpuMilli } from '../adapters/quantities';
import { durationMs } from './durations';
import { typeCapacity } from './instance-types';
import type { ResolvedConfig, ResolvedPool } from './resolve';
import type {
  CalendarWindow,
  Headroom,
  RuntimeConfig,
  RuntimeLimits,
  RuntimePolicy,
  RuntimePool,
  TypeCapacity,
} from './runtime';
import { marketsOf } from './schema';

/** From what people write to what the function reads: plain numbers in milliseconds, millicores and bytes. */

function runtimePool(name: string, pool: ResolvedPool): RuntimePool {
  return {
    name,
    instanceTypes: pool.instanceTypes,
    markets: [...marketsOf(pool.market)],
    min: pool.min,
    max: pool.max,
    labels: pool.labels,
    taints: pool.taints.map(({ key, value, effect }) => ({ key, effect, ...(value === undefined ? {} : { value }) })),
  };
}

type Policy = ResolvedConfig['policy'];

const runtimeHeadroom = ({ cores, memory, pods }: Policy['headroom']): Headroom => ({
  cpuMilli: parseCpuMilli(cores),
  memoryBytes: parseBytes(memory),
  pods,
});

const runtimeWindow = ({ pools, headroom, ...window }: Policy['calendar'][number]): CalendarWindow => ({
  name: window.name,
  start: window.start,
  timeZone: window.timeZone,
  durationMs: durationMs(window.for),
  min: Object.fromEntries(Object.entries(pools).map(([name, { min }]) => [name, min])),
  headroom: runtimeHeadroom(headroom),
  ...(window.removalsAtOnce === undefined ? {} : { removalsAtOnce: window.removalsAtOnce }),
});

function runtimeLimits({ maxNodes, cores, memory, usdPerHour, usdPerMonth }: ResolvedConfig['limits']): RuntimeLimits {
  return {
    maxNodes,
    ...(cores === undefined ? {} : { cores }),
    ...(memory === undefined ? {} : { memoryBytes: parseBytes(memory) }),
    ...(usdPerHour === undefined ? {} : { usdPerHour }),
    ...(usdPerMonth === undefined ? {} : { usdPerMonth }),
  };
}

function runtimePolicy(policy: Policy): RuntimePolicy {
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
    ...(policy.removalsPerHour === undefined ? {} : { removalsPerHour: policy.removalsPerHour }),
    removalOrder: policy.removalOrder,
    evict: policy.evict,
    ...(policy.maxAge === undefined ? {} : { maxAgeMs: durationMs(policy.maxAge) }),
    rebalance: policy.rebalance,
    offeringBackoff: { firstMs: durationMs(offeringBackoff.first), maxMs: durationMs(offeringBackoff.max) },
    placement: policy.placement,
    headroom: runtimeHeadroom(policy.headroom),
    calendar: policy.calendar.map(runtimeWindow),
    signals: policy.signals.map(({ name, query, above, below, window }) => ({
      name,
      query,
      above,
      ...(below === undefined ? {} : { below }),
      windowMs: durationMs(window),
    })),
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

/**
 * @param options.cluster value of the cluster's tag and key of its state item
 * @param options.stage whose protection holds; absent: none does
 */
export function toRuntimeConfig(config: ResolvedConfig, options: { cluster: string; stage?: string }): RuntimeConfig {
  return {
    cluster: options.cluster,
    region: config.region,
    dualStack: config.network.functionEgress === 'ipv6',
    ...(config.stages.protected.includes(options.stage ?? '') && { isProtected: true }),
    metrics: config.alarms.enabled,
    zones: config.zones,
    scheduleMs: durationMs(config.schedule.every),
    functionTimeoutMs: durationMs(config.function.timeout),
    limits: runtimeLimits(config.limits),
    baseWorkers: { count: config.baseWorkers.count, instanceType: config.baseWorkers.instanceType },
    pools: Object.entries(config.pools).map(([name, pool]) => runtimePool(name, pool)),
    policy: runtimePolicy(config.policy),
    instanceTypes: capacities(config),
  };
}
