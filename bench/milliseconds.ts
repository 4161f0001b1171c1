/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A line for each thing that was measured many times. */
export function millisecondsTable(rows: readonly (readonly [label: string, values: readonly number[]])[]): string {
  const lines = rows.map(([label, values]) => {
    const cells = [Math.min(...values), ...[0.5, 0.95, 1].map((share) => percentile(values, share))];
    return `| ${[label, ...cells.map((value) => value.toFixed(1))].join(' | ')} |`;
  });
  return ['| ms | min | p50 | p95 | max |', '|---|---|---|---|---|', ...lines].join('\n');
}
