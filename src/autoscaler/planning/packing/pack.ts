import type { Placement } from '../../../config/runtime';
import type { Pod, Resources } from '../../snapshot';
import { NOTHING, plus, times, within } from '../resources';
import type { Refusal } from '../room';
import type { Slot } from '../scheduling';
import type { Bin, Board } from './board';
import { best, type Candidate } from './choice';
import { type Contents, empty, fill } from './fill';
import type { Gate } from './kinds';
import type { Offer } from './offers';
import { type Bucket, bucketsOf, type Group, groupsOf, left } from './queue';
import { FairShare } from './share';
import { type Worth, worthFor } from './worth';

/** A node to be bought, and what it is bought for. */
export interface Opened {
  bin: Bin;
  offer: Offer;
  zone: string;
  pods: Pod[];
}

/** Nodes that are used up together. */
export interface Tier {
  bins: readonly Bin[];
  /** By default any pod may come. */
  accepts?(pod: Pod, bin: Bin): boolean;
}

/** What may be bought, asked and told while nodes are planned. */
export interface Shop {
  offers: readonly Offer[];
  placement: Placement;
  refusal(offer: Offer): Refusal | undefined;
  take(offer: Offer, zone: string): void;
  /** Zones of the offer, the one with the fewest of the pool's workers first. */
  zones(offer: Offer): string[];
  slot(offer: Offer, zone: string, name: string): Slot;
}

export interface Packed {
  /** By uid of the pod. */
  placed: Map<string, Bin>;
  opened: Opened[];
  left: Pod[];
}

/**
 * Places pods that wait: on nodes that are there, tier by tier, and what is left on nodes that are bought for it. The
 * whole demand at once, the important first. Every placement is one that the scheduler's rules allow at its moment.
 *
 * @param tiers places in the order in which they are used up
 */
export function pack(board: Board, pods: readonly Pod[], tiers: readonly Tier[], shop: Shop): Packed {
  const packing = new Packing(board, shop);
  const groups = groupsOf(pods, board);
  for (const level of levelsOf(groups)) {
    for (const tier of [...tiers, { bins: packing.opened.map(({ bin }) => bin) }]) packing.placeOn(tier, level);
    packing.buyFor(level);
  }
  const { placed, opened } = packing;
  return { placed, opened, left: groups.flatMap((group) => group.pods.slice(group.placed)) };
}

/** Groups of one priority together; they are in its order. */
function levelsOf(groups: readonly Group[]): Group[][] {
  const levels: Group[][] = [];
  for (const group of groups) {
    const last = levels.at(-1);
    if (last?.[0]?.kind.pod.priority === group.kind.pod.priority) last.push(group);
    else levels.push([group]);
  }
  return levels;
}

/** With more kinds of nodes than this to choose from, so many are tried, evenly by price. */
const MOST_TRIED = 12;

class Packing {
  readonly placed = new Map<string, Bin>();
  readonly opened: Opened[] = [];
  private readonly openedAs = new Map<Bin, Opened>();
  private readonly byPrice: readonly Offer[];
  private readonly admitted = new Map<Gate, readonly Offer[]>();

  constructor(
    private readonly board: Board,
    private readonly shop: Shop,
  ) {
    this.byPrice = [...shop.offers].sort((a, b) => a.usdPerHour - b.usdPerHour || a.order - b.order);
  }

  /**
   * Pods that care for company first, each where most is free, as the scheduler would; the others fill what is left. A
   * closed node is open while its tier is filled, and stays so where it is used.
   */
  placeOn({ bins, accepts }: Tier, groups: readonly Group[]): void {
    const closed = bins.filter(({ open }) => !open);
    for (const bin of closed) bin.open = true;
    const used = accepts ? this.scatter(bins, groups, accepts) : this.pile(bins, groups);
    for (const bin of closed) bin.open = used.has(bin);
  }

  private pile(bins: readonly Bin[], groups: readonly Group[]): Set<Bin> {
    const used = this.scatter(
      bins,
      groups.filter(({ choosy }) => choosy),
    );
    const buckets = bucketsOf(groups.filter((group) => !group.choosy && left(group) > 0));
    for (const bin of bins) {
      if (buckets.length === 0) break;
      const contents: Contents = new Map();
      fill(this.board, bin, sizeNow(bin), buckets, contents);
      this.commit(contents, bin);
      if (contents.size > 0) used.add(bin);
    }
    return used;
  }

