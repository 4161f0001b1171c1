import type { PictureNode } from '../../../src/dev/web/frame';
import { frameOf, headOf } from '../../../src/dev/web/frames';
import type { PlayedTick } from '../../../src/world/play';
import { parseScenario } from '../../../src/world/scenario/parse';
import { CONFIG } from '../../world/builders';
import { node } from './builders';

const said = (text: string) => ({ code: 'steady', text });

const PLAN = {
  hold: { code: 'cpu-unknown', text: 'The mean CPU is not known.' },
  facts: { demand: 2, pendingPods: 3, cpu: 41.5, workers: 2, joining: 0 },
  nodes: { a: said('of a node') },
  pods: { 'default/web': said('of a pod') },
  pools: { burst: said('of a pool') },
};

const tick = (value: unknown, more: Partial<PlayedTick> = {}): PlayedTick => ({
  at: 5000,
  result: { id: 'tick-0001', outcome: 'done', value, logs: [], startedAt: 5000, endedAt: 5100, wallMs: 1 },
  counts: {
    nodes: { ready: 2, notReady: 1, joining: 3, cordoned: 4, terminating: 5 },
    pods: { running: 7, pending: 9, unschedulable: 6 },
  },
  picture: { nodes: [], pending: [] },
  ...more,
});

describe('a frame', () => {
  it('has what the tick said and what the world counted', () => {
    const value = { trigger: 'schedule', decision: said('Nothing.'), plan: PLAN, actions: ['launched 2'] };
    expect(frameOf(tick(value), 4)).toEqual({
      index: 4,
      at: 5000,
      trigger: 'schedule',
      decision: said('Nothing.'),
      hold: PLAN.hold,
      actions: ['launched 2'],
      // As the terminal counts: pods that the scheduler has not found a node for.
      counts: { ready: 2, notReady: 1, joining: 3, cordoned: 4, terminating: 5, pending: 6, running: 7 },
      cpu: 41.5,
      usdPerHour: 0,
      nodes: PLAN.nodes,
      pods: PLAN.pods,
      pools: PLAN.pools,
      picture: { nodes: [], pending: [] },
    });
  });

  it('of an invocation that was killed judges nobody, and says how it ended', () => {
    const { result } = tick(undefined);
    const killed = tick(undefined, { result: { ...result, outcome: 'timeout' } });
    expect(frameOf(killed, 0)).toMatchObject({
      decision: { code: 'timeout', text: 'the invocation was killed at its deadline' },
      ...{ hold: null, cpu: null, nodes: {}, pods: {}, pools: {}, actions: [] },
    });
  });

  it.each<[string, PictureNode[], number | null]>([
    ['base and workers', [node('a', { role: 'base', usdPerHour: 0.1 }), node('b', { usdPerHour: 0.2 })], 0.1 + 0.2],
    ['no server', [node('s', { role: 'server', usdPerHour: 9 }), node('a', { usdPerHour: 0.1 })], 0.1],
    ['no strangers', [node('x', { role: 'foreign', usdPerHour: null })], 0],
    ['nothing where one has no price', [node('a'), node('b', { usdPerHour: null })], null],
  ])('costs what the workers cost: %s', (_what, nodes, cost) => {
    expect(frameOf(tick({}, { picture: { nodes, pending: [] } }), 0).usdPerHour).toBe(cost);
  });

  it('is refused for a tick without a picture', () => {
    const { picture: _, ...without } = tick({});
    expect(() => frameOf(without, 0)).toThrow('invocation tick-0001 has no picture; play with { pictures: true }');
  });
});

it('the head has the thresholds that the run is played with, and the seed that was taken', () => {
  const scenario = parseScenario('name: small\nduration: 4m\n', 'small.yaml');
  expect(headOf({ scenario, seed: 9, config: CONFIG }, { sha256: 'abc' })).toEqual({
    ...{ scenario: 'small', seed: 9, artifact: 'abc', cpu: { up: 70, down: 30 } },
    start: Date.parse('2026-01-05T00:00:00Z'),
  });
});
