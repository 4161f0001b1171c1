import { dollarsPerHour } from '../../../src/cost/compute-prices';
import type { InstanceRecord, KubeObject, WorldEvent } from '../../../src/world/contract';
import { baseAt, type Life, livesOf, peakOf, terminationsOf } from '../../../src/world/report/fleet';
import { directionChanges, doubleLaunches, orphans } from '../../../src/world/report/launches';
import {
  nearestRank,
  pendingPodSeconds,
  podsMadePending,
  timeToSchedule,
  waitsOf,
} from '../../../src/world/report/pods';
import { costOf, staticCostOf } from '../../../src/world/report/prices';

const HOUR = 3_600_000;
const CLUSTER = 'k3s-local';

const life = (id: string, from: number, to?: number, more: Partial<Life> = {}): Life => ({
  id,
  type: 't3.medium',
  market: 'on-demand',
  role: 'worker',
  from,
  ...(to === undefined ? {} : { to }),
  ...more,
});
const base = (id: string): Life => life(id, 0, undefined, { role: 'base' });

const instance = (id: string, more: Partial<InstanceRecord> = {}): InstanceRecord => ({
  id,
  state: 'running',
  type: 't3.medium',
  zone: 'us-east-1a',
  subnetId: 'subnet-1',
  privateIp: '10.0.1.4',
  market: 'on-demand',
  launchedAt: 0,
  tags: { 'k3s-autoscaler:cluster': CLUSTER, 'k3s-autoscaler:role': 'worker' },
  ...more,
});

const nodeOf = (id: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `worker-${id}`, uid: id, resourceVersion: '1', creationTimestamp: '' },
  spec: { providerID: `aws:///us-east-1a/${id}` },
});

describe('livesOf', () => {
  it('takes our instances only, and ends them where billing ends: at the first state after running', () => {
    // GIVEN an instance that shut down at 60 s and was terminated at 90 s, and somebody else's
    const ours = instance('i-1', { state: 'terminated', endedAt: 90_000 });
    const foreign = instance('i-2', { tags: {} });
    const events: WorldEvent[] = [
      { at: 20_000, kind: 'instance-state', instance: 'i-1', state: 'running' },
      { at: 60_000, kind: 'instance-state', instance: 'i-1', state: 'shutting-down' },
      { at: 90_000, kind: 'instance-state', instance: 'i-1', state: 'terminated' },
    ];
    // THEN
    expect(livesOf([ours, foreign], events, CLUSTER)).toEqual([life('i-1', 0, 60_000)]);
  });
});

describe('peakOf', () => {
  it.each([
    ['nobody', [], 0],
    ['one that stays', [base('b')], 1],
    ['two that never meet', [life('a', 0, 10), life('b', 10, 20)], 1],
    ['three of which two meet', [life('a', 0, 10), life('b', 5, 20), life('c', 10)], 2],
  ])('of %s', (_what, lives, count) => {
    expect(peakOf(lives)).toHaveLength(count);
  });
});

describe('baseAt', () => {
  it.each([
    ['counts base workers', [base('b')], 1],
    ['leaves out autoscaled ones', [base('b'), life('w', 1)], 1],
    ['leaves out those that have ended', [{ ...base('b'), to: 5 }, life('w', 1)], 0],
  ])('%s', (_what, lives, expected) => {
    expect(baseAt(lives, 10)).toHaveLength(expected);
  });
});

describe('terminationsOf', () => {
  it('counts what we ended, also within a spot notice, and not what EC2 took', () => {
    const warning = (at: number, id: string): WorldEvent => ({ at, kind: 'spot-warning', instance: id });
    const lives = [life('ours', 0, 50), life('taken', 0, 120_010), life('ours-in-time', 0, 60_000), life('lives', 0)];
    const ended = terminationsOf(lives, [warning(10, 'taken'), warning(10, 'ours-in-time')]);
    expect(ended.map(({ id }) => id)).toEqual(['ours', 'ours-in-time']);
  });
});

describe('doubleLaunches', () => {
  const of = (id: string, from: number, to?: number) => life(id, from, to, { operation: 'op' });
  const facts = { asked: new Map([['op', 1]]), needless: new Set<string>(), ticks: [0, 120, 240, 360, 480], end: 600 };

  it.each([
    ['one that its operation asked for', [of('a', 0)], [], []],
    ['a second one of its operation', [of('a', 0), of('b', 0)], [], ['b']],
    ['a second one that is gone within two ticks', [of('a', 0), of('b', 0, 200)], [], []],
    ['a second one that is gone at the second tick', [of('a', 0), of('b', 0, 240)], [], []],
    ['a replacement of one that has ended', [of('a', 0, 100), of('b', 110)], [], []],
    ['one that the scheduler had room without', [of('a', 0)], ['a'], ['a']],
    ['the same, gone in time', [of('a', 0, 121)], ['a'], []],
  ])('%s', (_what, autoscaled, needless, expected) => {
    const doubles = doubleLaunches({ ...facts, autoscaled, needless: new Set(needless) });
    expect(doubles.map(({ id }) => id)).toEqual(expected);
  });
});

describe('directionChanges', () => {
  it.each([
    ['nothing', [], [], 0],
    ['up only', [1, 2, 3], [], 0],
    ['up, then down', [1, 2], [5, 6], 1],
    ['up, down, up', [1, 9], [5], 2],
    ['up, down, up, down', [1, 9], [5, 12], 3],
  ])('%s', (_what, ups, downs, expected) => {
    const launches = ups.map((at) => life(`u${at}`, at));
    const removals = downs.map((at) => life(`d${at}`, 0, at));
    expect(directionChanges(launches, removals)).toBe(expected);
  });
});

