import type { RuntimeConfig, RuntimePool } from '../../../config/runtime';
import { most, NOTHING, requestsOf, within } from '../resources';
import type { Samples } from '../samples';
import { admits } from '../scheduling';
import type { Board } from './board';
import type { Opened } from './pack';

/**
 * What else a node could be and still hold what it is bought for. The planned type and zone come first, then the cheapest
 * type, or as configured where the order is a person's choice.
 */
export interface Alternatives {
  types: string[];
  zones: string[];
}

/** The same for several nodes that are asked for together. */
export function alternativesOf(
  nodes: readonly Opened[],
  board: Board,
  samples: Samples,
  config: RuntimeConfig,
): Alternatives {
  const { offer, zone } = nodes[0] as Opened;
  const { pool } = offer;
  const need = nodes.map(({ pods }) => requestsOf(pods)).reduce(most, NOTHING);
  const kinds = [...new Set(nodes.flatMap(({ pods }) => pods.map((pod) => board.kinds.of(pod))))];
  const gates = [...new Set(kinds.map(({ gate }) => gate))];
  const holds = (type: string, where: string): boolean => {
    const slot = samples.of(pool, type, where);
    return slot !== undefined && within(need, slot.free) && gates.every((gate) => admits(slot, gate));
  };
  const others = pool.instanceTypes.filter((type) => type !== offer.type && holds(type, zone));
  const anywhere = !kinds.some((kind) => board.caresForDomain(kind));
  const zones = anywhere ? config.zones.filter((other) => other !== zone && holds(offer.type, other)) : [];
  return {
    types: [offer.type, ...(config.policy.placement === 'priority' ? others : byPrice(others, pool, config))],
    zones: [zone, ...zones],
  };
}

/** In the market that is asked first; of equals as configured. */
function byPrice(types: string[], { markets }: RuntimePool, { instanceTypes }: RuntimeConfig): string[] {
  const [market = 'on-demand'] = markets;
  const priced = types.map((type) => ({ type, usd: instanceTypes[type]?.usdPerHour[market] ?? Number.MAX_VALUE }));
  return priced.sort((a, b) => a.usd - b.usd).map(({ type }) => type);
}
