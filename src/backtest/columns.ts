import type { Series } from '../adapters/prometheus-response';
import { grouped } from '../autoscaler/grouped';
import type { Answers } from './answers';
import type { Findings } from './findings';
import type { QueryName } from './queries';
import { indexAt, type Range, stepsIn } from './range';

/** One value for each step; NaN where there is none. */
export type Column = Float64Array;

/** Puts answers on the grid of a range. */
export class Columns {
  constructor(
    private readonly answers: Answers,
    readonly range: Range,
    private readonly findings: Findings,
  ) {}

  /** Of a query with one series. */
  single(name: QueryName): Column {
    return this.filled(this.answers[name]);
  }

  /** Of a query with several, by a label. */
  by(name: QueryName, label: string): Map<string, Column> {
    const groups = grouped(this.answers[name], ({ metric }) => metric[label] ?? '');
    return new Map([...groups].map(([value, parts]) => [value, this.filled(parts)]));
  }

  private filled(parts: readonly Series[]): Column {
    const column = new Float64Array(stepsIn(this.range)).fill(Number.NaN);
    let before = Number.NEGATIVE_INFINITY;
    for (const { points } of parts) {
      for (const [at, value] of points) {
        if (at < this.range.from || at > this.range.to) continue;
        const index = indexAt(this.range, at);
        // What is told twice, or after what is later, is of a clock that was set.
        if (index === undefined || at <= before) this.findings.add('off-grid', { at });
        else column[index] = value;
        before = Math.max(before, at);
      }
    }
    return column;
  }
}
