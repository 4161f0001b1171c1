import type { RuntimeConfig } from '../../config/runtime';
import type { LaunchIntent } from '../plan';
import type { KubernetesView, Pod, Snapshot } from '../snapshot';
import { isReplacement, type Layout, layOut } from './layout';
import type { Bin } from './packing/board';
import type { Offer } from './packing/offers';
import { type Packed, pack } from './packing/pack';
import { sizeKey } from './packing/queue';
import type { Shop } from './packing/shop';
import { strandedBy } from './packing/surplus';
import { patience } from './packing/tighten';
import { type Worth, worthFor } from './packing/worth';
import { requestsOf } from './resources';
import type { Room } from './room';
import { named, type Samples } from './samples';

/** A whole placement of the demand, tried. */
export interface Attempt {
  layout: Layout;
  packed: Packed;
}

/** Pods times nodes and sizes of pods, beyond which one way has to do. */
const AFFORDABLE = 100_000;
/** With more offers than this, they are not tried one by one. */
const FEW = 6;

/**
 * The cheapest of several whole placements, each tried on a copy of what room there is. Node by node the best is not
 * always the best of all: a node that is used well takes what another one needed to be. So the same demand is also
 * placed more tightly, on nodes as large as may be, and on each sort alone where there are few.
 */
export function bestAttempt(
  snapshot: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
  demand: readonly Pod[],
  room: Room,
  repairs: readonly LaunchIntent[],
  offers: readonly Offer[],
  samples: Samples,
): Attempt {
  const spent = patience();
  const attempt = ({ offers: sorts, large, tight }: Way): Attempt => {
    const layout = layOut(snapshot, view, config, demand);
    const sold = { offers: sorts, large, ...(tight && { tight: spent }) };
    const shop = { ...sold, ...shopFor(config, room.copy(), samples) };
    const tiers = tiersOf(layout, repairBins(repairs, layout, offers, samples, config));
    return { layout, packed: pack(layout.board, demand, tiers, shop) };
  };
  const first = attempt({ offers, large: false, tight: false });
  const others = otherWays(first, demand, offers, config);
  if (others.length === 0) return first;
  const worth = worthFor(requestsOf(demand), offers);
  const costed = (each: Attempt) => ({ ...each, cost: costOf(each, demand, worth) });
  return others.map(attempt).map(costed).reduce(cheaper, costed(first));
}

interface Way {
  offers: readonly Offer[];
  large: boolean;
  tight: boolean;
}

function otherWays(
  { layout, packed }: Attempt,
  demand: readonly Pod[],
  offers: readonly Offer[],
  config: RuntimeConfig,
): Way[] {
  if (packed.opened.length === 0 || config.policy.placement !== 'lowest-cost') return [];
  const sizes = new Set(demand.map(({ requests }) => sizeKey(requests))).size;
  if (offers.length < 2 || demand.length * (layout.board.bins.length + sizes) > AFFORDABLE) return [];
  const alone = offers.length <= FEW ? offers.map((offer) => [offer]) : [];
  return [
    { offers, large: false, tight: true },
    { offers, large: true, tight: true },
    ...alone.map((only) => ({ offers: only, large: false, tight: true })),
  ];
}

interface Costed extends Attempt {
  cost: number;
}

/** More pods with a place first, then less money, then fewer nodes. */
function cheaper(a: Costed, b: Costed): Costed {
  const difference =
    a.packed.left.length - b.packed.left.length ||
    rounded(a.cost - b.cost) ||
    a.packed.opened.length - b.packed.opened.length;
  return difference > 0 ? b : a;
}

/**
 * Dollars an hour of the nodes, and of what has to be bought for pods that the scheduler leaves: it packs less tightly
 * than can be done on paper, and a plan that saves a node only there saves nothing.
 */
function costOf({ layout, packed }: Attempt, demand: readonly Pod[], worth: Worth): number {
  const price = packed.opened.reduce((sum, { offer }) => sum + offer.usdPerHour, 0);
  return price + worth(requestsOf(strandedBy(layout.board, demand, packed)));
}

/** Sums of prices are not exact. */
const rounded = (usd: number): number => Math.round(usd * 1e9);

function tiersOf({ existing, joining, draining }: Layout, repaired: readonly Bin[]) {
  const operations = new Map(draining.map(({ bin, operation }) => [bin, operation]));
  return [
    { bins: existing },
    { bins: [...joining, ...repaired] },
    {
      bins: [...operations.keys()],
      accepts: (pod: Pod, bin: Bin) => {
        const operation = operations.get(bin);
        return operation !== undefined && !isReplacement(pod, operation);
      },
    },
  ];
}

/** Nodes launched for a minimum take pods like any other. */
function repairBins(
  repairs: readonly LaunchIntent[],
  { board }: Layout,
  offers: readonly Offer[],
  samples: Samples,
  config: RuntimeConfig,
): Bin[] {
  return repairs.flatMap(({ pool: name, count, zones = [] }) => {
    const pool = config.pools.find((each) => each.name === name);
    const type = offers.find((offer) => offer.pool === pool)?.type;
    const zone = zones[0];
    if (!pool || !type || !zone) return [];
    const sample = samples.of(pool, type, zone);
    if (!sample) return [];
    return Array.from({ length: count }, (_, i) => board.add(named(sample, `repair-${name}-${zone}-${i}`)));
  });
}

function shopFor(config: RuntimeConfig, room: Room, samples: Samples): Omit<Shop, 'offers' | 'large' | 'tight'> {
  return {
    placement: config.policy.placement,
    refusal: (offer) => room.refusal(offer.pool, offer),
    take: (offer, zone) => {
      room.take(offer.pool, offer, zone);
    },
    zones: ({ pool, zones }) => room.zones(pool, zones),
    sample: ({ pool, type }, zone) => {
      const sample = samples.of(pool, type, zone);
      if (!sample) throw new Error(`type ${type} was offered and is not known`);
      return sample;
    },
  };
}
