import type { Tick } from '../../adapters/dynamodb-history-item';
import { type Doubt, doubtsOf } from '../../autoscaler/planning/health';
import { ALARM_TICKS } from '../../config/contradictions';
import { durationMs } from '../../config/durations';
import type { ResolvedConfig } from '../../config/resolve';
import type { Recorded } from '../../history/look-up';
import type { Context } from './check';

/** A tick that is older tells how things were. Milliseconds. */
export const patience = ({ schedule }: ResolvedConfig): number => ALARM_TICKS * durationMs(schedule.every);

/** Why nothing can be said of the last tick; `nothing`: it looked at nothing, and that is as it should be. */
export interface Silence {
  why: string;
  nothing?: true;
}

/** The last tick that looked at the cluster, and the last recording before it. */
export interface LastLook {
  tick: Tick;
  /** Undefined: none is there. */
  last: Recorded | undefined;
  /** Whether the last recording is of that tick, or of one with the same plan. */
  isSamePlan: boolean;
}

export async function lastLook({ outside, config }: Pick<Context, 'outside' | 'config'>): Promise<LastLook | Silence> {
  const found = await outside.history();
  if (found === undefined) return { why: 'no tick has been recorded' };
  const { tick, recorded } = found;
  if (outside.now() - tick.at > patience(config)) return { why: 'the last tick is too old: see last-tick' };
  if (tick.decision.code === 'retired') {
    return { why: 'the cluster is retired, so ticks look at nothing: see last-tick', nothing: true };
  }
  const [last] = recorded;
  const isSamePlan = last !== undefined && (last.tick.key === tick.key || (tick.plan ?? '') === last.tick.plan);
  return { tick, last, isSamePlan };
}

export const isSilence = (look: LastLook | Silence): look is Silence => 'why' in look;

/** The sources that the last tick could not use; undefined: it did not say, as ticks of older versions do not. */
export function doubtsAt({ tick, last }: LastLook): Doubt[] | undefined {
  if (tick.doubts !== undefined || last === undefined || last.tick.key !== tick.key) return tick.doubts;
  return doubtsOf(last.recording.snapshot, last.recording.config);
}
