import { Travel } from '../../../src/dev/interactive/travel';
import { KEPT_TICKS } from '../../../src/dev/kept';
import type { PlayedTick } from '../../../src/world/play';

const tick = (at: number): PlayedTick => ({ at }) as PlayedTick;
const travelled = (count: number): Travel => {
  const travel = new Travel();
  for (let i = 1; i <= count; i += 1) travel.add(tick(i));
  return travel;
};

describe('travel through the ticks', () => {
  it('is at the last one until somebody goes back, and stays there while new ones come', () => {
    const travel = travelled(3);
    expect(travel.current?.at).toBe(3);
    travel.back();
    travel.add(tick(4));
    expect([travel.current?.at, travel.position, travel.isBack]).toEqual([2, '2 of 4', true]);
  });

  it('ends at the first and at the last', () => {
    const travel = travelled(2);
    for (let i = 0; i < 5; i += 1) travel.back();
    expect(travel.position).toBe('1 of 2');
    for (let i = 0; i < 5; i += 1) travel.forward();
    expect([travel.position, travel.isBack]).toEqual(['2 of 2', false]);
  });

  it('goes to the end at once', () => {
    const travel = travelled(5);
    travel.back();
    travel.back();
    travel.toEnd();
    expect([travel.current?.at, travel.isBack]).toEqual([5, false]);
  });

  it('keeps the last ones only, and says at the oldest of them that it is', () => {
    const travel = travelled(KEPT_TICKS + 20);
    const last = KEPT_TICKS + 20;
    expect([travel.ticks.length, travel.position]).toEqual([KEPT_TICKS, `${last} of ${last}`]);
    for (let i = 0; i < last; i += 1) travel.back();
    expect([travel.current?.at, travel.position]).toEqual([21, `21 of ${last}, the oldest kept`]);
    travel.forward();
    expect(travel.position).toBe(`22 of ${last}`);
  });

  it('stays at a tick while older ones are dropped, and is at the oldest kept when it is dropped itself', () => {
    const travel = travelled(KEPT_TICKS);
    for (let i = 0; i < KEPT_TICKS - 3; i += 1) travel.back();
    const onceMore = (count: number) => {
      for (let i = 0; i < count; i += 1) travel.add(tick(travel.count + 1));
      return travel.current?.at;
    };
    expect([onceMore(2), onceMore(1), travel.isBack]).toEqual([3, 4, true]);
    expect(travel.position).toBe(`4 of ${KEPT_TICKS + 3}, the oldest kept`);
  });

  it('is nowhere before the first tick', () => {
    const travel = travelled(0);
    travel.back();
    travel.forward();
    expect([travel.current, travel.isBack]).toEqual([undefined, false]);
  });
});
