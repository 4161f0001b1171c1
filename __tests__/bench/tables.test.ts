import { readFileSync } from 'node:fs';
import path from 'node:path';
import { growthOf } from '../../bench/growth';
import { withTables } from '../../bench/page';
import { type Result, type Scored, spreadOf } from '../../bench/result';
import { goalsOf, tables } from '../../bench/tables';

const scored = (ms: number, over: Partial<Scored> = {}): Scored => ({
  planner: 'a planner',
  ms: spreadOf([ms]),
  cpuMs: ms,
  maxRssMiB: 50,
  price: spreadOf([1]),
  newNodes: 3,
  podsOnExisting: 0,
  unscheduled: 0,
  violations: 0,
  roundsViolated: 0,
  rules: {},
  examples: [],
  ...over,
});

const result = (pods: number, nodes: number, ours: Scored, karpenter?: Scored): Result => ({
  name: `p${pods}-t400-n${nodes}`,
  what: 'mix',
  pods,
  types: 400,
  nodes,
  lowerBound: 0.5,
  ours,
  ...(karpenter && { karpenter, faster: spreadOf([karpenter.ms.min / ours.ms.min]) }),
});

const kept = (results: Result[]) => goalsOf(results).map((goal) => goal.kept);

describe('goals', () => {
  it('are kept where ours is fast, no dearer and without violation', () => {
    expect(kept([result(5000, 500, scored(200), scored(4000))])).toEqual([true, true, true, true, true]);
  });

  it.each<[string, Scored, boolean[]]>([
    ['slow', scored(251), [false, false, true, true, true]],
    ['less than 20 times as fast', scored(201), [true, false, true, true, true]],
    ['dearer', scored(100, { price: spreadOf([1.001]) }), [true, true, false, true, true]],
    ['leaving pods over', scored(100, { unscheduled: 1 }), [true, true, true, false, true]],
    ['wrong', scored(100, { violations: 1 }), [true, true, true, true, false]],
  ])('are missed by a plan that is %s', (_what, ours, expected) => {
    expect(kept([result(5000, 500, ours, scored(4000))])).toEqual(expected);
  });

  it('without Karpenter are those that ours can be held to alone', () => {
    expect(kept([result(5000, 500, scored(200))])).toEqual([true, true, true]);
  });
});

it('growth is the slope of the logarithms', () => {
  const results = [result(1000, 0, scored(10), scored(100)), result(2000, 0, scored(20), scored(400))];
  const [, second] = growthOf(results);
  expect(second?.ours.slope).toBeCloseTo(1);
  expect(second?.karpenter?.slope).toBeCloseTo(2);
});

it('a spread has the middle of its values', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ min: 1, median: 2.5, max: 4 });
});

it('the page takes the tables between its lines, and only there', () => {
  const page = readFileSync(path.resolve(__dirname, '../../docs/benchmarks.md'), 'utf8');
  const text = tables({ results: [result(500, 0, scored(1))], rounds: 3, missing: 'no Go' });
  const written = withTables(page, text);
  expect(written.split('<!--')[0]).toBe(page.split('<!--')[0]);
  expect(written).toContain('**Karpenter was left out**: no Go');
  expect(withTables(written, text)).toBe(written);
  expect(() => withTables('# Benchmarks\n', text)).toThrow(/put them back/);
});
