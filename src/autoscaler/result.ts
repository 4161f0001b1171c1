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
}
