import { Travel } from '../../../src/dev/interactive/travel';
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

  it('is nowhere before the first tick', () => {
    const travel = travelled(0);
    travel.back();
    travel.forward();
    expect([travel.current, travel.isBack]).toEqual([undefined, false]);
  });
});
