import type { Resources } from '../../snapshot';

/** What something is worth in dollars an hour, by the room that it takes. */
export type Worth = (resources: Resources) => number;

/** What can be bought: so much room at a price. */
export interface Priced {
  size: Resources;
  usdPerHour: number;
}

/** Steps between "only cores count" and "only memory counts". */
const STEPS = 16;

/**
 * Prices of a core, a byte and a seat for a pod, such that no node gives more than it costs and the whole demand is worth
 * as much as possible (the dual of the cheapest fractional purchase, by trying mixtures). So a node's contents divided
 * by its price tell how well it is used, and the demand's worth is a lower bound of its cost.
 */
export function worthFor(demand: Resources, priced: readonly Priced[]): Worth {
  const total = vector(demand);
  const sizes = priced.map(({ size, usdPerHour }) => vector(size).map((amount) => amount / usdPerHour));
  let best = [0, 0, 0];
  let most = -1;
  for (let cores = 0; cores <= STEPS; cores += 1) {
    for (let memory = 0; memory <= STEPS - cores; memory += 1) {
      const mixture = [cores, memory, STEPS - cores - memory].map((part, i) => part / Math.max(1, total[i] as number));
      const perDollar = Math.max(...sizes.map((size) => dot(size, mixture)));
      const worth = perDollar > 0 ? dot(total, mixture) / perDollar : 0;
      if (worth <= most) continue;
      most = worth;
      best = mixture.map((part) => part / Math.max(perDollar, Number.MIN_VALUE));
    }
  }
  return (resources) => dot(vector(resources), best);
}

const vector = ({ cpuMilli, memoryBytes, pods }: Resources): number[] => [cpuMilli, memoryBytes, pods];

const dot = (a: readonly number[], b: readonly number[]): number =>
  (a[0] as number) * (b[0] as number) + (a[1] as number) * (b[1] as number) + (a[2] as number) * (b[2] as number);
