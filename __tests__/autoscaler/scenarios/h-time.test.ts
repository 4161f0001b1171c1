import { TAG } from '../../../src/autoscaler/names';
import { dollarsPerHour } from '../../../src/cost/compute-prices';
import type { Face } from '../../../src/proof/face/face';
import { halves } from '../../../src/proof/workload';
import type { Life } from '../../../src/world/report/fleet';
import { costOf, staticCostOf } from '../../../src/world/report/prices';
import { START } from '../../../src/world/scenario/types';
import { MINUTE } from '../builders';
import { launched, live } from '../hours';

/**
 * What becomes of the fleet in time. The numbers are those of the list of scenarios by which autoscalers are compared;
 * [73] and [116] stand in h-rotation.
 */

const SECOND = 1000;
const HOUR = 60 * MINUTE;

const pods = (minute: number, replicas: number): [number, (face: Face) => void] => [
  minute,
  ({ world }) => world.workload(halves(replicas)),
];
/** Minutes at which the world told something, to a tenth. */
const when = ({ world }: Face, kind: string): number[] =>
  world.events.filter((event) => event.kind === kind).map(({ at }) => Math.round((at - START) / 6000) / 10);
const living = ({ world }: Face): number =>
  world.ec2
    .all()
    .filter(({ tags, state }) => tags[TAG.role] === 'worker' && (state === 'pending' || state === 'running')).length;

describe('a clock that is stepped through twenty ticks', () => {
  it('[113] gives the series of workers that the load asks for', async () => {
    // GIVEN eleven pods of half a core, four to a worker of two cores, and later two
    const { series } = await live({ ticks: 20, steps: [pods(1, 11), pods(13, 2)] });
    // THEN two workers come with the first tick; one goes when it was unneeded for ten minutes, the other ten after it
    expect(series).toEqual([1, ...Array(11).fill(3), ...Array(6).fill(2), 1, 1]);
  });

  it('[113] gives the same series each time', async () => {
    const run = () => live({ ticks: 20, steps: [pods(1, 11), pods(9, 30), pods(21, 2)] });
    const [first, second] = [await run(), await run()];
    expect(first.series).toEqual(second.series);
    expect(first.face.world.events).toEqual(second.face.world.events);
  });

  it('[113] keeps to the limit, however much is asked for', async () => {
    const { series } = await live({ ticks: 20, config: { limits: { maxNodes: 4 } }, steps: [pods(1, 200)] });
    expect(Math.max(...series)).toBe(4);
  });
});

describe('a node that takes its time to join', () => {
  it.each([
    ['at once', 0, 2.3],
    ['after five minutes', 300, 7.3],
  ])('[114] %s is launched once, and nothing else meanwhile', async (_, seconds, readyAt) => {
    const { face } = await live({ ticks: 10, timings: { bootMs: seconds * SECOND }, steps: [pods(1, 6)] });
    expect(launched(face)).toHaveLength(1);
    expect(when(face, 'node-ready')).toEqual([readyAt]);
    expect(face.world.counts().pods).toEqual({ running: 6, pending: 0, unschedulable: 0 });
    expect(face.state.operations).toEqual([]);
  });

  it('[114] and is taken by EC2 before it joined is replaced with the next tick', async () => {
    const taken = ({ world }: Face) => world.nodeFault({ kind: 'spot-interruption', atMs: 0, target: 'oldest' });
    const { face } = await live({ ticks: 10, timings: { bootMs: 300 * SECOND }, steps: [pods(1, 6), [5, taken]] });
    // THEN EC2 ends it two minutes after its warning, and the next boots for five minutes
    expect(when(face, 'instance-launched')).toEqual([2, 8]);
    expect(when(face, 'node-ready')).toEqual([13.3]);
    expect(face.world.counts().pods.running).toBe(6);
  });

  it('[114] longer than the deadline that is set instead is ended and tried again, one at a time', async () => {
    // GIVEN a boot of five minutes and a deadline of three
    const alive: number[] = [];
    const { face } = await live({
      ticks: 20,
      timings: { bootMs: 300 * SECOND },
      config: { policy: { joinDeadline: '3m' } },
      steps: [
        pods(1, 6),
        ...[9, 19, 29, 39].map((minute) => [minute, (then: Face) => alive.push(living(then))] as const),
      ],
    });
    expect(alive).toEqual([1, 1, 1, 1]);
    expect(when(face, 'instance-launched').slice(0, 3)).toEqual([2, 6, 10]);
    expect(when(face, 'node-ready')).toEqual([]);
    expect(face.state.joinFailures.burst).toBeGreaterThanOrEqual(3);
  });
});

