import type { Placement } from '../../../config/runtime';
import type { Offer } from './offers';

/** A node that could be bought, and what it would take of what has no place. */
export interface Candidate {
  offer: Offer;
  zone: string;
  /** What its contents are worth, in dollars an hour. */
  worth: number;
  /** Weight of the preferences that it meets, of the pod for which it is bought first. */
  liking: number;
  /** Share of cores and of memory that nobody would ask for, added. */
  waste: number;
}

type Order = (a: Candidate, b: Candidate) => number;

/** Dollars for each dollar's worth; less is better. Crosswise, since contents may be worth nothing. */
const byCost: Order = (a, b) => a.offer.usdPerHour * b.worth - b.offer.usdPerHour * a.worth;
const byPrice: Order = (a, b) => a.offer.usdPerHour - b.offer.usdPerHour;
const byLiking: Order = (a, b) => b.liking - a.liking;
const byWaste: Order = (a, b) => a.waste - b.waste;
const byOrder: Order = (a, b) => a.offer.order - b.offer.order;

/** Settings of `policy.placement` by which nodes are compared; by `priority` the first that will do is taken. */
type Comparing = Exclude<Placement, 'priority'>;

/** What decides first, second, … under each. */
const ORDERS: Record<Comparing, Order[]> = {
  'lowest-cost': [byCost, byPrice, byLiking, byWaste, byOrder],
  'least-waste': [byWaste, byPrice, byLiking, byOrder],
};

/** Less than this is no difference: sums of prices are not exact. */
const SAME = 1e-9;

export const best = (candidates: readonly Candidate[], placement: Comparing): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>((a, b) => (a && !isBetter(b, a, placement) ? a : b), undefined);

function isBetter(a: Candidate, b: Candidate, placement: Comparing): boolean {
  for (const order of ORDERS[placement]) {
    const difference = order(a, b);
    if (Math.abs(difference) > SAME) return difference < 0;
  }
  return false;
}
