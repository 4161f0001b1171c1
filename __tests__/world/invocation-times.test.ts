import { invocationTimes } from '../../src/world/play';
import { START } from '../../src/world/scenario/types';

const MINUTE = 60_000;
const minutes = (times: number[]) => times.map((at) => (at - START) / MINUTE);
const scenario = (everyMs: number, jitterMs: number, durationMs: number) => ({
  durationMs,
  invocations: { everyMs, jitterMs, overlap: 1 },
});

describe('invocationTimes', () => {
  it('begins after the first interval and includes the end', () => {
    expect(minutes(invocationTimes(scenario(2 * MINUTE, 0, 6 * MINUTE), 1))).toEqual([2, 4, 6]);
  });

  it('keeps each jitter within its bound, so that delays do not add up', () => {
    // GIVEN an hour of invocations every 2 minutes, each up to 30 s late
    const times = minutes(invocationTimes(scenario(2 * MINUTE, MINUTE / 2, 60 * MINUTE), 7));
    // THEN the first is in time, and each later one within half a minute of its place
    expect(times[0]).toBe(2);
    times.forEach((time, index) => {
      expect(time - 2 * (index + 1)).toBeGreaterThanOrEqual(0);
      expect(time - 2 * (index + 1)).toBeLessThanOrEqual(0.5);
    });
    expect(new Set(times.map((time) => time % 2)).size).toBeGreaterThan(10);
  });

  it('is the same for one seed and another for another', () => {
    const times = (seed: number) => invocationTimes(scenario(2 * MINUTE, MINUTE, 30 * MINUTE), seed);
    expect(times(1)).toEqual(times(1));
    expect(times(1)).not.toEqual(times(2));
  });

  it('never goes back in time, however large the jitter', () => {
    const times = invocationTimes(scenario(MINUTE, 10 * MINUTE, 60 * MINUTE), 3);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});
