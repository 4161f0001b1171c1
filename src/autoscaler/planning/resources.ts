import type { Pod, Resources } from '../snapshot';

export const NOTHING: Resources = { cpuMilli: 0, memoryBytes: 0, pods: 0 };

export const plus = (a: Resources, b: Resources): Resources => combined(a, b, (x, y) => x + y);

export const minus = (a: Resources, b: Resources): Resources => combined(a, b, (x, y) => x - y);

/** The least of each; what only one of them has is nothing. */
export const least = (a: Resources, b: Resources): Resources => combined(a, b, Math.min);

/** The most of each. */
export const most = (a: Resources, b: Resources): Resources => combined(a, b, Math.max);

/** So many times as much. */
export const times = (a: Resources, count: number): Resources => combined(a, a, (x) => x * count);

/** Of all of them together. */
export const requestsOf = (pods: readonly Pod[]): Resources =>
  pods.reduce((sum, { requests }) => plus(sum, requests), NOTHING);

/** A request of nothing always fits, even where more is promised than there is: as the scheduler does it. */
export const within = (need: Resources, free: Resources): boolean =>
  (need.cpuMilli === 0 || need.cpuMilli <= free.cpuMilli) &&
  (need.memoryBytes === 0 || need.memoryBytes <= free.memoryBytes) &&
  need.pods <= free.pods &&
  (need.others === undefined || lacking(need, free) === undefined);

/** The first of the other resources that there is too little of. */
const lacking = ({ others = {} }: Resources, free: Resources): string | undefined =>
  Object.keys(others).find((name) => (others[name] ?? 0) > Math.max(0, free.others?.[name] ?? 0));

/** The larger share of cores or memory that is asked for, in percent of what there is. */
export const share = (used: Resources, total: Resources): number =>
  100 * Math.max(ratio(used.cpuMilli, total.cpuMilli), ratio(used.memoryBytes, total.memoryBytes));

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : part > 0 ? 1 : 0);

function combined(a: Resources, b: Resources, by: (x: number, y: number) => number): Resources {
  const sum = {
    cpuMilli: by(a.cpuMilli, b.cpuMilli),
    memoryBytes: by(a.memoryBytes, b.memoryBytes),
    pods: by(a.pods, b.pods),
  };
  if (!a.others && !b.others) return sum;
  const names = new Set([...Object.keys(a.others ?? {}), ...Object.keys(b.others ?? {})]);
  const others = Object.fromEntries([...names].map((name) => [name, by(a.others?.[name] ?? 0, b.others?.[name] ?? 0)]));
  return { ...sum, others };
}

/** `500m and 256Mi`, and whatever else is asked for. */
export function resourcesInWords({ cpuMilli, memoryBytes, others = {} }: Resources): string {
  const more = Object.entries(others).map(([name, amount]) => `${amount} of ${name}`);
  return [`${cpuMilli}m`, `${Math.ceil(memoryBytes / 2 ** 20)}Mi`, ...more].join(' and ');
}
