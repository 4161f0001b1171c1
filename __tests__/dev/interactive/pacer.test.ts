import { Pacer, type RealTime } from '../../../src/dev/interactive/pacer';

/** Real time that passes when the test says so. */
class HandTime implements RealTime {
  #now = 0;
  #sleepers: { until: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.push({ until: this.#now + ms, wake: resolve });
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const { until, wake } of this.#sleepers) if (until <= this.#now) wake();
  }
}

const setUp = (speed: number) => {
  const time = new HandTime();
  const round = new AbortController();
  const pacer = new Pacer(time, speed);
  return { time, pacer, round, pass: (virtualMs: number) => pacer.pass(virtualMs, round.signal) };
};

describe('the pacer', () => {
  it('lets virtual time pass as many times as fast as real time', async () => {
    const { time, pass } = setUp(60);
    const waiting = pass(6_000);
    time.pass(100);
    expect(await waiting).toBe(6_000);
  });

  it('WHEN the speed is changed meanwhile THEN tells how much has passed at the old one', async () => {
    const { time, pacer, pass } = setUp(60);
    const waiting = pass(6_000);
    time.pass(50);
    pacer.faster();
    expect(await waiting).toBe(3_000);
    expect(pacer.speed).toBe(120);
  });

  it('GIVEN a pause THEN nothing passes until it ends', async () => {
    const { time, pacer, pass } = setUp(60);
    pacer.pause();
    let passed: number | undefined;
    const waiting = pass(6_000).then((ms) => {
      passed = ms;
    });
    time.pass(1_000_000);
    await Promise.resolve();
    expect(passed).toBeUndefined();
    pacer.resume();
    await new Promise(setImmediate);
    time.pass(100);
    await waiting;
    expect(passed).toBe(6_000);
  });

  it('GIVEN a pause WHEN there is something to do THEN gives the turn without letting time pass', async () => {
    const { pacer, pass } = setUp(60);
    pacer.pause();
    const waiting = pass(6_000);
    pacer.hurry();
    expect(await waiting).toBe(0);
    expect(pacer.isPaused).toBe(true);
  });

  it('does not forget what there is to do when nobody waits at that moment', async () => {
    const { pacer, pass } = setUp(60);
    pacer.pause();
    pacer.hurry();
    expect(await pass(6_000)).toBe(0);
  });

  it('knows a slowest and a fastest speed', () => {
    const { pacer } = setUp(2);
    for (let i = 0; i < 5; i += 1) pacer.slower();
    expect(pacer.speed).toBe(1);
    for (let i = 0; i < 20; i += 1) pacer.faster();
    expect(pacer.speed).toBe(3840);
  });

  it('WHEN the round is over THEN refuses to wait any more', async () => {
    const { round, pass } = setUp(60);
    round.abort(new Error('over'));
    await expect(pass(6_000)).rejects.toThrow('over');
  });
});
