import { plan } from '../../../src/autoscaler/planning/planner';
import type { Instance, Node, Snapshot } from '../../../src/autoscaler/snapshot';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { base, config, instance, MINUTE, movedTo, nodeOf, pod, removing, T0, times } from '../builders';
import { chosen, idle, podsOf, verdictOf, withPolicy, workers } from '../idle';
import { run } from '../ports';

/**
 * Which worker goes first, and how many. The numbers are those of the list of scenarios by which autoscalers are
 * compared.
 */

const HOUR = 60 * MINUTE;
const [a, b, c] = workers('a', 'b', 'c') as [Instance, Instance, Instance];

/** In a zone, and launched that many minutes before the others. */
const placed = (id: string, zone: string, older = 0): Instance =>
  instance(id, { zone: `us-east-1${zone}`, launchedAt: T0 - 60 * MINUTE - older * MINUTE });

/** Zones of the workers that are left after each removal, until none is left to go. */
function emptied(all: Instance[], settings: RuntimeConfig = config): string[] {
  const seen: string[] = [];
  for (let left = all; left.length > 0; ) {
    const [gone] = chosen(idle({ instances: left }), settings);
    left = left.filter(({ id }) => id !== gone);
    seen.push(left.map(({ zone }) => zone.at(-1)).join(''));
  }
  return seen;
}

describe('of several workers that nobody needs', () => {
  it('[74] the last of its zone goes last, though it is the oldest', () => {
    const all = [placed('i-01d', 'a', 30), placed('i-b1', 'b'), placed('i-b2', 'b')];
    expect(chosen(idle({ instances: all }))).toEqual(['i-b1']);
    // THEN not even pods to move change that
    const pods = [...podsOf(all[1] as Instance, 2), ...podsOf(all[2] as Instance, 3)];
    expect(chosen(idle({ instances: all, pods }))).toEqual(['i-b1']);
  });

  it('[74] the zones stay balanced all the way down', () => {
    const all = [...times(4, (i) => placed(`i-a${i}`, 'a')), ...times(2, (i) => placed(`i-b${i}`, 'b', 30))];
    expect(emptied(all)).toEqual(['aaabb', 'aabb', 'aab', 'ab', 'a', '']);
  });

  it('[74] no zone falls behind because there are fewer pods to move in it', () => {
    const all = [
      placed('i-a1', 'a'),
      placed('i-a2', 'a'),
      placed('i-a3', 'a'),
      placed('i-b1', 'b'),
      placed('i-b2', 'b'),
    ];
    const pods = all.slice(0, 3).flatMap((of) => podsOf(of, 2));
    expect(chosen(idle({ instances: all, pods }))).toEqual(['i-a1']);
    expect(verdictOf(all[0] as Instance, idle({ instances: all, pods }))?.text).toContain(
      'unbalance the zones the least',
    );
    // THEN between zones that are even it is the pods that decide
    expect(chosen(idle({ instances: all.slice(1), pods: pods.slice(2) }))).toEqual(['i-b1']);
  });

  it('[74] where zones are far apart already, one that does not part them farther goes first', () => {
    const all = [...times(5, (i) => placed(`i-a${i}`, 'a')), ...times(2, (i) => placed(`i-b${i}`, 'b'))];
    const pods = all.slice(0, 5).flatMap((of, i) => podsOf(of, i === 4 ? 1 : 2));
    expect(chosen(idle({ instances: all, pods }))).toEqual(['i-a4']);
  });

  it('[74] a zone is judged by the workers of the same pool', () => {
    // GIVEN another pool has a worker in the zone of the last one
    const other = instance('i-07e', { pool: 'other' });
    const all = [placed('i-1a57', 'a', 30), placed('i-b1', 'b'), placed('i-b2', 'b'), other];
    const annotations = { 'karpenter.sh/do-not-disrupt': 'true' };
    const nodes = [nodeOf(base), ...all.map((of) => nodeOf(of, of === other ? { annotations } : {}))];
    expect(chosen(idle({ instances: all, nodes }))).toEqual(['i-b1']);
  });

  it('the one with the fewest pods to move goes first; those that end with the node are not counted', () => {
    const daemons = times(3, () => ({ owner: { kind: 'DaemonSet', name: 'agent', uid: 'ds' } }));
    const pods = [
      ...podsOf(a, 2),
      ...podsOf(b, 1),
      ...daemons.map((over) => pod({ nodeName: nodeOf(b).name, ...over })),
      ...podsOf(c, 3),
    ];
    expect(chosen(idle({ instances: [a, b, c], pods }))).toEqual([b.id]);
  });

  it('of equals the oldest goes first, and then by name', () => {
    const all = [placed('i-f', 'a'), placed('i-01d', 'a', 1), placed('i-e', 'a')];
    expect(chosen(idle({ instances: all }))).toEqual(['i-01d']);
    expect(chosen(idle({ instances: all.filter(({ id }) => id !== 'i-01d') }))).toEqual(['i-e']);
  });

  it('the oldest goes whatever its zone and its pods, where that is asked for', () => {
    const all = [placed('i-01d', 'a', 30), placed('i-b1', 'b'), placed('i-b2', 'b')];
    const pods = podsOf(all[0] as Instance, 3);
    expect(chosen(idle({ instances: all, pods }), withPolicy({ removalOrder: 'oldest' }))).toEqual(['i-01d']);
  });
});

