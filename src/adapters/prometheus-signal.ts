import type { SignalReading } from '../autoscaler/snapshot';
import type { RuntimeSignal } from '../config/runtime';
import { describe, SourceError } from './errors';
import type { Series } from './prometheus-response';

/**
 * A signal of the user's: its query at every step of its window, as one subquery. Its points come here raw, as
 * `min_over_time` and its like would each evaluate the query anew, skip NaN, and not tell several values from one.
 */

/**
 * Two scrapes of 15 s apart: closer steps would show the same samples again. Beyond an hour a minute, so that a day is
 * some thousand evaluations and not three thousand, and the newest step is still younger than data may be.
 */
const STEP_MS = 30_000;
const LONG_STEP_MS = 60_000;
const LONG_WINDOW_MS = 3_600_000;

const stepOf = ({ windowMs }: RuntimeSignal): number =>
  Math.min(windowMs, windowMs > LONG_WINDOW_MS ? LONG_STEP_MS : STEP_MS);

/**
 * The query stands on lines of its own, so that a comment at its end does not swallow what follows. Its own `offset`,
 * `@` and subqueries stay inside the parentheses.
 */
export const windowQuery = (signal: RuntimeSignal): string =>
  `(\n${signal.query}\n)[${signal.windowMs}ms:${stepOf(signal)}ms]`;

/**
 * Times at which Prometheus evaluates the subquery: multiples of the step, not counted from the question. The window is
 * open at its start, as in Prometheus 3; version 2 counts a step just there too.
 */
function stepsOf(signal: RuntimeSignal, at: number): number[] {
  const step = stepOf(signal);
  const first = Math.floor((at - signal.windowMs) / step) + 1;
  const last = Math.floor(at / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** One finite value at each step of the window, or a doubt: a signal that is a minute old says nothing of five. */
export function readSignal(signal: RuntimeSignal, at: number, series: Series[]): SignalReading {
  const steps = stepsOf(signal, at);
  const values = steps.map((step) => series.flatMap(({ points }) => points.filter(([time]) => time === step)));
  const most = Math.max(...values.map(({ length }) => length));
  if (most === 0) return doubted(signal, 'gives no value: is the metric scraped, and its name right?');
  if (most > 1) return doubted(signal, `gives ${most} values: make one of them, with sum(…) or max(…)`);
  const numbers = values.flat().map(([, value]) => value);
  if (numbers.length < steps.length) {
    const full = `${numbers.length} of the ${steps.length} steps of its window of ${signal.windowMs / 60_000} min`;
    return doubted(signal, `has a value at ${full} only`);
  }
  const odd = numbers.find((value) => !Number.isFinite(value));
  if (odd !== undefined) return doubted(signal, `is ${odd} within its window, which is no number to compare`);
  return { known: true, now: numbers.at(-1) as number, least: Math.min(...numbers), most: Math.max(...numbers) };
}

/** No answer, or one that is none: the doubt says whose fault it is. */
export const unread = (signal: RuntimeSignal, error: unknown): SignalReading =>
  doubted(
    signal,
    error instanceof SourceError && error.reason === 'refused'
      ? `is refused by Prometheus: ${error.message}`
      : `cannot be read: ${describe(error)}`,
  );

/** Long ones are cut: the doubt is told in verdicts and log lines. */
const SHOWN = 120;

function doubted({ name, query }: RuntimeSignal, why: string): SignalReading {
  const line = query.replace(/\s+/g, ' ').trim();
  const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  return { known: false, doubt: `signal ${name} ${why} (query: ${shown})` };
}