  private scatter(bins: readonly Bin[], groups: readonly Group[], accepts?: Tier['accepts']): Set<Bin> {
    const used = new Set<Bin>();
    for (const group of groups) {
      const allowed = accepts ? bins.filter((bin) => accepts(group.kind.pod, bin)) : bins;
      while (left(group) > 0) {
        const bin = this.freest(allowed, group);
        if (!bin) break;
        this.board.put(group.kind, bin);
        this.commit(new Map([[group, 1]]), bin);
        used.add(bin);
      }
    }
    return used;
  }

  /** Nodes for what has no place, until nothing is left or nothing more may be bought. */
  buyFor(groups: readonly Group[]): void {
    const waiting = groups.filter((group) => left(group) > 0);
    if (waiting.length === 0 || this.shop.offers.length === 0) return;
    const total = waiting.reduce((sum, group) => plus(sum, times(group.kind.pod.requests, left(group))), NOTHING);
    const worth = worthFor(total, this.shop.offers);
    const share = new FairShare(waiting, this.board, worth);
    const buckets = bucketsOf(waiting);
    const stuck = new Set<Group>();
    for (;;) {
      const group = waiting.find((each) => left(each) > 0 && !stuck.has(each));
      if (!group) return;
      const chosen = this.choose(group, buckets, worth, share.now());
      if (!chosen) {
        stuck.add(group);
        continue;
      }
      this.buy(chosen);
      // Who needs company may have got it.
      for (const each of stuck) if (this.board.company(each.kind).near.length > 0) stuck.delete(each);
    }
  }

  private freest(bins: readonly Bin[], { kind }: Group): Bin | undefined {
    let found: Bin | undefined;
    for (const bin of bins) {
      if (found && freeShare(bin) <= freeShare(found)) continue;
      if (this.board.fits(kind, bin)) found = bin;
    }
    return found;
  }

  /** What each sort of node would take of what waits, `group` first; the best of them. */
  private choose(group: Group, buckets: readonly Bucket[], worth: Worth, share: number): Trial | undefined {
    const need = group.kind.pod.requests;
    const able = this.admittedBy(group).filter((offer) => within(need, offer.size) && !this.shop.refusal(offer));
    const tried = shortlist(able, worth, Math.max(share * SHARE_MARGIN, worth(need)));
    const trying = (offers: readonly Offer[]): Trial[] =>
      offers.flatMap((offer) => this.attempt(offer, group, buckets, worth) ?? []);
    let trials = trying(tried);
    // What was left out may be in the only zone where its company lets it be.
    if (trials.length === 0) trials = trying(able.filter((offer) => !tried.includes(offer)));
    return best(trials, this.shop.placement) as Trial | undefined;
  }

  /** By price, those of which a pod of the group may be on a node at all: no other is worth a try. */
  private admittedBy({ kind }: Group): readonly Offer[] {
    let admitted = this.admitted.get(kind.gate);
    if (!admitted) {
      admitted = this.byPrice.filter((offer) => offer.zones.some((zone) => this.admitsAll([kind.gate], offer, zone)));
      this.admitted.set(kind.gate, admitted);
    }
    return admitted;
  }

  private attempt(offer: Offer, group: Group, buckets: readonly Bucket[], worth: Worth): Trial | undefined {
    const { board, shop } = this;
    for (const zone of shop.zones(offer)) {
      const bin = board.add(shop.slot(offer, zone, this.nextName()));
      if (!board.fits(group.kind, bin)) {
        board.drop(bin);
        continue;
      }
      const contents: Contents = new Map([[group, 1]]);
      board.put(group.kind, bin);
      fill(board, bin, offer.size, buckets, contents);
      empty(board, bin, contents);
      board.drop(bin);
      const need = requestsOf(contents);
      const fitting = shop.placement === 'lowest-cost' ? this.cheapestFor(contents, need, offer, zone) : offer;
      return { offer: fitting, zone, contents, worth: worth(need), waste: waste(need, fitting.size) };
    }
    return undefined;
  }