describe('a removal beyond what is allowed does not begin, and the reason says which', () => {
  const says = (snapshot: Snapshot, settings: RuntimeConfig, code: string, text: string) => {
    expect(chosen(snapshot, settings)).toEqual([]);
    expect(verdictOf(a, snapshot, settings)).toMatchObject({ code, text: expect.stringContaining(text) });
  };

  it('[72] at the same time', () => {
    const operations = [removing({ node: nodeOf(b), instance: b.id })];
    says(idle({ instances: [a, b], state: { operations } }), config, 'node-one-at-a-time', 'Going on: 1 of 1.');
  });

  it('[72] within an hour', () => {
    const hourly = withPolicy({ removalsPerHour: 2, removalsAtOnce: 9 });
    const begun = (...minutes: number[]) =>
      idle({ instances: [a, b, c], state: { removalsBegun: minutes.map((m) => T0 - m * MINUTE) } });
    says(begun(59, 1), hourly, 'node-hourly-budget', 'Begun: 2 of 2.');
    // THEN an hour later there is room for one, and without a history for two
    expect(chosen(begun(60, 1), hourly)).toEqual([a.id]);
    expect(chosen(begun(), hourly)).toEqual([a.id, b.id]);
  });

  it('[72] within an hour, as it is remembered from tick to tick', () => {
    const hourly = withPolicy({ removalsPerHour: 1 });
    const first = plan(idle({ instances: [a, b] }), hourly).memory.removalsBegun;
    expect(first).toEqual([T0]);
    // THEN
    const at = (time: number) => movedTo(time, idle({ instances: [b], state: { removalsBegun: first } }));
    expect(verdictOf(b, at(T0 + HOUR - 1), hourly)?.code).toBe('node-hourly-budget');
    expect(plan(at(T0 + HOUR - 1), hourly).memory.removalsBegun).toEqual([T0]);
    expect(chosen(at(T0 + HOUR), hourly)).toEqual([b.id]);
    expect(plan(at(T0 + HOUR), hourly).memory.removalsBegun).toEqual([T0 + HOUR]);
  });

  it('[72] while a window of the calendar allows none', () => {
    const none = { cpuMilli: 0, memoryBytes: 0, pods: 0 };
    const window = { name: 'sale', start: '0 0 * * *', timeZone: 'UTC', durationMs: HOUR, min: {}, headroom: none };
    const settings = withPolicy({ calendar: [{ ...window, removalsAtOnce: 0 }] });
    says(idle({ instances: [a] }), settings, 'node-one-at-a-time', 'Going on: 0 of 0.');
  });

  it('[72] by a disruption budget', () => {
    const selector = [{ key: 'app', operator: 'In' as const, values: ['web'] }];
    const budgets = [{ namespace: 'default', name: 'web-budget', selector, disruptionsAllowed: 0 }];
    const snapshot = idle({ instances: [a], pods: podsOf(a, 1), view: { budgets } });
    says(snapshot, config, 'node-budget-blocks', 'default/web-budget');
  });
});

describe('a large cluster that idles', () => {
  it('has one go, and every other worker hears why it stays and keeps its time', () => {
    // GIVEN five hundred workers that nobody needs
    const all = times(500, (i) => placed(`i-${String(i).padStart(3, '0')}`, i % 2 === 0 ? 'a' : 'b'));
    const snapshot = idle({ instances: all });
    const large = withPolicy({}, { limits: { maxNodes: 600 } });
    // WHEN
    const { nodes, memory } = plan(snapshot, large);
    // THEN
    const codes = all.map((of) => nodes[nodeOf(of).name]?.code);
    expect(codes.filter((code) => code === 'node-chosen')).toHaveLength(1);
    expect(codes.filter((code) => code === 'node-one-at-a-time')).toHaveLength(499);
    expect(Object.keys(memory.unneededSince)).toHaveLength(500);
  });
});

describe('a plan for which time is short', () => {
  const two = { config: withPolicy({ removalsAtOnce: 2 }) };
  const cordoned = (of: Instance, id: string): Node =>
    nodeOf(of, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': `${id}@7` } });

  it('[77] is carried out in part, and what was not begun has changed nothing', async () => {
    // GIVEN two workers are chosen, and time ends with the first call to the cluster
    const calls: string[] = [];
    const remaining = () => (calls.some((call) => call.startsWith('cordon')) ? 1000 : MINUTE);
    const snapshot = idle({ instances: [a, b], pods: [...podsOf(a, 1), ...podsOf(b, 1)] });
    const { state } = await run(snapshot, { ...two, calls, remaining });
    // THEN
    expect(calls.filter((call) => !['save', 'release'].includes(call))).toHaveLength(1);
    expect(state.operations.map(({ phase }) => phase)).toEqual(['cordoned', 'chosen']);
    // THEN the next tick does the rest
    const [first] = state.operations;
    const nodes = [nodeOf(base), cordoned(a, first?.id ?? ''), nodeOf(b)];
    const next = await run({ ...idle({ instances: [a, b], nodes, pods: podsOf(a, 1) }), state }, two);
    expect(next.calls.filter((call) => /^(cordon|evict)/.test(call)).map((call) => call.split(' ')[0])).toEqual([
      'cordon',
      'evict',
    ]);
  });

  it('[77] is a whole one all the same: what is chosen of many workers is judged together', () => {
    // GIVEN forty workers with two pods each, and room for nine pods elsewhere if all of them went at once
    const all = times(40, (i) => instance(`i-${String(i).padStart(2, '0')}`));
    const pods = all.flatMap((of) => podsOf(of, 2));
    const gone = chosen(
      idle({ instances: all, pods }),
      withPolicy({ removalsAtOnce: 40 }, { limits: { maxNodes: 50 } }),
    );
    // THEN all pods fit the workers that stay and the base worker, eight to each
    expect(gone.length).toBeGreaterThan(20);
    expect(pods.length).toBeLessThanOrEqual(8 * (all.length - gone.length + 1));
  });
});
