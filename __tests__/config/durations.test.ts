import { durationMs, parseDuration } from '../../src/config/durations';

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['0m', 0],
    ['1d2h3m4s', 93_784_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', '5x', '5 m', '1.5h', '-1m', '30m1h', '1m1m', '100ms', 'm', 'PT5M'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(() => durationMs(text)).toThrow(RangeError);
  });
});
