import type { Resources } from '../snapshot';

export const NOTHING: Resources = { cpuMilli: 0, memoryBytes: 0, pods: 0 };

export const plus = (a: Resources, b: Resources): Resources => ({
  cpuMilli: a.cpuMilli + b.cpuMilli,
  memoryBytes: a.memoryBytes + b.memoryBytes,
  pods: a.pods + b.pods,
});

export const minus = (a: Resources, b: Resources): Resources => ({
  cpuMilli: a.cpuMilli - b.cpuMilli,
  memoryBytes: a.memoryBytes - b.memoryBytes,
  pods: a.pods - b.pods,
});

/** The least of each. */
export const least = (a: Resources, b: Resources): Resources => ({
  cpuMilli: Math.min(a.cpuMilli, b.cpuMilli),
  memoryBytes: Math.min(a.memoryBytes, b.memoryBytes),
  pods: Math.min(a.pods, b.pods),
});

/** A request of nothing always fits, even where more is promised than there is: as the scheduler does it. */
export const within = (need: Resources, free: Resources): boolean =>
  (need.cpuMilli === 0 || need.cpuMilli <= free.cpuMilli) &&
  (need.memoryBytes === 0 || need.memoryBytes <= free.memoryBytes) &&
  need.pods <= free.pods;

/** The larger share of cores or memory that is asked for, in percent of what there is. */
export const share = (used: Resources, total: Resources): number =>
  100 * Math.max(ratio(used.cpuMilli, total.cpuMilli), ratio(used.memoryBytes, total.memoryBytes));

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : part > 0 ? 1 : 0);
