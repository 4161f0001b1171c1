import { dollarsPerHour } from '../../config/prices';
import type { Life } from './fleet';
import { hoursOf } from './fleet';

/** Dollars for these workers between `start` and `end`; null as soon as one of them has no price here. */
export function costOf(workers: readonly Life[], start: number, end: number): number | null {
  return sum(workers.map((life) => times(dollarsPerHour(life.type, life.market), hoursOf(life, start, end))));
}

/** Dollars if the workers of the peak had been there all the time. */
export function staticCostOf(peak: readonly Life[], start: number, end: number): number | null {
  return sum(peak.map((life) => times(dollarsPerHour(life.type, life.market), (end - start) / 3_600_000)));
}

const times = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b;

const sum = (parts: (number | undefined)[]): number | null =>
  parts.reduce<number | null>((total, part) => (total === null || part === undefined ? null : total + part), 0);
