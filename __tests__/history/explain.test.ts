import type { Tick } from '../../src/adapters/dynamodb-history-item';
import type { LaunchIntent, Plan, Verdict } from '../../src/autoscaler/plan';
import { plan } from '../../src/autoscaler/planning/planner';
import type { ReasonCode } from '../../src/autoscaler/planning/reasons';
import { verdict } from '../../src/autoscaler/planning/verdict';
import type { Recording } from '../../src/autoscaler/telling/recording';
import { compare, differenceLines } from '../../src/history/compare';
import { explain } from '../../src/history/explain';
import { lookUp, nearest, type Source } from '../../src/history/look-up';
import { inWords } from '../../src/history/words';
import { config, instance, MINUTE, scene, T0 } from '../autoscaler/builders';

const NODE = 'worker-i-a';
const tick = (minute: number, over: Partial<Tick> = {}): Tick => ({
  key: `${minute}`,
  at: T0 + minute * MINUTE,
  epoch: minute,
  trigger: 'schedule',
  decision: { code: 'steady', text: 'Nothing.' },
  operations: [],
  actions: [],
  plan: 'same',
  parts: 1,
  ...over,
});
const snapshot = scene({ instances: [instance('i-a')] });
const recordingOf = (code: ReasonCode): Recording => {
  const made = plan(snapshot, config);
  return { schema: 1, config, snapshot, plan: { ...made, nodes: { ...made.nodes, [NODE]: verdict(code) } } };
};
/** The newest first, as the table gives them; each with the verdict of the node. */
const found = async (ticks: [Tick, ReasonCode][], recordings = 20) => {
  const read: string[] = [];
  const source: Pick<Source, 'ticks' | 'recording'> = {
    async *ticks() {
      for (const [each] of ticks) yield each;
    },
    recording: async ({ key }) => {
      read.push(key);
      return recordingOf(ticks.find(([each]) => each.key === key)?.[1] ?? 'node-busy');
    },
  };
  const result = await lookUp(source, T0, recordings);
  if (!result) throw new Error('nothing was found');
  return { ...result, read };
};
const story = async (ticks: [Tick, ReasonCode][]) => explain(await found(ticks), { kind: 'node', name: NODE }).subject;

describe('looking up', () => {
  it('reads no more recordings than it was asked for, and only of ticks that have one', async () => {
    const { read, ticks } = await found(
      [
        [tick(9, { parts: 0 }), 'node-busy'],
        [tick(8), 'node-busy'],
        [tick(7), 'node-busy'],
        [tick(6), 'node-busy'],
      ],
      2,
    );
    expect(read).toEqual(['8', '7']);
    expect(ticks.map(({ epoch }) => epoch)).toEqual([9, 8, 7]);
  });
});

describe('the tick of a time', () => {
  /** Ticks of the 2nd and the 4th minute, stamped some milliseconds late. */
  const stamped = [tick(2, { at: T0 + 2 * MINUTE + 5 }), tick(4, { at: T0 + 4 * MINUTE + 5 })];
  const source: Source = {
    async *ticks(until) {
      for (const each of stamped.toReversed()) if (each.at <= Number(until)) yield each;
    },
    firstFrom: async (time) => stamped.find(({ at }) => at >= time),
    recording: async () => recordingOf('node-busy'),
  };
  const epochAt = async (ms: number) => (await nearest(source, T0 + ms))?.epoch;

  it('is the one that the minute began, though it was stamped later', async () => {
    expect(await epochAt(4 * MINUTE)).toBe(4);
    expect(await epochAt(4 * MINUTE + 5)).toBe(4);
  });

  it('is the nearest, and of two that are equally near the earlier', async () => {
    expect([await epochAt(3 * MINUTE + 4), await epochAt(3 * MINUTE + 5), await epochAt(3 * MINUTE + 6)]).toEqual([
      2, 2, 4,
    ]);
    expect([await epochAt(0), await epochAt(60 * MINUTE)]).toEqual([2, 4]);
  });

  it('is none where there are none', async () => {
    async function* none() {}
    expect(await nearest({ ...source, ticks: none, firstFrom: async () => undefined }, T0)).toBeUndefined();
  });
});

describe('the story of a node', () => {
  it('has one entry for as long as the verdict was the same, from when it began', async () => {
    const subject = await story([
      [tick(9), 'node-busy'],
      [tick(8), 'node-young'],
      [tick(7), 'node-young'],
      [tick(6), 'node-busy'],
    ]);
    expect(subject?.verdict?.code).toBe('node-busy');
    expect(subject?.before.map(({ since, verdict: was }) => [since.slice(14, 16), was?.code])).toEqual([
      ['07', 'node-young'],
      ['06', 'node-busy'],
    ]);
  });

  it('tells what was done with it by its name and by its instance, and not with another of a longer name', async () => {
    const actions = ['cordoned worker-i-a', 'cordoned worker-i-a2', 'terminate i-a: done', 'evict x/worker-i-a: gone'];
    const subject = await story([
      [tick(9, { actions: ['delete Node worker-i-a: done'] }), 'node-busy'],
      [tick(8, { actions, parts: 0 }), 'node-busy'],
      [tick(7), 'node-busy'],
    ]);
    expect(subject?.done).toEqual([
      { time: '2026-01-05T00:09:00.000Z', action: 'delete Node worker-i-a: done' },
      { time: '2026-01-05T00:08:00.000Z', action: 'cordoned worker-i-a' },
      { time: '2026-01-05T00:08:00.000Z', action: 'terminate i-a: done' },
    ]);
  });
});

