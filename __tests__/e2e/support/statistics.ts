import { seconds } from './table';

/** By nearest rank: of 20 values, p95 is the 19th. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Of milliseconds: `p50 12.1 s, p95 15.0 s (10.2 s … 15.9 s, n = 20)` */
export function spread(values: readonly number[]): string {
  const [p50, p95] = [percentile(values, 50), percentile(values, 95)].map(seconds);
  const range = `${seconds(Math.min(...values))} … ${seconds(Math.max(...values))}`;
  return `p50 ${p50}, p95 ${p95} (${range}, n = ${values.length})`;
}
