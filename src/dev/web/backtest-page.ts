/** What the page of a backtest is given: names and numbers, already in the order in which they are shown. */
export interface BacktestPage {
  /** ISO 8601. */
  from: string;
  to: string;
  /** Heads of the table, and a row for each policy. */
  heads: string[];
  rows: string[][];
  /** What each policy does. */
  policies: { name: string; what: string }[];
  /** Seconds since 1970. */
  times: number[];
  charts: BacktestChart[];
  /** Code, how often, when, and what it means. */
  findings: string[][];
}

/** A line for each policy, in their order; null where a step is left out. */
export interface BacktestChart {
  title: string;
  lines: (number | null)[][];
}
