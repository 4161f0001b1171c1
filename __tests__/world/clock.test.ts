import { Clock } from '../../src/world/clock';

describe('the virtual clock', () => {
  it('runs what is due in the order of time, then of scheduling, and what that schedules', () => {
    // GIVEN
    const clock = new Clock(0);
    const ran: string[] = [];
    clock.schedule(20, () => ran.push(`late@${clock.now()}`));
    clock.schedule(10, () => {
      ran.push(`first@${clock.now()}`);
      clock.schedule(15, () => ran.push(`nested@${clock.now()}`));
    });
    clock.schedule(10, () => ran.push(`second@${clock.now()}`));
    clock.schedule(12, () => ran.push('never'))();
    clock.schedule(31, () => ran.push('not yet'));
    // WHEN
    clock.advanceTo(30);
    // THEN
    expect(ran).toEqual(['first@10', 'second@10', 'nested@15', 'late@20']);
    expect(clock.now()).toBe(30);
  });

  it('never goes back', () => {
    const clock = new Clock(100);
    clock.advanceTo(50);
    expect(clock.now()).toBe(100);
  });

  it('keeps its order over many random times', () => {
    const clock = new Clock(0);
    const ran: number[] = [];
    const times = Array.from({ length: 500 }, (_, i) => (i * 7919) % 503);
    for (const at of times) clock.schedule(at, () => ran.push(at));
    clock.advanceTo(1000);
    expect(ran).toEqual([...times].sort((a, b) => a - b));
  });
});