describe('orphans', () => {
  const facts = { cluster: CLUSTER, joinDeadlineMs: 600_000, end: 1_000_000 };
  it.each([
    ['an instance with its node', [instance('i-0a')], [nodeOf('i-0a')], []],
    ['an instance with no node past the deadline', [instance('i-0a')], [], ['i-0a']],
    ['an instance with no node within the deadline', [instance('i-0a', { launchedAt: 500_000 })], [], []],
    ['an instance that ends', [instance('i-0a', { state: 'shutting-down' })], [], []],
    ['an instance of somebody else', [instance('i-0a', { tags: {} })], [], []],
    [
      'a node whose instance was terminated',
      [instance('i-0a', { state: 'terminated' })],
      [nodeOf('i-0a')],
      ['worker-i-0a'],
    ],
    ['a node whose instance is not known', [], [nodeOf('i-0a')], ['worker-i-0a']],
  ])('%s', (_what, instances, nodes, expected) => {
    expect(orphans({ ...facts, instances, nodes })).toEqual(expected);
  });
});

const pod = (
  at: number,
  kind: 'pod-created' | 'pod-unschedulable' | 'pod-bound' | 'pod-deleted',
  uid: string,
  replaces?: string,
): WorldEvent => ({
  at,
  kind,
  pod: `web-${uid}`,
  uid,
  ...(replaces === undefined ? {} : { replaces }),
});

describe('waiting for a node', () => {
  it('is from first unschedulable to bound, deleted, or the end', () => {
    // GIVEN a pod that is bound after 60 s, one deleted after 10 s, one that waits on, and one that never waited
    const events = [
      pod(0, 'pod-unschedulable', 'a'),
      pod(0, 'pod-unschedulable', 'b'),
      pod(0, 'pod-unschedulable', 'c'),
      pod(0, 'pod-bound', 'd'),
      pod(10_000, 'pod-deleted', 'b'),
      pod(60_000, 'pod-bound', 'a'),
      pod(90_000, 'pod-deleted', 'a'),
    ];
    const waits = waitsOf(events);
    // THEN
    expect(pendingPodSeconds(waits, 100_000)).toBe(60 + 10 + 100);
    expect(timeToSchedule(waits)).toEqual({ p50: 60, p95: 60, max: 60, never: 1 });
  });

  it('has no numbers where nobody waited', () => {
    expect(timeToSchedule([])).toEqual({ p50: null, p95: null, max: null, never: 0 });
  });

  it.each([
    [[], 50, null],
    [[7], 50, 7],
    [[1, 2, 3, 4], 50, 2],
    [[1, 2, 3, 4], 95, 4],
    [[4, 3, 2, 1], 100, 4],
    [Array.from({ length: 100 }, (_, i) => i + 1), 95, 95],
  ])('nearest rank of %j at %i %% is %j', (values, percent, expected) => {
    expect(nearestRank(values, percent)).toBe(expected);
  });
});

describe('podsMadePending', () => {
  const evicted: WorldEvent = { at: 1, kind: 'pod-evicted', pod: 'web-old', uid: 'old', node: 'worker-1' };
  it.each([
    [
      'a replacement that found a place at once',
      [evicted, pod(2, 'pod-created', 'new', 'old'), pod(2, 'pod-bound', 'new')],
      0,
    ],
    [
      'a replacement that was unschedulable',
      [evicted, pod(2, 'pod-created', 'new', 'old'), pod(2, 'pod-unschedulable', 'new')],
      1,
    ],
    [
      'the same pod told twice',
      [
        evicted,
        pod(2, 'pod-created', 'new', 'old'),
        pod(2, 'pod-unschedulable', 'new'),
        pod(3, 'pod-unschedulable', 'new'),
      ],
      1,
    ],
    ['a pod that replaces nobody', [evicted, pod(2, 'pod-created', 'new'), pod(2, 'pod-unschedulable', 'new')], 0],
    [
      'a replacement of a pod lost with its node',
      [pod(2, 'pod-created', 'new', 'lost'), pod(2, 'pod-unschedulable', 'new')],
      0,
    ],
  ])('%s', (_what, events, expected) => {
    expect(podsMadePending(events)).toBe(expected);
  });
});

describe('costs', () => {
  it.each([
    ['t3.medium', 'on-demand', 0.0416],
    ['t3a.xlarge', 'on-demand', 0.1504],
    ['t4g.nano', 'on-demand', 0.0042],
    ['m5.4xlarge', 'on-demand', 0.768],
    ['c5.9xlarge', 'on-demand', 1.53],
    ['m6g.medium', 'on-demand', 0.0385],
  ] as const)('of a %s %s are its list price, 20 GB and an address', (type, market, price) => {
    expect(dollarsPerHour(type, market)).toBeCloseTo(price + 1.6 / 730 + 0.005, 6);
  });

  it('are for the time that each worker lived, and static for the peak all the time', () => {
    const hourly = dollarsPerHour('t3.medium', 'on-demand') ?? 0;
    const workers = [base('b'), life('w', HOUR, 2 * HOUR)];
    expect(costOf(workers, 0, 4 * HOUR)).toBeCloseTo(5 * hourly, 9);
    expect(staticCostOf(peakOf(workers), 0, 4 * HOUR)).toBeCloseTo(8 * hourly, 9);
  });

  it('are null where a type has no price', () => {
    expect(costOf([life('w', 0, undefined, { type: 'x99.huge' })], 0, HOUR)).toBeNull();
    expect(dollarsPerHour('t3.huge', 'spot')).toBeUndefined();
  });
});
