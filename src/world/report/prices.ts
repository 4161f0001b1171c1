import { dollarsPerHour } from '../../cost/compute-prices';
import type { Life } from './fleet';
import { hoursOf } from './fleet';

/**
 * Of a Linux instance every second begun is billed, and at least the first minute
 * (https://aws.amazon.com/about-aws/whats-new/2017/10/announcing-amazon-ec2-per-second-billing/). Of a minute that the
 * end of the run cuts, what lies behind it is no cost of the run.
 */
function billedHoursOf(life: Life, start: number, end: number): number {
  const seconds = Math.ceil(3600 * hoursOf({ ...life, ...billedUntil(life) }, start, end) - ROUNDING);
  return seconds / 3600;
}

const billedUntil = ({ from, to }: Life): Partial<Life> =>
  to === undefined ? {} : { to: Math.max(to, from + MINUTE_MS) };

const MINUTE_MS = 60_000;
/** Far below a millisecond: hours are no whole numbers. */
const ROUNDING = 1e-6;

/** Dollars for these workers between `start` and `end`; null as soon as one of them has no price here. */
export function costOf(workers: readonly Life[], start: number, end: number): number | null {
  return sum(workers.map((life) => times(dollarsPerHour(life.type, life.market), billedHoursOf(life, start, end))));
}

/** Dollars if the workers of the peak had been there all the time. */
export function staticCostOf(peak: readonly Life[], start: number, end: number): number | null {
  return sum(peak.map((life) => times(dollarsPerHour(life.type, life.market), (end - start) / 3_600_000)));
}

const times = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b;

const sum = (parts: (number | undefined)[]): number | null =>
  parts.reduce<number | null>((total, part) => (total === null || part === undefined ? null : total + part), 0);
