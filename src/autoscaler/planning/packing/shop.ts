import type { Placement } from '../../../config/runtime';
import type { Refusal } from '../room';
import { admits, type Slot } from '../scheduling';
import type { Gate } from './kinds';
import type { Offer } from './offers';
import type { Patience } from './tighten';

/** What may be bought, asked and told while nodes are planned. */
export interface Shop {
  offers: readonly Offer[];
  /** Only the largest of those that are worth it are tried. */
  large: boolean;
  /** Present: what is on a node is exchanged for what fits more tightly. */
  tight?: Patience | undefined;
  placement: Placement;
  refusal(offer: Offer): Refusal | undefined;
  take(offer: Offer, zone: string): void;
  /** Zones of the offer, the one with the fewest of the pool's workers first. */
  zones(offer: Offer): string[];
  /** A new node of it. */
  sample(offer: Offer, zone: string): Slot;
}

/** Would such a node admit pods of all these gates? */
export function admitsAll(shop: Shop, offer: Offer, zone: string, gates: readonly Gate[]): boolean {
  const slot = shop.sample(offer, zone);
  return gates.every((gate) => admits(slot, gate));
}
