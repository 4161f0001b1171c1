import type { RuntimeConfig } from '../config/runtime';
import type { Clock } from './ports';

/**
 * For so long Kubernetes may be read, milliseconds. At Lambda's share of a processor 5 000 pods take longer than one would
 * wait for an answer: a quarter of the time that is left, so that the plan and its steps have the rest. And not so long that
 * what the others have seen meanwhile is too old.
 */
export const lookMs = (clock: Pick<Clock, 'remaining'>, { policy }: Pick<RuntimeConfig, 'policy'>): number =>
  Math.round(Math.max(1, Math.min(clock.remaining() / 4, policy.dataMaxAgeMs / 2)));
