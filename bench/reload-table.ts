import type { ReloadMeasures } from './reload';

/** What the reload may take, in milliseconds. */
export const RELOAD_GOAL = { p50: 25, p95: 60 };

/** Nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const keepsReloadGoal = ({ reload }: ReloadMeasures): boolean =>
  percentile(reload, 0.5) <= RELOAD_GOAL.p50 && percentile(reload, 0.95) <= RELOAD_GOAL.p95;

const ROWS: readonly [keyof Omit<ReloadMeasures, 'saves'>, string][] = [
  ['reload', 'file event → new handler loaded (what `dev` prints)'],
  ['build', '… of it: build'],
  ['load', '… of it: load'],
  ['watch', 'save → file event'],
  ['answer', 'save → an answer of the new code'],
];

export function reloadTable(measures: ReloadMeasures): string {
  const ms = (value: number) => value.toFixed(1);
  const rows = ROWS.map(([name, label]) => {
    const values = measures[name];
    const cells = [0.5, 0.95, 1].map((share) => ms(percentile(values, share)));
    return `| ${[label, ms(Math.min(...values)), ...cells].join(' | ')} |`;
  });
  return ['| ms | min | p50 | p95 | max |', '|---|---|---|---|---|', ...rows].join('\n');
}
