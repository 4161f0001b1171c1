import { activeWindows, headroomOf, minimumOf } from '../../../src/autoscaler/planning/calendar';
import type { CalendarWindow, RuntimePool } from '../../../src/config/runtime';
import { burstPool, config } from '../builders';

const HOUR = 3_600_000;
const NONE = { cpuMilli: 0, memoryBytes: 0, pods: 0 };
const window = (start: string, hours: number, settings: Partial<CalendarWindow> = {}): CalendarWindow => ({
  name: 'day',
  start,
  timeZone: 'UTC',
  durationMs: hours * HOUR,
  min: {},
  headroom: NONE,
  ...settings,
});
const berlin = (start: string, hours: number) => window(start, hours, { timeZone: 'Europe/Berlin' });
const holds = (one: CalendarWindow, at: string) => activeWindows([one], Date.parse(at)).length === 1;

describe('a window of the calendar', () => {
  it.each([
    ['2026-01-05T07:59:59.999Z', false],
    ['2026-01-05T08:00:00.000Z', true],
    ['2026-01-05T08:00:00.001Z', true],
    ['2026-01-05T17:59:59.999Z', true],
    ['2026-01-05T18:00:00.000Z', false],
    ['2026-01-05T18:00:00.001Z', false],
    ['2026-01-03T12:00:00.000Z', false],
  ])('of ten hours from 08:00 on working days at %s: %s', (at, expected) => {
    expect(holds(window('0 8 * * MON-FRI', 10), at)).toBe(expected);
  });

  it('goes on over midnight, into a day that it does not start on', () => {
    const friday = window('0 22 * * FRI', 8);
    expect(holds(friday, '2026-01-02T23:59:00Z')).toBe(true);
    expect(holds(friday, '2026-01-03T05:59:59Z')).toBe(true);
    expect(holds(friday, '2026-01-03T06:00:00Z')).toBe(false);
    expect(holds(friday, '2026-01-03T22:00:00Z')).toBe(false);
  });

  it('that starts again while it holds goes on until the last start is over', () => {
    // GIVEN a start each six hours from 06:00 to 18:00, of eight hours each
    const overlapping = window('0 6-18/6 * * *', 8);
    // THEN
    for (const hour of ['06:00', '13:59', '14:00', '19:59', '20:00', '23:59']) {
      expect(holds(overlapping, `2026-01-05T${hour}:00Z`)).toBe(true);
    }
    expect(holds(overlapping, '2026-01-06T01:59:59Z')).toBe(true);
    expect(holds(overlapping, '2026-01-06T02:00:00Z')).toBe(false);
  });

  it('as long as its period always holds', () => {
    const always = window('0 0 * * *', 24);
    for (let hour = 0; hour < 72; hour++) {
      expect(activeWindows([always], Date.parse('2026-01-05T00:00:00Z') + hour * HOUR)).toHaveLength(1);
    }
  });

  it('means the clocks of its zone, in winter and in summer', () => {
    const office = berlin('0 8 * * *', 1);
    expect(holds(office, '2026-01-05T07:00:00Z')).toBe(true);
    expect(holds(office, '2026-01-05T06:59:59Z')).toBe(false);
    expect(holds(office, '2026-07-06T06:00:00Z')).toBe(true);
    expect(holds(office, '2026-07-06T07:00:00Z')).toBe(false);
  });

  describe('when the clocks of Berlin go forward (29 March 2026, 01:00 UTC)', () => {
    it('holds for its length, not to the hour that the clock shows', () => {
      // GIVEN from 22:00 (21:00 UTC) on for eight hours
      const night = berlin('0 22 * * *', 8);
      // THEN it ends at 05:00 UTC, which is 07:00 there
      expect(holds(night, '2026-03-29T04:59:59Z')).toBe(true);
      expect(holds(night, '2026-03-29T05:00:00Z')).toBe(false);
      // AND starts an hour earlier by UTC the next evening
      expect(holds(night, '2026-03-29T19:59:59Z')).toBe(false);
      expect(holds(night, '2026-03-29T20:00:00Z')).toBe(true);
    });

    it.each(['30 2 * * *', '30 2,14 * * *'])("starts right after the gap that '%s' falls into", (start) => {
      const skipped = berlin(start, 1);
      expect(holds(skipped, '2026-03-29T00:59:59Z')).toBe(false);
      expect(holds(skipped, '2026-03-29T01:00:00Z')).toBe(true);
      expect(holds(skipped, '2026-03-29T01:59:59Z')).toBe(true);
      expect(holds(skipped, '2026-03-29T02:00:00Z')).toBe(false);
    });
  });

  describe('when the clocks of Berlin go back (25 October 2026, 01:00 UTC)', () => {
    it('holds for its length, not to the hour that the clock shows', () => {
      // GIVEN from 22:00 (20:00 UTC) on for eight hours
      const night = berlin('0 22 * * *', 8);
      // THEN it ends at 04:00 UTC, which is 05:00 there
      expect(holds(night, '2026-10-25T03:59:59Z')).toBe(true);
      expect(holds(night, '2026-10-25T04:00:00Z')).toBe(false);
      expect(holds(night, '2026-10-25T20:59:59Z')).toBe(false);
      expect(holds(night, '2026-10-25T21:00:00Z')).toBe(true);
    });

    it.each(['30 2 * * *', '30 2,14 * * *'])("starts once, though '%s' comes twice", (start) => {
      const twice = berlin(start, 0.5);
      expect(holds(twice, '2026-10-25T00:29:59Z')).toBe(false);
      expect(holds(twice, '2026-10-25T00:30:00Z')).toBe(true);
      expect(holds(twice, '2026-10-25T01:00:00Z')).toBe(false);
      expect(holds(twice, '2026-10-25T01:30:00Z')).toBe(false);
    });
  });

  it('holds or not by the moment it is asked about, not by the clock', () => {
    // GIVEN a clock of another day
    jest.useFakeTimers({ now: Date.parse('1999-12-31T23:59:59Z') });
    try {
      expect(holds(window('0 8 * * *', 1), '2026-01-05T08:30:00Z')).toBe(true);
      expect(holds(window('7 8 * * *', 1), '2026-01-05T08:06:00Z')).toBe(false);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('windows that hold together', () => {
  const day = window('0 8 * * *', 10, {
    name: 'day',
    min: { burst: 2, web: 1 },
    headroom: { cpuMilli: 2000, memoryBytes: 0, pods: 5 },
  });
  const noon = window('0 12 * * *', 1, {
    name: 'noon',
    min: { burst: 4 },
    headroom: { cpuMilli: 500, memoryBytes: 1024, pods: 0 },
  });
  const at = (time: string) => activeWindows([day, noon], Date.parse(`2026-01-05T${time}Z`));
  const pool = (name: string, min: number): RuntimePool => ({ ...burstPool, name, min });

  it('are told in the order of the calendar', () => {
    expect(at('12:30:00').map(({ name }) => name)).toEqual(['day', 'noon']);
    expect(at('13:00:00').map(({ name }) => name)).toEqual(['day']);
    expect(at('07:00:00')).toEqual([]);
  });

  it('give a pool the largest minimum, its own included', () => {
    expect(minimumOf(pool('burst', 0), at('12:30:00'))).toBe(4);
    expect(minimumOf(pool('burst', 0), at('13:00:00'))).toBe(2);
    expect(minimumOf(pool('burst', 3), at('13:00:00'))).toBe(3);
    expect(minimumOf(pool('burst', 3), [])).toBe(3);
    expect(minimumOf(pool('gpu', 1), at('12:30:00'))).toBe(1);
    expect(minimumOf(pool('constructor', 1), at('12:30:00'))).toBe(1);
  });

  it('keep the largest headroom of each resource, the standing one included', () => {
    const policy = { ...config.policy, headroom: { cpuMilli: 1000, memoryBytes: 0, pods: 1 } };
    expect(headroomOf(policy, at('12:30:00'))).toEqual({ cpuMilli: 2000, memoryBytes: 1024, pods: 5 });
    expect(headroomOf(policy, [])).toEqual({ cpuMilli: 1000, memoryBytes: 0, pods: 1 });
    expect(headroomOf(config.policy, [])).toEqual(NONE);
  });
});
