import type { Plan } from '../../../src/autoscaler/plan';
import { replanned, replannedLines, stretchLines } from '../../../src/dev/interactive/replanned';
import { statusText } from '../../../src/dev/interactive/status-text';
import { tickLines } from '../../../src/dev/interactive/tick-words';
import { hanging } from '../../../src/dev/text';
import type { PlayedTick } from '../../../src/world/play';
import { START } from '../../../src/world/scenario/types';

const AT = START + 4 * 60_000;
const verdict = (code: string) => ({ code, text: `${code} it is.` });
const many = (count: number, name: string, code: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}-${i}`, verdict(code)]));

const tick = (plan: object, more: object = {}): PlayedTick =>
  ({
    at: AT,
    result: {
      id: 'tick-0002',
      outcome: 'done',
      value: { trigger: 'schedule', decision: verdict('pending-pods'), plan, ...more },
    },
  }) as unknown as PlayedTick;

describe('a tick that is looked at again', () => {
  it('tells everything that it said and did', () => {
    const plan = {
      hold: verdict('cool-down'),
      pools: many(1, 'burst', 'pool-grows'),
      nodes: {},
      pods: many(1, 'web', 'pod-gets-node'),
    };
    const operations = [{ id: 'launch-7', kind: 'launch', phase: 'launched', reason: 'pending-pods' }];
    expect(tickLines(tick(plan, { actions: ['launched i-1'], operations }), '2 of 9')).toEqual([
      '00:04:00 tick 2 of 9 (schedule)',
      '  decision: pending-pods: pending-pods it is.',
      '  removals are held: cool-down: cool-down it is.',
      '  did:',
      '    launched i-1',
      '  operations:',
      '    launch launch-7: launched, pending-pods',
      '  pools:',
      '    burst-0: pool-grows: pool-grows it is.',
      '  pending pods:',
      '    web-0: pod-gets-node: pod-gets-node it is.',
    ]);
  });

  it('tells many alike by their number and an example', () => {
    const pods = { ...many(50, 'web', 'pod-gets-node'), 'big-0': verdict('pod-too-large') };
    expect(tickLines(tick({ hold: null, pools: {}, nodes: {}, pods }), '2 of 9').slice(-2)).toEqual([
      '    50 × pod-gets-node, such as web-0: pod-gets-node it is.',
      '    pod-too-large: big-0: pod-too-large it is.',
    ]);
  });

  it('that failed has its error for a reason', () => {
    const failed = { at: AT, result: { outcome: 'failed', error: { name: 'Error', message: 'no' } } };
    expect(tickLines(failed as unknown as PlayedTick, '1 of 1')).toEqual([
      '00:04:00 tick 1 of 1 (schedule)',
      '  decision: failed: the invocation failed: Error: no',
    ]);
  });
});

describe('what other code would decide', () => {
  const tickPlan = { decision: verdict('pending-pods'), hold: null, pools: {}, nodes: {}, pods: {} };
  const difference = (what: string) => ({ what, recorded: 'a', now: null });

  it('is told difference by difference, and the rest by number', () => {
    const differences = Array.from({ length: 8 }, (_, i) => difference(`nodes n-${i}`));
    const lines = replannedLines({ at: AT, differences });
    expect(lines.slice(0, 4)).toEqual([
      '00:04:00 planned again: 8 differences',
      '  nodes n-0',
      '    then: a',
      '    now:  (nothing)',
    ]);
    expect(lines.at(-1)).toBe('  and 2 others');
    expect(replannedLines({ at: AT, differences: [] })).toEqual(['00:04:00 planned again: the same decision']);
  });

  it('of a launch is told in words that stand on 80 columns, however many pods it is for', () => {
    const launch = (count: number, pods: number) => ({
      ...{ kind: 'launch', pool: 'burst', reason: 'pending-pods', types: ['t3a.medium'], zones: ['us-east-1a'] },
      ...{ count, pods: Array.from({ length: pods }, (_, i) => `0f4e2c1a-uid-of-pod-${i}`) },
    });
    const planned = { ...tickPlan, intents: [launch(3, 24)] } as unknown as Plan;
    const now = { ...planned, intents: [launch(2, 16)] } as unknown as Plan;
    const lines = replannedLines(replanned(AT, planned, now)).map((line) => hanging(line, 79));
    expect(lines).toEqual([
      '00:04:00 planned again: 1 difference',
      '  intents',
      '    then: launch 3 × burst t3a.medium in us-east-1a for 24 pods (pending-pods)',
      '    now:  launch 2 × burst t3a.medium in us-east-1a for 16 pods (pending-pods)',
    ]);
  });

  it('over an hour is told tick by tick where it is otherwise', () => {
    expect(
      stretchLines([
        { at: AT, differences: [] },
        { at: AT + 60_000, differences: [difference('decision'), difference('intents')] },
      ]),
    ).toEqual([
      'the last hour, planned again: 2 recorded plans, 1 of them otherwise',
      '  00:05:00 decision and 1 other',
      '    then: a',
      '    now:  (nothing)',
    ]);
    expect(stretchLines([])).toEqual(['nothing was recorded in the last hour']);
  });
});

describe('the status line', () => {
  const nodes = { ready: 2, notReady: 0, joining: 1, cordoned: 0, terminating: 0 };
  const shown = {
    at: AT,
    counts: { nodes, pods: { running: 3, pending: 4, unschedulable: 4 } },
    last: tick({ facts: { cpu: 34.4 } }),
    pacer: { isPaused: false, speed: 60 },
    travel: { isBack: false, position: '3 of 3' },
  };

  it('says what is true now', () => {
    expect(statusText(shown, 79)).toBe('00:04:00 60× │ 2 ready, 1 joining │ 4 pending │ CPU 34 % │ ? help │ q quit');
  });

  it('says that time stands still, and which tick is looked at', () => {
    const back = { ...shown, pacer: { isPaused: true, speed: 60 }, travel: { isBack: true, position: '1 of 3' } };
    const nodesAndPods = '2 ready, 1 joining │ 4 pending';
    expect(statusText(back, 119)).toBe(
      `00:04:00 paused │ ${nodesAndPods} │ CPU 34 % │ at tick 1 of 3 │ ? help │ q quit`,
    );
    expect(statusText(back, 79)).toBe('00:04:00 paused │ 2 ready │ 4 pending │ at tick 1 of 3 │ ? help │ q quit');
  });

  it('on 80 columns keeps time, tick, help and quit in its longest form', () => {
    const longest = {
      ...shown,
      counts: {
        nodes: { ready: 100, notReady: 100, joining: 100, cordoned: 100, terminating: 100 },
        pods: { running: 9999, pending: 9999, unschedulable: 9999 },
      },
      pacer: { isPaused: true, speed: 3840 },
      travel: { isBack: true, position: '100001 of 101440, the oldest kept' },
    };
    expect(statusText(longest, 79)).toBe('00:04:00 paused │ at tick 100001 of 101440 │ ? help │ q quit');
  });

  it('says that the world starts', () => {
    expect(statusText({ ...shown, at: undefined }, 79)).toBe('starting …');
  });
});

it('a long line hangs by two columns', () => {
  expect(hanging('  one two three four', 12)).toBe('  one two\n    three\n    four');
  expect(hanging('short', 12)).toBe('short');
});
