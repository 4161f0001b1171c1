import type { Pod, Resources } from '../../snapshot';
import { within } from '../resources';
import { named } from '../samples';
import type { Bin, Board } from './board';
import { type Contents, fill, requestsOfAll } from './fill';
import type { Offer } from './offers';
import { bucketsOf, type Group, groupsOf, left, sizeKey } from './queue';
import { FairShare } from './share';
import { admitsAll, type Shop } from './shop';
import { type Trial, Trials } from './trials';
import { worthFor } from './worth';

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

class Packing {
  readonly placed = new Map<string, Bin>();
  readonly opened: Opened[] = [];
  private readonly openedAs = new Map<Bin, Opened>();

  constructor(
    private readonly board: Board,
    private readonly shop: Shop,
  ) {}

  /**
   * Pods that care for company first, each where most is free, as the scheduler would; the others fill what is left. A
   * closed node is open while its tier is filled, and stays so where it is used.
   */
  placeOn({ bins, accepts }: Tier, groups: readonly Group[]): void {
    const closed = bins.filter(({ open }) => !open).map((bin) => ({ bin, cordoned: bin.cordoned }));
    for (const { bin } of closed) this.board.reopen(bin);
    const used = accepts ? this.scatter(bins, groups, accepts) : this.pile(bins, groups);
    for (const { bin, cordoned } of closed) if (!used.has(bin)) this.board.close(bin, cordoned);
  }

  private pile(bins: readonly Bin[], groups: readonly Group[]): Set<Bin> {
    const choosy = groups.filter((group) => group.choosy);
    const used = this.scatter(bins, evenFirst(choosy, bins));
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
    const all = new Set(bins);
    // Room only gets less here, so what had none for a pod of this size has none for the next.
    const full = new Set<string>();
    for (const group of groups) {
      const { requests } = group.kind.pod;
      const size = sizeKey(requests);
      if (full.has(size)) continue;
      const among = accepts ? new Set(bins.filter((bin) => accepts(group.kind.pod, bin))) : all;
      while (left(group) > 0) {
        const bin = this.board.freest(group.kind, { among });
        if (!bin) {
          if (!bins.some((each) => this.board.hasRoom(requests, each))) full.add(size);
          break;
        }
        this.board.put(group.kind, bin);
        this.seat(group, bin);
        used.add(bin);
      }
    }
    return used;
  }

  /** Nodes for what has no place, until nothing is left or nothing more may be bought. */
  buyFor(groups: readonly Group[]): void {
    const waiting = groups.filter((group) => left(group) > 0);
    if (waiting.length === 0 || this.shop.offers.length === 0) return;
    const worth = worthFor(requestsOfAll(new Map(waiting.map((group) => [group, left(group)]))), this.shop.offers);
    const trials = new Trials(this.board, this.shop, worth);
    const share = new FairShare(waiting, this.board, worth);
    const buckets = bucketsOf(waiting);
    const stuck = new Set<Group>();
    for (;;) {
      const group = waiting.find((each) => left(each) > 0 && !stuck.has(each));
      if (!group) return;
      const chosen = trials.best(group, buckets, share.now());
      if (!chosen) {
        stuck.add(group);
        continue;
      }
      this.buy(chosen);
      // Who needs company may have got it.
      for (const each of stuck) if (this.board.company(each.kind).near.length > 0) stuck.delete(each);
    }
  }

  /** The node, and more like it as long as as many pods of the same kinds wait and none of them cares where. */
  private buy({ offer, zone, contents }: Trial): void {
    const groups = [...contents.keys()];
    this.open(offer, zone, contents);
    if (groups.some(({ choosy }) => choosy)) return;
    const gates = groups.map(({ kind }) => kind.gate);
    const need = requestsOfAll(contents);
    // What DaemonSets leave is not the same in every zone.
    const holds = (where: string) =>
      within(need, this.shop.sample(offer, where).free) && admitsAll(this.shop, offer, where, gates);
    while (groups.every((group) => left(group) >= (contents.get(group) ?? 0)) && !this.shop.refusal(offer)) {
      const next = this.shop.zones(offer).find(holds);
      if (!next) return;
      this.open(offer, next, contents);
    }
  }

  private open(offer: Offer, zone: string, contents: Contents): void {
    const bin = this.board.add(named(this.shop.sample(offer, zone), this.nextName()));
    for (const [{ kind }, count] of contents) for (let i = 0; i < count; i += 1) this.board.put(kind, bin);
    this.shop.take(offer, zone);
    const opened = { bin, offer, zone, pods: [] };
    this.opened.push(opened);
    this.openedAs.set(bin, opened);
    this.commit(contents, bin);
  }

  private commit(contents: Contents, bin: Bin): void {
    for (const [group, count] of contents) for (let i = 0; i < count; i += 1) this.seat(group, bin);
  }

  /** The next pod of the group has its place. */
  private seat(group: Group, bin: Bin): void {
    const pod = group.pods[group.placed] as Pod;
    group.placed += 1;
    this.placed.set(pod.uid, bin);
    this.openedAs.get(bin)?.pods.push(pod);
  }

  private nextName(): string {
    return `new-${this.opened.length}`;
  }
}

const sizeNow = ({ cpuMilli, memoryBytes, pods }: Bin): Resources => ({ cpuMilli, memoryBytes, pods });

/** Those first that take cores and memory in the proportion in which they are free, so that neither is used up alone. */
function evenFirst(groups: readonly Group[], bins: readonly Bin[]): Group[] {
  const cpu = bins.reduce((sum, { cpuMilli }) => sum + Math.max(0, cpuMilli), 1);
  const memory = bins.reduce((sum, { memoryBytes }) => sum + Math.max(0, memoryBytes), 1);
  const unevenness = ({ kind: { pod } }: Group): number => {
    const { cpuMilli, memoryBytes } = pod.requests;
    return (
      Math.abs(cpuMilli / cpu - memoryBytes / memory) / Math.max(cpuMilli / cpu, memoryBytes / memory, Number.MIN_VALUE)
    );
  };
  return [...groups].sort((a, b) => unevenness(a) - unevenness(b));
}
