import { setImmediate as later } from 'node:timers/promises';
import { NotNow, Unusable } from '../../src/deploy/errors';
import { type KeepEvent, keepOpen, type Open } from '../../src/operate/forward/keep';

/** Time is the test's: a pause takes as long as it says and costs nothing. */
function given(lifetimesMs: number[], reopening: (try_: number) => Error | undefined = () => undefined) {
  const controller = new AbortController();
  const events: KeepEvent[] = [];
  const pauses: number[] = [];
  let now = 0;
  let closed = 0;
  let tries = 0;
  const left = [...lifetimesMs];
  const open = (): Open => {
    const lifetime = left.shift();
    return {
      port: 40_123,
      ended:
        lifetime === undefined
          ? new Promise(() => controller.abort())
          : later().then(() => {
              now += lifetime;
              return 'idle for too long';
            }),
      close: async () => {
        closed++;
      },
    };
  };
  const kept = keepOpen(
    open(),
    {
      name: 'Prometheus',
      reopen: async (port) => {
        expect(port).toBe(40_123);
        const error = reopening(++tries);
        if (error) throw error;
        return open();
      },
      onEvent: (event) => events.push(event),
      sleep: async (ms) => {
        pauses.push(ms);
        now += ms;
      },
      monotonic: () => now,
    },
    controller.signal,
  );
  return { kept, events, pauses, closed: () => closed };
}

const mistake = { value: undefined, rule: 'must be there', fix: 'wait' };
const notNow = () => new NotNow('SSM', 'i-1', mistake);

describe('a port that is kept open', () => {
  it('is opened again each time a long session ends, after a second', async () => {
    // GIVEN nine sessions of twenty minutes, and one that stands until Ctrl-C
    const { kept, pauses, events, closed } = given(Array(9).fill(20 * 60_000));
    await kept;
    expect(pauses).toEqual(Array(9).fill(1_000));
    expect(events.filter(({ kind }) => kind === 'reopened')).toHaveLength(9);
    expect(closed()).toBe(10);
  });

  it('is given up after five short sessions in a row, after growing pauses, with the last reason', async () => {
    const { kept, pauses, closed } = given(Array(6).fill(500));
    await expect(kept).rejects.toThrow(/Session Manager: Prometheus\n +value: "idle for too long"[\s\S]*5 in a row/);
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(closed()).toBe(6);
  });

  it('waits for a server that is not there now, and says each time what lacks', async () => {
    const { kept, events, pauses } = given([500], (nth) => (nth <= 3 ? notNow() : undefined));
    await kept;
    expect(events.map(({ kind }) => kind)).toEqual(['ended', 'failed', 'failed', 'failed', 'reopened']);
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it('ends with what lacked last where that does not come back', async () => {
    const { kept, pauses } = given([500], notNow);
    await expect(kept).rejects.toThrow(/SSM: i-1\n[\s\S]*must be there/);
    expect(pauses).toHaveLength(5);
  });

  it('ends at once where another try would not help', async () => {
    const { kept, pauses, closed } = given([500], () => new Unusable('SSM', 'i-1', mistake));
    await expect(kept).rejects.toThrow(/must be there/);
    expect(pauses).toEqual([1_000]);
    expect(closed()).toBe(1);
  });
});
