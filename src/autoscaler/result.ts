import type { Measures } from './measures';
import type { Plan, Verdict } from './plan';
import type { Trigger } from './snapshot';
import type { Operation } from './state';

/** What a tick tells: in the log, in history, and as the answer of the function. */
export interface TickResult {
  trigger: Trigger;
  at: number;
  epoch: number | null;
  decision: Verdict;
  /** Null when the lease was held by another invocation. */
  plan: Plan | null;
  operations: Operation[];
  /** What was done, a sentence each. */
  actions: string[];
  /** For the metrics; null where nothing was looked at. */
  measures: Measures | null;
}

/**
 * One result for all passes of an invocation: the last pass that did something, or else the last, speaks; operations
 * that ended in an earlier pass are kept, each as it was last seen. What was measured last is how things stand.
 */
export function merged(passes: TickResult[]): TickResult {
  const spokesman = passes.findLast((pass) => pass.actions.length > 0) ?? (passes.at(-1) as TickResult);
  const measures = passes.findLast((pass) => pass.measures)?.measures;
  // Each was met by one pass only.
  const ignored = passes.flatMap((pass) => pass.measures?.IgnoredEvents ?? []);
  const IgnoredEvents = ignored.reduce((sum, count) => sum + count, 0);
  const operations = new Map(passes.flatMap((pass) => pass.operations).map((operation) => [operation.id, operation]));
  return {
    ...spokesman,
    operations: [...operations.values()],
    actions: passes.flatMap((pass) => pass.actions),
    measures: measures ? { ...measures, ...(ignored.length > 0 && { IgnoredEvents }) } : null,
  };
}
