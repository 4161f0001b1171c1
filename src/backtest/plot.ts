import type { BacktestPage } from '../dev/web/backtest-page';
import { backtestDocumentOf } from '../dev/web/page/backtest-document';
import type { Backtest } from './backtest';
import { timeOf } from './range';
import { countOf, HEADS, rowsOf, whenOf } from './readable';

/** More than a screen has columns, and still a small file. */
const MOST_POINTS = 2000;

/** The courses of all policies, and their table, as one HTML file that loads nothing. */
export const plotOf = (done: Backtest): Promise<string> => backtestDocumentOf(pageOf(done));

export function pageOf({ document, history, courses }: Backtest): BacktestPage {
  const size = Math.ceil(document.steps / MOST_POINTS);
  const starts = Array.from({ length: Math.ceil(document.steps / size) }, (_, i) => i * size);
  const chart = (title: string, column: 'nodes' | 'pending') => ({
    title,
    lines: courses.map((course) => starts.map((start) => most(course[column].subarray(start, start + size)))),
  });
  return {
    from: document.from,
    to: document.to,
    heads: HEADS,
    rows: rowsOf(document.policies),
    policies: document.policies.map(({ policy, what }) => ({ name: policy, what })),
    times: starts.map((start) => timeOf(history.range, start) / 1000),
    charts: [chart('Workers', 'nodes'), chart('Pods that wait', 'pending')],
    findings: document.findings.map((finding) => [
      `${finding.code}${finding.of === undefined ? '' : ` ${finding.of}`}`,
      countOf(finding),
      whenOf(finding),
      finding.meaning,
    ]),
  };
}

/** Of several steps in one point the highest: a wait of a step must not vanish. Null: all of them are left out. */
function most(values: Float64Array): number | null {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? null : Math.max(...known);
}
