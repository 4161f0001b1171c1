import { startsOf } from '../autoscaler/planning/calendar';
import { durationMs } from './durations';
import type { ResolvedConfig } from './schema';

/** Which minima hold at once: what a calendar comes to, played over a year. */

/** Minimum by pool, and the windows for which it holds. */
export interface Moment {
  windows: string[];
  min: Record<string, number>;
}

type Window = ResolvedConfig['policy']['calendar'][number];

const minima = (config: ResolvedConfig, windows: readonly Window[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(config.pools).map(([name, { min }]) => [
      name,
      Math.max(min, ...windows.map(({ pools }) => (Object.hasOwn(pools, name) ? (pools[name]?.min ?? 0) : 0))),
    ]),
  );

const moment = (config: ResolvedConfig, windows: readonly Window[]): Moment => ({
  windows: windows.map(({ name }) => name),
  min: minima(config, windows),
});

/** While no window holds. */
export const standing = (config: ResolvedConfig): Moment => moment(config, []);

/** As if all windows held at once: more than any moment asks for. */
export const everything = (config: ResolvedConfig): Moment => moment(config, config.policy.calendar);

/** A fixed year and a month, so that the same configuration is always found right or always wrong. */
const FROM = Date.parse('2026-01-01T00:00:00Z');
const TO = Date.parse('2027-02-01T00:00:00Z');
/** A window that starts more often counts as always there: reading its starts would take longer than it is worth. */
const MOST_STARTS = 1000;

/** When the window holds; starts that come while it holds already are told too, which changes nothing. */
function spans({ start, timeZone, for: length }: Window): { from: number; to: number }[] {
  const lengthMs = durationMs(length);
  const starts = startsOf(start, timeZone);
  const found: { from: number; to: number }[] = [];
  let next = starts.nextRun(new Date(FROM - lengthMs));
  while (next !== null && next.getTime() < TO) {
    found.push({ from: next.getTime(), to: next.getTime() + lengthMs });
    if (found.length > MOST_STARTS) return [{ from: FROM, to: TO }];
    next = starts.nextRun(next);
  }
  return found;
}

/** Every set of windows that holds at once, once. More hold only when one starts, so starts are all there is to see. */
export function moments(config: ResolvedConfig): Moment[] {
  const windows = config.policy.calendar.map((window) => ({ window, spans: spans(window) }));
  const starts = new Set(windows.flatMap(({ spans }) => spans.map(({ from }) => from)));
  const sets = new Map<string, Window[]>();
  for (const at of starts) {
    const holding = windows.filter(({ spans }) => spans.some(({ from, to }) => from <= at && at < to));
    sets.set(
      holding.map(({ window }) => window.name).join(' '),
      holding.map(({ window }) => window),
    );
  }
  return [...sets.values()].map((holding) => moment(config, holding));
}
