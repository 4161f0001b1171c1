import { Cron } from 'croner';
import type { CalendarWindow, Headroom, RuntimeConfig, RuntimePolicy, RuntimePool } from '../../config/runtime';

/** Which windows of the calendar hold at a moment, and what is kept then. Pure: the moment is given. */

/**
 * Every start that a window names, as croner reads five fields of cron. A start named by the hour is never lost to the
 * change of clocks (`no-wildcard`): one that the spring skips comes right after the gap, and one that autumn has twice
 * comes once. Fields with `*` or a step name intervals, which the clocks leave as they are.
 *
 * @throws TypeError or RangeError that says what is wrong with the expression
 */
export const startsOf = (start: string, timeZone: string): Cron =>
  new Cron(start, { timezone: timeZone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });

/** A start never changes, and reading one costs more than asking it. */
const read = new Map<string, Cron>();

function startsOnce({ start, timeZone }: CalendarWindow): Cron {
  const key = `${timeZone} ${start}`;
  const known = read.get(key) ?? startsOf(start, timeZone);
  read.set(key, known);
  return known;
}

/** The windows that hold: those with a start s where s ≤ at < s + duration. */
export function activeWindows(calendar: CalendarWindow[], at: number): CalendarWindow[] {
  return calendar.filter((window) => {
    // A start at the very moment of asking is not a next one, so the window's end is not in it.
    const start = startsOnce(window).nextRun(new Date(at - window.durationMs));
    return start !== null && start.getTime() <= at;
  });
}

/** The largest of the pool's own minimum and those of the windows. */
export const minimumOf = (pool: RuntimePool, windows: CalendarWindow[]): number =>
  // `constructor` is a name that a pool may have, and every object has something by it.
  Math.max(pool.min, ...windows.map(({ min }) => (Object.hasOwn(min, pool.name) ? (min[pool.name] ?? 0) : 0)));

/** The largest of each resource: headrooms that hold together are not added. */
export function headroomOf(policy: RuntimePolicy, windows: CalendarWindow[]): Headroom {
  const all = [policy.headroom, ...windows.map(({ headroom }) => headroom)];
  return {
    cpuMilli: Math.max(...all.map(({ cpuMilli }) => cpuMilli)),
    memoryBytes: Math.max(...all.map(({ memoryBytes }) => memoryBytes)),
    pods: Math.max(...all.map(({ pods }) => pods)),
  };
}

/** The configuration as the calendar has it at that moment: minima, headroom and removals at once. */
export function inForce(config: RuntimeConfig, at: number): RuntimeConfig {
  const windows = activeWindows(config.policy.calendar, at);
  if (windows.length === 0) return config;
  const { policy } = config;
  const removalsAtOnce = Math.min(policy.removalsAtOnce, ...windows.flatMap((window) => window.removalsAtOnce ?? []));
  return {
    ...config,
    pools: config.pools.map((pool) => ({ ...pool, min: minimumOf(pool, windows) })),
    policy: { ...policy, headroom: headroomOf(policy, windows), removalsAtOnce },
  };
}
