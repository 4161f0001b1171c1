import type { Plan, Verdict } from '../../autoscaler/plan';
import type { InvocationResult } from '../contract';

/** What one invocation says about itself, read from what the handler returned; the world does not trust it to be whole. */
export interface TickValue {
  trigger: string;
  /** When it began, by its own clock: some time after it was invoked. Absent where it did not come to its end. */
  at?: number;
  epoch: number | null;
  decision: Verdict | { code: string; text: string };
  plan?: Plan;
  operations: TickOperation[];
  actions: string[];
}

/** An operation as the tick left it: those that ended in it are still there, with their last phase. */
export interface TickOperation {
  id: string;
  kind: 'launch' | 'removal';
  phase: string;
  reason?: string;
  pool?: string;
  count?: number;
  attempt?: number;
  instances?: string[];
  instance?: string;
  node?: { name: string; uid: string };
  failure?: string;
  createdAt?: number;
}

const ENDINGS: Record<Exclude<InvocationResult['outcome'], 'done'>, string> = {
  failed: 'the invocation failed',
  crashed: 'the invocation was killed by a fault',
  timeout: 'the invocation was killed at its deadline',
};

/** An invocation that did not end well has its outcome for a decision, and the error for a reason. */
export function tickValueOf(result: InvocationResult): TickValue {
  const value = (typeof result.value === 'object' && result.value !== null ? result.value : {}) as Partial<
    Omit<TickValue, 'plan'>
  > & {
    plan?: Plan | null;
  };
  return {
    trigger: value.trigger ?? 'schedule',
    ...(value.at === undefined ? {} : { at: value.at }),
    epoch: value.epoch ?? null,
    decision: value.decision ?? endingOf(result),
    ...(value.plan ? { plan: value.plan } : {}),
    operations: value.operations ?? [],
    actions: value.actions ?? [],
  };
}

function endingOf({ outcome, error }: InvocationResult): { code: string; text: string } {
  if (outcome === 'done') return { code: 'unknown', text: 'The handler returned no decision.' };
  const detail = error ? `: ${error.name}: ${error.message}` : '';
  return { code: outcome, text: `${ENDINGS[outcome]}${detail}` };
}
