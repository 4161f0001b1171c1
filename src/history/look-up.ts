import type { Tick } from '../adapters/dynamodb-history-item';
import type { Recording } from '../autoscaler/telling/recording';

/** Where ticks and their recordings come from: the history table. */
export interface Source {
  /** The newest first: all, or those up to that time, or up to the tick with that key. */
  ticks(until?: number | string): AsyncIterable<Tick>;
  /** The first at or after that time. */
  firstFrom(time: number): Promise<Tick | undefined>;
  recording(tick: Tick): Promise<Recording>;
}

/** A recording and the tick it was made by. */
export interface Recorded {
  tick: Tick;
  recording: Recording;
}

export interface Found {
  /** The tick that was asked for. */
  tick: Tick;
  /** The last recordings at or before it, the newest first; the plan of the first holds for `tick`, if it is the same. */
  recorded: Recorded[];
  /** All ticks back to the oldest of these recordings, the newest first. */
  ticks: Tick[];
}

/**
 * A tick is stamped some milliseconds after the schedule's minute, once it has its lease, and later where an invocation
 * comes late: whoever names the minute means the tick that it began. Between two that are equally near, the earlier.
 */
export async function nearest(source: Source, time: number): Promise<Tick | undefined> {
  const after = await source.firstFrom(time);
  for await (const before of source.ticks(time)) {
    return after && after.at - time < time - before.at ? after : before;
  }
  return after;
}

/**
 * @param until the tick with that key, or the last one at or before that time; undefined: the last
 * @param recordings how many to read back to
 */
export async function lookUp(
  source: Pick<Source, 'ticks' | 'recording'>,
  until: number | string | undefined,
  recordings: number,
): Promise<Found | undefined> {
  const ticks: Tick[] = [];
  const recorded: Recorded[] = [];
  for await (const tick of source.ticks(until)) {
    ticks.push(tick);
    if (tick.parts > 0) recorded.push({ tick, recording: await source.recording(tick) });
    if (recorded.length === recordings) break;
  }
  const [tick] = ticks;
  return tick && { tick, recorded, ticks };
}
