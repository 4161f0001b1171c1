import type { Frame, PictureNode } from '../../frame';
import { STATES } from './words';

/** Columns of one chart, one value for each frame. */
export type Column = (number | null)[];

/** Seconds since 1970. */
export const timesOf = (frames: readonly Frame[]): number[] => frames.map(({ at }) => at / 1000);

export type ByState = Record<PictureNode['state'], number>;

/** How many workers are in which state; servers and foreign nodes are not counted. */
export function workersOf({ picture }: Frame): ByState {
  const counts: ByState = { ready: 0, cordoned: 0, ending: 0, 'not-ready': 0, joining: 0 };
  for (const { role, state } of picture.nodes) if (role === 'base' || role === 'worker') counts[state] += 1;
  return counts;
}

/** A column for each state, stacked: each holds the states before it too. Highest first, as they are painted. */
export function stackedWorkers(frames: readonly Frame[]): Column[] {
  const counts = frames.map(workersOf);
  return STATES.map((_, index) =>
    counts.map((count) => STATES.slice(0, index + 1).reduce((sum, state) => sum + count[state], 0)),
  ).reverse();
}

export type Deed = 'up' | 'down' | 'other';

const UP = new Set(['below-minimum', 'pending-pods', 'headroom', 'cpu-high', 'signal-high']);
const DOWN = new Set(['cpu-low', 'rotation', 'back-to-spot']);

/** Where something was done, and in which direction it was decided. */
export function deedOf({ actions, decision }: Frame): Deed | undefined {
  if (actions.length === 0) return undefined;
  if (UP.has(decision.code)) return 'up';
  return DOWN.has(decision.code) ? 'down' : 'other';
}