describe('something that taints every new node', () => {
  const evil = { spec: { taints: [{ key: 'chaos', value: 'yes', effect: 'NoExecute' }] } };
  const tainting =
    (kind: string, delay: number) =>
    ({ world }: Face) =>
      world.onEvent((event) => {
        if (event.kind !== kind || !('node' in event)) return;
        world.clock.schedule(event.at + delay, () => {
          const { node } = event;
          const isThere = world.kubernetes.list('nodes').items.some(({ metadata }) => metadata.name === node);
          if (isThere) world.kubernetes.patch('nodes', node as string, evil, 'application/merge-patch+json');
        });
      });

  it.each([
    ['before it is Ready', 'node-joined', SECOND],
    ['as soon as it is Ready', 'node-ready', SECOND],
    ['once it has served for two minutes', 'node-ready', 2 * MINUTE],
  ])('[78] %s makes nobody buy without end', async (_, kind, delay) => {
    // GIVEN pods for two workers
    const { face, series } = await live({ ticks: 60, steps: [[0, tainting(kind, delay)], pods(1, 12)] });
    const within = (ms: number) => when(face, 'instance-launched').filter((minute) => minute * MINUTE <= ms).length;
    // THEN two in the first five minutes, and in two hours far fewer than the 35 that are called a runaway
    expect(within(6 * MINUTE)).toBeLessThanOrEqual(4);
    expect(within(2 * HOUR)).toBeLessThan(20);
    expect(Math.max(...series)).toBeLessThanOrEqual(10);
  });
});

describe('the cost of a run', () => {
  const hourly = (type: string, market: 'on-demand' | 'spot' = 'on-demand') => dollarsPerHour(type, market) as number;
  const life = (from: number, to?: number, over: Partial<Life> = {}): Life => ({
    id: 'i-1',
    type: 't3.medium',
    market: 'on-demand',
    role: 'worker',
    from,
    ...(to === undefined ? {} : { to }),
    ...over,
  });

  it.each([
    ['a minute for less than one', 1 * SECOND, 60],
    ['a minute for a minute', 60 * SECOND, 60],
    ['61 seconds for 61, not an hour', 61 * SECOND, 61],
    ['a second that has begun', 1800 * SECOND + 1, 1801],
    ['half an hour for half an hour', HOUR / 2, 1800],
    ['an hour and a second for that, not two hours', HOUR + SECOND, 3601],
  ])('[115] is by the second: %s', (_, ms, seconds) => {
    const cost = costOf([life(0, ms)], 0, 4 * HOUR) as number;
    expect(cost / hourly('t3.medium')).toBeCloseTo(seconds / 3600, 9);
  });

  it('[115] ends with the run, and begins with it', () => {
    expect(costOf([life(-HOUR)], 0, HOUR / 2)).toBeCloseTo(hourly('t3.medium') / 2, 9);
    expect(costOf([life(-HOUR, -HOUR / 2)], 0, HOUR)).toBe(0);
    expect(staticCostOf([life(-HOUR)], 0, HOUR / 2)).toBeCloseTo(hourly('t3.medium') / 2, 9);
  });

  it('[115] changes in mid-hour by the right sum where the price does', () => {
    // GIVEN a worker on demand for 20 minutes, on spot for 25, and one of another type for the last 15
    const workers = [
      life(0, 20 * MINUTE),
      life(20 * MINUTE, 45 * MINUTE, { market: 'spot' }),
      life(45 * MINUTE, HOUR, { type: 'm5.large' }),
    ];
    const sum = (20 * hourly('t3.medium') + 25 * hourly('t3.medium', 'spot') + 15 * hourly('m5.large')) / 60;
    expect(costOf(workers, 0, HOUR)).toBeCloseTo(sum, 9);
  });
});
