import type { Tick } from '../adapters/dynamodb-history-item';
import type { Recording } from '../autoscaler/telling/recording';

/** Where ticks and their recordings come from: the history table. */
export interface Source {
  /** At or before that time, or all; the newest first. */
  ticks(until?: number): AsyncIterable<Tick>;
  recording(tick: Tick): Promise<Recording>;
}

/** A recording and the tick it was made by. */
export interface Recorded {
  tick: Tick;
  recording: Recording;
}

export interface Found {
  /** The last tick at or before the time that was asked for. */
  tick: Tick;
  /** The last recordings at or before it, the newest first; the plan of the first holds for `tick`, if it is the same. */
  recorded: Recorded[];
  /** All ticks back to the oldest of these recordings, the newest first. */
  ticks: Tick[];
}

/** @param recordings how many to read back to */
export async function lookUp(
  source: Source,
  until: number | undefined,
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
