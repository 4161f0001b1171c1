/** What a case measured, printed as a table when it is over. */

const rows: [what: string, value: string][] = [];

/** Notes a row of the table. */
export function measured(what: string, value: string): void {
  rows.push([what, value]);
}

/** Prints the rows so far, and forgets them. */
export function printMeasured(title: string): void {
  const width = Math.max(0, ...rows.map(([what]) => what.length));
  const lines = rows.map(([what, value]) => `  ${what.padEnd(width)}  ${value}`);
  process.stderr.write(`\n${title}\n${lines.join('\n')}\n`);
  rows.length = 0;
}

/** By nearest rank: of 20 values, p95 is the 19th. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** `p50 12.1 s, p95 15.0 s (10.2 … 15.9 s, n = 20)` */
export function spread(values: readonly number[]): string {
  const [p50, p95] = [percentile(values, 50), percentile(values, 95)].map(seconds);
  return `p50 ${p50}, p95 ${p95} (${seconds(Math.min(...values))} … ${seconds(Math.max(...values))}, n = ${values.length})`;
}
