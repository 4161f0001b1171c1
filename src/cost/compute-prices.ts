import { HOURS_A_MONTH, type Market } from '../config/runtime';
import { PRICES } from './prices';

/**
 * Instances: list prices of us-east-1, US dollars an hour, Linux. On-demand: the table generated from AWS's price list on
 * 2026-01-19 that Karpenter ships (karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go).
 */
export const COMPUTE_AS_OF = '2026-01-19';

/**
 * Spot has no list price: it moves, by type, zone and day. So this is an assumption, one share of the on-demand price for
 * all types. AWS' Spot Instance Advisor (https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json: savings of the
 * last 30 days, mean of the zones), as github.com/alexei-led/spotinfo kept it at commit 5eedf20 of 2025-06-28, has for
 * Linux in us-east-1 and 323 types of the families below a median of 66 % less; the least is 46 %, the most 81 %.
 */
export const SPOT = { share: 0.34, seen: { least: 0.19, most: 0.54 }, asOf: '2025-06-28' } as const;
/** Of a worker's root volume. */
const VOLUME_GB = 20;

/** Of the size `medium`; each size costs twice the one below it. */
const BURSTABLE_MEDIUM: Record<string, number> = { t2: 0.0464, t3: 0.0416, t3a: 0.0376, t4g: 0.0336 };
const BURSTABLE_SIZES: Record<string, number> = {
  nano: 1 / 8,
  micro: 1 / 4,
  small: 1 / 2,
  medium: 1,
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
};

/** Where half of the next size is not the price. */
const EXACT: Record<string, number> = { 't2.small': 0.023 };

/** Of the size `large`, two vCPUs; the price goes with the vCPUs. */
const FIXED_LARGE: Record<string, number> = {
  ...{
    m5: 0.096,
    m5a: 0.086,
    m6i: 0.096,
    m6a: 0.0864,
    m6g: 0.077,
    m7i: 0.1008,
    m7a: 0.11592,
    m7g: 0.0816,
    m8g: 0.08976,
  },
  ...{
    c5: 0.085,
    c5a: 0.077,
    c6i: 0.085,
    c6a: 0.0765,
    c6g: 0.068,
    c7i: 0.08925,
    c7a: 0.10264,
    c7g: 0.0725,
    c8g: 0.07976,
  },
  ...{
    r5: 0.126,
    r5a: 0.113,
    r6i: 0.126,
    r6a: 0.1134,
    r6g: 0.1008,
    r7i: 0.1323,
    r7a: 0.15215,
    r7g: 0.1071,
    r8g: 0.11782,
  },
};

/** Of each size: GPUs do not go with the vCPUs. */
const GPU: Record<string, Record<string, number>> = {
  g4dn: { xlarge: 0.526, '2xlarge': 0.752, '4xlarge': 1.204, '8xlarge': 2.176, '12xlarge': 3.912, '16xlarge': 4.352 },
  g5: { xlarge: 1.006, '2xlarge': 1.212, '4xlarge': 1.624, '8xlarge': 2.448, '12xlarge': 5.672, '16xlarge': 4.096 },
  g6: {
    xlarge: 0.8048,
    '2xlarge': 0.9776,
    '4xlarge': 1.3232,
    '8xlarge': 2.0144,
    '12xlarge': 4.6016,
    '16xlarge': 3.3968,
  },
};

/** Of the instance alone; undefined for a type that the table lacks. */
export function onDemandPerHour(type: string): number | undefined {
  const [family = '', size = ''] = type.split('.');
  const burstable = BURSTABLE_MEDIUM[family];
  if (burstable !== undefined) return EXACT[type] ?? times(burstable, BURSTABLE_SIZES[size]);
  if (GPU[family] !== undefined) return GPU[family][size];
  return times(FIXED_LARGE[family], largesIn(size));
}

/** How many times a `large` a size is: medium ½, large 1, xlarge 2, 4xlarge 8. */
function largesIn(size: string): number | undefined {
  if (size === 'medium') return 1 / 2;
  if (size === 'large') return 1;
  const xlarges = /^(\d*)xlarge$/.exec(size)?.[1];
  return xlarges === undefined ? undefined : 2 * Number(xlarges === '' ? 1 : xlarges);
}

/** Of a worker: instance, volume and address; undefined for a type that the table lacks. */
export function dollarsPerHour(type: string, market: Market): number | undefined {
  const price = onDemandPerHour(type);
  if (price === undefined) return undefined;
  const volume = (PRICES.gp3GbMonth.usd * VOLUME_GB) / HOURS_A_MONTH;
  return price * (market === 'spot' ? SPOT.share : 1) + volume + PRICES.addressHour.usd;
}

/** Of a worker on spot, an hour: as it is taken, and with the least and the most share that was seen; undefined as above. */
export function spotHour(type: string): { taken: number; least: number; most: number } | undefined {
  const [onDemand, price] = [dollarsPerHour(type, 'on-demand'), onDemandPerHour(type)];
  if (onDemand === undefined || price === undefined) return undefined;
  const at = (share: number): number => onDemand - price * (1 - share);
  return { taken: at(SPOT.share), least: at(SPOT.seen.least), most: at(SPOT.seen.most) };
}

const times = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b;
