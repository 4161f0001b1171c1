/** Times for people. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** `40 s ago`, `5 min ago`, `13 h ago`, `3 d ago`. @param ms milliseconds, rounded down */
export function ago(ms: number): string {
  const units = [
    ['d', 24 * HOUR_MS],
    ['h', HOUR_MS],
    ['min', MINUTE_MS],
  ] as const;
  // Up to two of a unit the smaller one says more.
  const [unit, size] = units.find(([, size]) => ms >= 2 * size) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / size))} ${unit} ago`;
}

/** To the second; `unknown` where it is no time. */
export const iso = (at: number): string =>
  Number.isNaN(at) ? 'unknown' : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
