import type { Market, RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { ClusterState } from '../state';

/** One way to get an instance of a pool. */
export interface Offering {
  market: Market;
  type: string;
  zone: string;
}

export const offeringKey = (pool: string, { market, type, zone }: Offering): string =>
  `${pool}/${market}/${type}/${zone}`;

/**
 * Every offering of a pool that did not fail lately, best first: market before type, as configured, and the zones with
 * the fewest workers of the pool first, so that one zone's failure costs little.
 */
export function openOfferings(
  pool: RuntimePool,
  config: Pick<RuntimeConfig, 'zones'>,
  memory: ClusterState['offerings'],
  at: number,
  workersByZone: ReadonlyMap<string, number> = new Map(),
): Offering[] {
  const load = (zone: string) => workersByZone.get(zone) ?? 0;
  const zones = [...config.zones].sort(
    (a, b) => load(a) - load(b) || config.zones.indexOf(a) - config.zones.indexOf(b),
  );
  return pool.markets
    .flatMap((market) => pool.instanceTypes.flatMap((type) => zones.map((zone) => ({ market, type, zone }))))
    .filter((offering) => (memory[offeringKey(pool.name, offering)]?.until ?? 0) <= at);
}

/** The memory of a failure: the first pause doubles with each failure in a row, up to the longest. */
export function remember(
  memory: ClusterState['offerings'],
  key: string,
  reason: string,
  at: number,
  backoff: { firstMs: number; maxMs: number },
): ClusterState['offerings'] {
  const failures = (memory[key]?.failures ?? 0) + 1;
  const pause = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (failures - 1));
  return { ...memory, [key]: { failures, until: at + pause, reason } };
}

/** Success clears the memory of that offering alone. */
export function forget(memory: ClusterState['offerings'], key: string): ClusterState['offerings'] {
  const { [key]: _, ...rest } = memory;
  return rest;
}
