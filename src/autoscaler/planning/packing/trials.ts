import type { Resources } from '../../snapshot';
import { within } from '../resources';
import { liking } from '../selectors';
import type { Board } from './board';
import { best, type Candidate } from './choice';
import { type Contents, empty, fill, requestsOfAll } from './fill';
import type { Gate } from './kinds';
import type { Offer } from './offers';
import type { Bucket, Group } from './queue';
import { admitsAll, type Shop } from './shop';
import { tighten } from './tighten';
import type { Worth } from './worth';

/** A node that could be bought, filled with what waits. */
export interface Trial extends Candidate {
  /** What it was filled as; `offer` may be a smaller one. */
  tried: Offer;
  contents: Contents;
}

/** With more kinds of nodes than this to choose from, so many are tried, evenly by price. */
const MOST_TRIED = 8;

/** Tries what each sort of node would take. The board is as before after each of them. */
export class Trials {
  /** The cheapest first. */
  private readonly wares: readonly Ware[];
  /** What was best for the pod before: it often is again. */
  private last: Offer | undefined;
  private readonly admitted = new Map<Gate, readonly Ware[]>();

  constructor(
    private readonly board: Board,
    private readonly shop: Shop,
    private readonly worth: Worth,
  ) {
    this.wares = shop.offers
      .map((offer) => ({ offer, worth: worth(offer.size) }))
      .sort((a, b) => a.offer.usdPerHour - b.offer.usdPerHour || a.offer.order - b.offer.order);
  }

  /** What each sort of node would take of what waits, `group` first; the best of them. */
  best(group: Group, buckets: readonly Bucket[], share: number): Trial | undefined {
    const need = group.kind.pod.requests;
    const able = this.admittedBy(group).filter(({ offer }) => within(need, offer.size) && !this.shop.refusal(offer));
    const { placement } = this.shop;
    if (placement === 'priority') return this.first(able, group, buckets);
    const tried = shortlist(able, Math.max(share * SHARE_MARGIN, this.worth(need)), this.shop.large);
    const trying = (offers: readonly Offer[]) => offers.flatMap((offer) => this.attempt(offer, group, buckets) ?? []);
    const again = trying(tried.filter((offer) => offer === this.last));
    if (again[0] && this.isUsedWell(again[0])) return again[0];
    let trials = [...again, ...trying(tried.filter((offer) => offer !== this.last))];
    // What was left out may be in the only zone where its company lets it be.
    if (trials.length === 0) trials = trying(able.map(({ offer }) => offer).filter((offer) => !tried.includes(offer)));
    const found = best(trials, placement) as Trial | undefined;
    this.last = found?.tried;
    return found;
  }

  /** By the order that a person wrote: what it costs and how well it is used is not asked. */
  private first(able: readonly Ware[], group: Group, buckets: readonly Bucket[]): Trial | undefined {
    for (const { offer } of [...able].sort((a, b) => a.offer.order - b.offer.order)) {
      const trial = this.attempt(offer, group, buckets);
      if (trial) return trial;
    }
    return undefined;
  }

  /** So well that looking on is not worth the time. */
  private isUsedWell({ offer, worth }: Trial): boolean {
    return this.shop.placement === 'lowest-cost' && worth >= USED_WELL * offer.usdPerHour;
  }

  /** Those of which a pod of the group may be on a node at all: no other is worth a try. */
  private admittedBy({ kind: { gate } }: Group): readonly Ware[] {
    let admitted = this.admitted.get(gate);
    if (!admitted) {
      admitted = this.wares.filter(({ offer }) =>
        offer.zones.some((zone) => admitsAll(this.shop, offer, zone, [gate])),
      );
      this.admitted.set(gate, admitted);
    }
    return admitted;
  }

  private attempt(offer: Offer, group: Group, buckets: readonly Bucket[]): Trial | undefined {
    const { board, shop } = this;
    for (const zone of this.zones(offer, group)) {
      const bin = board.add(shop.sample(offer, zone));
      if (!board.fits(group.kind, bin)) {
        board.drop(bin);
        continue;
      }
      const contents: Contents = new Map([[group, 1]]);
      board.put(group.kind, bin);
      fill(board, bin, offer.size, buckets, contents);
      if (shop.tight) tighten({ board, bin, first: group, buckets, contents }, this.worth, shop.tight);
      empty(board, bin, contents);
      board.drop(bin);
      const need = requestsOfAll(contents);
      const fitting = shop.placement === 'lowest-cost' ? this.cheapestFor(contents, need, offer, zone) : offer;
      return {
        tried: offer,
        offer: fitting,
        zone,
        contents,
        worth: this.worth(need),
        liking: liking(group.kind.pod, bin.slot),
        waste: waste(need, fitting.size),
      };
    }
    return undefined;
  }

  /** Those that the pod prefers before the others, and of these the least loaded. */
  private zones(offer: Offer, { kind: { pod } }: Group): string[] {
    const zones = this.shop.zones(offer);
    if (!pod.preferredNodes) return zones;
    const liked = (zone: string) => liking(pod, this.shop.sample(offer, zone));
    return [...zones].sort((a, b) => liked(b) - liked(a));
  }

  /** The same pods may do with a smaller node than the one they were tried on. */
  private cheapestFor(contents: Contents, need: Resources, offer: Offer, zone: string): Offer {
    const { shop } = this;
    const gates = [...contents.keys()].map(({ kind }) => kind.gate);
    return (
      this.wares.find(({ offer: other }) => {
        if (other.usdPerHour >= offer.usdPerHour) return false;
        if (other.pool !== offer.pool || !other.zones.includes(zone)) return false;
        if (!within(need, shop.sample(other, zone).free) || shop.refusal(other)) return false;
        return admitsAll(shop, other, zone, gates);
      })?.offer ?? offer
    );
  }
}

/** An offer, and what all of its room is worth, in dollars an hour. */
interface Ware {
  offer: Offer;
  worth: number;
}

/** Above the fair share there is room for contents that do not come out even. */
const SHARE_MARGIN = 1.5;

/** Contents worth so much of the price. */
const USED_WELL = 0.97;

/** Where by price the largest quarter begins. */
const LARGE = 3 / 4;

/** Not more than are worth a try: those up to `most`, in dollars' worth an hour, and the smallest where none is. */
function shortlist(byPrice: readonly Ware[], most: number, large: boolean): readonly Offer[] {
  const small = byPrice.filter(({ worth }) => worth <= most);
  const worthIt = (small.length > 0 ? small : byPrice.slice(0, 1)).map(({ offer }) => offer);
  const fitting = large ? worthIt.slice(Math.floor(worthIt.length * LARGE)) : worthIt;
  if (fitting.length <= MOST_TRIED) return fitting;
  return Array.from(
    { length: MOST_TRIED },
    (_, i) => fitting[Math.round((i * (fitting.length - 1)) / (MOST_TRIED - 1))] as Offer,
  );
}

const waste = (need: Resources, size: Resources): number =>
  2 - need.cpuMilli / Math.max(1, size.cpuMilli) - need.memoryBytes / Math.max(1, size.memoryBytes);
