import fc from 'fast-check';
import { KEPT_TICKS } from '../../../src/dev/kept';
import type { Frame } from '../../../src/dev/web/frame';
import { deedOf, stackedWorkers } from '../../../src/dev/web/page/client/chart-data';
import { pack } from '../../../src/dev/web/page/client/pack';
import { State } from '../../../src/dev/web/page/client/state';
import { storyOf } from '../../../src/dev/web/page/client/story';
import { madeRun } from './made-run';

describe('packing pods into the area of their node', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 60 });

  it('gives each the area of its share, inside and beside each other, whatever the sizes are', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 0, max: 3000 }),
        fc.double({ min: 0.5, max: 6, noNaN: true }),
        (all, free, ratio) => {
          const whole = all.reduce((sum, size) => sum + size, free);
          const shares = all.map((size) => size / whole);
          const boxes = pack(shares, ratio);
          boxes.forEach((box, index) => {
            expect(box.width * box.height).toBeCloseTo(shares[index] ?? 0, 9);
            for (const low of [box.left, box.top]) expect(low).toBeGreaterThan(-1e-9);
            for (const high of [box.left + box.width, box.top + box.height]) expect(high).toBeLessThan(1 + 1e-9);
            for (const other of boxes.slice(index + 1)) {
              const across = Math.min(box.left + box.width, other.left + other.width) - Math.max(box.left, other.left);
              const down = Math.min(box.top + box.height, other.top + other.height) - Math.max(box.top, other.top);
              expect(Math.min(across, down)).toBeLessThan(1e-9);
            }
          });
        },
      ),
    );
  });

  it('shrinks what asks for more than there is', () => {
    const area = pack([0.8, 0.8, 0.4], 3).reduce((sum, { width, height }) => sum + width * height, 0);
    expect(area).toBeCloseTo(1, 9);
  });

  it('gives nothing to a pod that asks for nothing', () => {
    expect(pack([0, 0], 3).map(({ width, height }) => width * height)).toEqual([0, 0]);
  });
});

describe('what was said of a node', () => {
  const { frames } = madeRun();

  it('is a chapter for each change, newest first, up to the tick that is shown', () => {
    const subject = { kind: 'node', name: 'worker-i-6' } as const;
    const codes = storyOf(frames, 5, subject).map(({ said, from, to }) => [said.code, from, to]);
    expect(codes).toEqual([
      ['node-chosen', 5, 5],
      ['node-busy', 2, 4],
      ['node-joining', 1, 1],
    ]);
    expect(storyOf(frames, 2, subject)).toHaveLength(2);
  });

  it('is nothing for a name that only the language knows', () => {
    expect(storyOf(frames, 5, { kind: 'pod', name: 'constructor' })).toEqual([]);
  });
});

describe('the charts', () => {
  const { frames } = madeRun();

  it('stack workers by state, the sum of all first', () => {
    const at = (index: number) => stackedWorkers(frames).map((column) => column[index]);
    // joining on top of not ready, ending, cordoned and ready.
    expect(at(1)).toEqual([7, 1, 1, 1, 1]);
    expect(at(5)).toEqual([7, 7, 7, 7, 6]);
  });

  it('mark the ticks that did something by their direction', () => {
    expect(frames.slice(0, 6).map(deedOf)).toEqual([undefined, 'up', undefined, undefined, undefined, 'down']);
  });
});

describe('what the page shows', () => {
  const loaded = () => {
    const state = new State(() => undefined);
    state.load(madeRun());
    return state;
  };

  it('follows the last tick until one is picked, and again from the last one on', () => {
    const state = loaded();
    const next = { ...madeRun().frames[0], index: 16 } as ReturnType<typeof madeRun>['frames'][number];
    state.go(3);
    state.hear({ kind: 'frame', frame: next });
    expect([state.at, state.follows]).toEqual([3, false]);
    state.go(16);
    state.hear({ kind: 'frame', frame: { ...next, index: 17 } });
    expect([state.at, state.follows]).toEqual([17, true]);
  });

  it('takes a frame that it knows once, and says when one before is missing', () => {
    const state = loaded();
    const [first] = state.frames;
    if (first === undefined) throw new Error('the made run has no frame');
    expect(state.hear({ kind: 'frame', frame: first })).toBe(true);
    expect(state.frames).toHaveLength(16);
    expect(state.hear({ kind: 'frame', frame: { ...first, index: 20 } })).toBe(false);
    expect(state.frames).toHaveLength(16);
  });

  it('begins anew when the loop does', () => {
    const state = loaded();
    state.go(3);
    state.select({ kind: 'node', name: 'server' });
    state.hear({ kind: 'reset', head: { ...madeRun().head, scenario: 'other' } });
    expect([state.frames.length, state.head.scenario, state.selected, state.follows]).toEqual([0, 'other', null, true]);
  });

  it('keeps the last ticks only, each by the place that it has always had', () => {
    const state = loaded();
    const [, deed] = madeRun().frames as [Frame, Frame];
    const hear = (index: number) => state.hear({ kind: 'frame', frame: { ...deed, index } });
    state.go(9);
    for (let index = 16; index < KEPT_TICKS + 8; index += 1) hear(index);
    // What is looked at stays, until it is dropped itself.
    expect([state.first, state.last, state.at, state.frame?.index]).toEqual([8, KEPT_TICKS + 7, 9, 9]);
    for (let index = KEPT_TICKS + 8; index < KEPT_TICKS + 12; index += 1) hear(index);
    expect([state.frames.length, state.at, state.frame?.index, state.follows]).toEqual([KEPT_TICKS, 12, 12, false]);
    state.go(0);
    expect(state.at).toBe(12);
    state.goToDeed(1);
    expect(state.frame?.index).toBe(13);
    // One that was dropped is no reason to load all anew.
    expect(hear(5)).toBe(true);
    expect(hear(KEPT_TICKS + 20)).toBe(false);
    expect(storyOf(state.frames, 20, { kind: 'pool', name: 'burst' })).toMatchObject([
      { from: 16, to: 20 },
      { from: 12, to: 15 },
    ]);
  });

  it('goes from one tick that did something to the next', () => {
    const state = loaded();
    state.go(0);
    state.goToDeed(1);
    expect(state.at).toBe(1);
    state.goToDeed(1);
    expect(state.at).toBe(5);
    state.goToDeed(-1);
    state.goToDeed(-1);
    expect(state.at).toBe(1);
  });
});
