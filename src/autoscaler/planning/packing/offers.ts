import type { Market, RuntimeConfig, RuntimePool } from '../../../config/runtime';
import type { Resources, Snapshot } from '../../snapshot';
import { openOfferings } from '../offerings';
import type { Samples } from '../samples';

/** A sort of node that can be bought now. */
export interface Offer {
  pool: RuntimePool;
  type: string;
  /** The first of the pool's markets that has not failed for the type lately. */
  market: Market;
  /** Where it can be had, as configured. */
  zones: string[];
  usdPerHour: number;
  /** What it leaves to pods. */
  size: Resources;
  /** Place in the order of the configuration: pools, then markets, then types. */
  order: number;
}

/** One for each pool and type, in the order of the configuration: pools, then markets, then types. */
export function offersOf({ state, at }: Snapshot, samples: Samples, config: RuntimeConfig): Offer[] {
  const offers: Offer[] = [];
  for (const pool of config.pools) {
    const byType = new Map<string, Offer | undefined>();
    for (const { type, market, zone } of openOfferings(pool, config, state.offerings, at)) {
      if (!byType.has(type)) byType.set(type, offerOf(pool, type, market, zone, samples, config));
      const offer = byType.get(type);
      if (offer?.market === market) offer.zones.push(zone);
    }
    for (const offer of byType.values()) if (offer) offers.push({ ...offer, order: offers.length });
  }
  return offers;
}

function offerOf(
  pool: RuntimePool,
  type: string,
  market: Market,
  zone: string,
  samples: Samples,
  config: RuntimeConfig,
): Offer | undefined {
  const slot = samples.of(pool, type, zone);
  const usdPerHour = config.instanceTypes[type]?.usdPerHour[market];
  if (!slot || usdPerHour === undefined) return undefined;
  return { pool, type, market, zones: [], usdPerHour, size: slot.free, order: 0 };
}
