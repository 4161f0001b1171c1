import type { Resources } from '../autoscaler/snapshot';
import type { Market, RuntimeConfig, RuntimePool } from '../config/runtime';
import { BadInput } from './errors';
import type { Shape } from './history';

/** What a worker can be. */
export interface Machine {
  /** Absent: a base worker. */
  pool?: string;
  type: string;
  market: Market;
}

export const sizeOf = (type: string, config: RuntimeConfig): Resources => {
  const capacity = config.instanceTypes[type];
  if (!capacity) throw new RangeError(`the configuration has no size of '${type}'`);
  const { cpuMilli, memoryBytes, pods } = capacity;
  return { cpuMilli, memoryBytes, pods };
};

export const hourlyOf = ({ type, market }: Machine, config: RuntimeConfig): number =>
  config.instanceTypes[type]?.usdPerHour[market] ?? Number.NaN;

/** Pods are counted without their tolerations, so of a pool with taints nothing can be used. */
export const openPools = (config: RuntimeConfig): RuntimePool[] =>
  config.pools.filter(({ taints }) => !taints.some(({ effect }) => effect !== 'PreferNoSchedule'));

/**
 * What the policies that choose nothing buy: the first type of the first pool, in the market that it prefers.
 *
 * @throws {BadInput} where the configuration has no pool for pods of any kind
 */
export function plainMachine(config: RuntimeConfig): Machine {
  const pool = openPools(config)[0];
  const type = pool?.instanceTypes[0];
  if (!pool || type === undefined) {
    throw new BadInput(
      'pools: must hold one without taints, as pods are counted without their tolerations; add one, or give another --config',
    );
  }
  return { pool: pool.name, type, market: pool.markets[0] ?? 'on-demand' };
}

/** The plain machine where it holds the shape when it is empty, else the cheapest of a pool that does; undefined: none does. */
export function machineFor(shape: Shape, daemons: Shape, config: RuntimeConfig): Machine | undefined {
  const machines = openPools(config).flatMap(({ name, instanceTypes, markets }) =>
    instanceTypes.map((type): Machine => ({ pool: name, type, market: markets[0] ?? 'on-demand' })),
  );
  const plain = plainMachine(config);
  const byPrice = machines.sort((a, b) => hourlyOf(a, config) - hourlyOf(b, config));
  return [plain, ...byPrice].find(({ type }) => fits(shape, daemons, sizeOf(type, config)));
}

const fits = (shape: Shape, daemons: Shape, size: Resources): boolean =>
  shape.cpuMilli + daemons.cpuMilli <= size.cpuMilli && shape.memoryBytes + daemons.memoryBytes <= size.memoryBytes;
