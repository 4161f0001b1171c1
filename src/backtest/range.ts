/** The steps that are replayed, both ends among them. Milliseconds since 1970. */
export interface Range {
  from: number;
  to: number;
  stepMs: number;
}

export const stepsIn = ({ from, to, stepMs }: Range): number => Math.floor((to - from) / stepMs) + 1;

export const timeOf = ({ from, stepMs }: Range, index: number): number => from + index * stepMs;

/** Prometheus writes milliseconds, so a point is on the grid to the millisecond. */
const OFF_GRID_MS = 1;

/** The step at that time; undefined: there is none, or it is beside the grid. */
export function indexAt(range: Range, at: number): number | undefined {
  const index = Math.round((at - range.from) / range.stepMs);
  if (index < 0 || index >= stepsIn(range)) return undefined;
  return Math.abs(timeOf(range, index) - at) <= OFF_GRID_MS ? index : undefined;
}
