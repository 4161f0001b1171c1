import type { Recording } from '../../autoscaler/telling/recording';
import { ALARM_TICKS } from '../../config/contradictions';
import { durationMs } from '../../config/durations';
import type { ResolvedConfig } from '../../config/resolve';
import type { Context } from './check';

/** A tick that is older tells how things were. Milliseconds. */
export const patience = ({ schedule }: ResolvedConfig): number => ALARM_TICKS * durationMs(schedule.every);

/**
 * What the last tick saw, where it was recorded: one whose plan is as before is not, but once an hour. A string says why
 * it is not known.
 */
export async function lastSeen({ outside, config }: Pick<Context, 'outside' | 'config'>): Promise<Recording | string> {
  const found = await outside.history();
  if (found === undefined) return 'no tick has been recorded';
  if (outside.now() - found.tick.at > patience(config)) return 'the last tick is too old: see last-tick';
  if (found.tick.decision.code === 'retired') return 'the cluster is retired, so ticks look at nothing';
  const [last] = found.recorded;
  if (last === undefined) return 'no plan has been recorded';
  // The same plan does not mean that the same was seen: a cluster that is paused has one plan whatever is known.
  if (last.tick.key !== found.tick.key) return 'the last tick was not recorded whole: its plan is as it was before';
  return last.recording;
}