describe('verdicts are told as what they are', () => {
  it('this tick’s own, where its plan was recorded by it', async () => {
    const explanation = explain(await found([[tick(9), 'node-busy']]));
    expect(explanation).toMatchObject({ current: true });
    expect(inWords('k3s-x', explanation).join('\n')).not.toMatch(/recorded|What follows/);
  });

  it('older ones, where this tick had another plan that nobody recorded', async () => {
    const explanation = explain(
      await found([
        [tick(9, { plan: 'other', parts: 0 }), 'node-busy'],
        [tick(8), 'node-busy'],
      ]),
    );
    expect(explanation.current).toBe(false);
    expect(inWords('k3s-x', explanation).join('\n')).toMatch(
      /What follows is of 2026-01-05T00:08:00\.000Z: this tick had another plan, or none/,
    );
  });

  it('none, where none was ever recorded', async () => {
    const explanation = explain(await found([[tick(9, { parts: 0 }), 'node-busy']]));
    expect(explanation).toMatchObject({ recorded: null, verdicts: null });
    expect(inWords('k3s-x', explanation).join('\n')).toMatch(/No plan was recorded/);
  });
});

describe('two plans are compared', () => {
  const made = plan(snapshot, config);
  const changed = (over: Partial<Plan>) => compare(made, { ...made, ...over });

  it('and the same plan differs in nothing, whatever the order of its keys', () => {
    const reversed = Object.fromEntries(Object.entries(made.facts).reverse()) as unknown as Plan['facts'];
    expect(changed({ facts: reversed })).toEqual([]);
  });

  it.each<[string, Partial<Plan>]>([
    ['decision', { decision: verdict('paused') }],
    ['hold', { hold: verdict('data-doubtful') }],
    ['intents', { intents: [{ kind: 'uncordon', operation: 'o', node: 'n' }] }],
    ['resume', { resume: ['launch-1'] }],
    ['cancel', { cancel: ['launch-1'] }],
    ['memory', { memory: { unneededSince: {}, nodeCount: 99, allocatable: {}, removalsBegun: [] } }],
    ['facts', { facts: { ...made.facts, demand: 99 } }],
  ])('in %s', (what, over) => {
    expect(changed(over).map((difference) => difference.what)).toEqual([what]);
  });

  describe('in their intents', () => {
    const launch = (over: Partial<LaunchIntent> = {}): LaunchIntent => ({
      kind: 'launch',
      pool: 'burst',
      count: 3,
      reason: 'pending-pods',
      pods: Array.from({ length: 24 }, (_, i) => `uid-of-a-pod-${i}`),
      types: ['t3a.medium'],
      zones: ['us-east-1a'],
      ...over,
    });
    const remove = (node: string) =>
      ({ kind: 'remove', node, instance: 'i-1', pool: 'burst', reason: 'cpu-low' }) as const;
    const told = (recorded: Plan['intents'], now: Plan['intents']) =>
      compare({ ...made, intents: recorded }, { ...made, intents: now }).flatMap((each) => differenceLines(each));

    it('tell each that changed in words, beside the one that took its place, and none that stayed', () => {
      const [before, after] = [launch(), launch({ count: 2, pods: ['a', 'b'] })];
      expect(told([remove('w-0'), before, remove('w-1')], [after, remove('w-0'), remove('w-2')])).toEqual([
        '  intents',
        '    then: launch 3 × burst t3a.medium in us-east-1a for 24 pods (pending-pods)',
        '    now:  launch 2 × burst t3a.medium in us-east-1a for 2 pods (pending-pods)',
        '  intents',
        '    then: remove w-1 (cpu-low)',
        '    now:  (nothing)',
        '  intents',
        '    then: (nothing)',
        '    now:  remove w-2 (cpu-low)',
      ]);
    });

    it('name what is another where the words are the same', () => {
      const other = launch({ pods: launch().pods.map((uid) => `another-${uid}`) });
      expect(told([launch()], [other]).at(-1)).toMatch(/for 24 pods \(pending-pods\), but other pods$/);
    });

    it('tell another order, and one of many types', () => {
      const first = launch({ pods: ['a'], types: ['t3.medium', 't3.large', 'm5.large'] });
      expect(told([first, remove('w')], [remove('w'), first])).toEqual([
        '  order of intents',
        '    then: launch 3 × burst t3.medium or 2 others in us-east-1a for 1 pod (pending-pods); remove w (cpu-low)',
        '    now:  remove w (cpu-low); launch 3 × burst t3.medium or 2 others in us-east-1a for 1 pod (pending-pods)',
      ]);
    });

    it('are data for programs', () => {
      const [difference] = compare({ ...made, intents: [launch()] }, { ...made, intents: [] });
      expect(difference).toEqual({ what: 'intents', recorded: launch(), now: null });
    });
  });

  it('in a verdict that changed, one that is new and one that is gone', () => {
    const { [NODE]: was, ...others } = made.nodes as Record<string, Verdict>;
    const now = { ...others, 'worker-i-b': verdict('node-young') };
    expect(changed({ nodes: now })).toEqual([
      { what: `nodes ${NODE}`, recorded: expect.stringContaining(was?.code ?? ''), now: null },
      { what: 'nodes worker-i-b', recorded: null, now: expect.stringMatching(/^node-young: /) },
    ]);
  });
});
