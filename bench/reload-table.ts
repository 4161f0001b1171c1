import { millisecondsTable, percentile } from './milliseconds';
import type { ReloadMeasures } from './reload';

/** What the reload may take, in milliseconds. */
export const RELOAD_GOAL = { p50: 25, p95: 60 };

export const keepsReloadGoal = ({ reload }: ReloadMeasures): boolean =>
  percentile(reload, 0.5) <= RELOAD_GOAL.p50 && percentile(reload, 0.95) <= RELOAD_GOAL.p95;

const ROWS: readonly [keyof Omit<ReloadMeasures, 'saves'>, string][] = [
  ['reload', 'file event → new handler loaded (what `dev` prints)'],
  ['build', '… of it: build'],
  ['load', '… of it: load'],
  ['watch', 'save → file event'],
  ['answer', 'save → an answer of the new code'],
];

export const reloadTable = (measures: ReloadMeasures): string =>
  millisecondsTable(ROWS.map(([name, label]) => [label, measures[name]]));