  /** The same pods may do with a smaller node than the one they were tried on. */
  private cheapestFor(contents: Contents, need: Resources, offer: Offer, zone: string): Offer {
    const { board, shop } = this;
    return (
      this.byPrice.slice(0, this.byPrice.indexOf(offer)).find((other) => {
        if (other.pool !== offer.pool || !other.zones.includes(zone)) return false;
        if (!within(need, other.size) || shop.refusal(other)) return false;
        const bin = board.add(shop.slot(other, zone, this.nextName()));
        const admitted = [...contents.keys()].every(({ kind }) => board.admits(kind.gate, bin));
        board.drop(bin);
        return admitted;
      }) ?? offer
    );
  }

  /** The node, and more like it as long as as many pods of the same kinds wait and none of them cares where. */
  private buy({ offer, zone, contents }: Trial): void {
    const groups = [...contents.keys()];
    this.open(offer, zone, contents);
    if (groups.some(({ choosy }) => choosy)) return;
    const gates = groups.map(({ kind }) => kind.gate);
    while (groups.every((group) => left(group) >= (contents.get(group) ?? 0)) && !this.shop.refusal(offer)) {
      const next = this.shop.zones(offer).find((each) => this.admitsAll(gates, offer, each));
      if (!next) return;
      this.open(offer, next, contents);
    }
  }

  private admitsAll(gates: readonly Gate[], offer: Offer, zone: string): boolean {
    const bin = this.board.add(this.shop.slot(offer, zone, this.nextName()));
    const admitted = gates.every((gate) => this.board.admits(gate, bin));
    this.board.drop(bin);
    return admitted;
  }

  private open(offer: Offer, zone: string, contents: Contents): void {
    const bin = this.board.add(this.shop.slot(offer, zone, this.nextName()));
    for (const [{ kind }, count] of contents) for (let i = 0; i < count; i += 1) this.board.put(kind, bin);
    this.shop.take(offer, zone);
    const opened = { bin, offer, zone, pods: [] };
    this.opened.push(opened);
    this.openedAs.set(bin, opened);
    this.commit(contents, bin);
  }

  private commit(contents: Contents, bin: Bin): void {
    for (const [group, count] of contents) {
      const pods = group.pods.slice(group.placed, group.placed + count);
      for (const pod of pods) this.placed.set(pod.uid, bin);
      this.openedAs.get(bin)?.pods.push(...pods);
      group.placed += count;
    }
  }

  private nextName(): string {
    return `new-${this.opened.length}`;
  }
}

/** Above the fair share there is room for contents that do not come out even. */
const SHARE_MARGIN = 1.5;

/** Not more than are worth a try: those up to `most`, in dollars' worth an hour, and the smallest where none is. */
function shortlist(byPrice: readonly Offer[], worth: Worth, most: number): readonly Offer[] {
  const small = byPrice.filter(({ size }) => worth(size) <= most);
  const fitting = small.length > 0 ? small : byPrice.slice(0, 1);
  if (fitting.length <= MOST_TRIED) return fitting;
  return Array.from(
    { length: MOST_TRIED },
    (_, i) => fitting[Math.round((i * (fitting.length - 1)) / (MOST_TRIED - 1))] as Offer,
  );
}

const requestsOf = (contents: Contents): Resources =>
  [...contents].reduce((sum, [{ kind }, count]) => plus(sum, times(kind.pod.requests, count)), NOTHING);

const waste = (need: Resources, size: Resources): number =>
  2 - need.cpuMilli / Math.max(1, size.cpuMilli) - need.memoryBytes / Math.max(1, size.memoryBytes);

/** The scheduler prefers the node of which the largest share is free. */
const freeShare = ({ cpuMilli, memoryBytes, perCpu, perMemory }: Bin): number =>
  cpuMilli * perCpu + memoryBytes * perMemory;

const sizeNow = ({ cpuMilli, memoryBytes, pods }: Bin): Resources => ({ cpuMilli, memoryBytes, pods });

interface Trial extends Candidate {
  contents: Contents;
}
