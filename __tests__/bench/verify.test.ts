import type { BenchPlan, BenchPod, Input } from '../../bench/schema';
import type { Rule } from '../../bench/verifier/report';
import { countByRule, verify } from '../../bench/verify';
import { apart, HOST, input, node, plan, pod, spread, together, type, ZONE } from './plans';

const rules = (of: Input, made: BenchPlan) => countByRule(verify(of, made).violations);
const pods = (count: number, over: Partial<BenchPod> = {}) =>
  Array.from({ length: count }, (_, i) => pod(`p${i}`, over));

/** Four pods: anti-affinity a node, spread over zones and nodes, one with a selector; one on a node that is there. */
const GOOD: { input: Input; plan: BenchPlan } = {
  input: input(
    [
      pod('anti-0', apart(HOST)),
      pod('anti-1', apart(HOST)),
      pod('db-0', { labels: { app: 'db' }, ...spread(ZONE, { app: 'db' }) }),
      pod('db-1', { labels: { app: 'db' }, ...spread(ZONE, { app: 'db' }) }),
      pod('chosen', { labels: {}, nodeSelector: { disk: 'ssd' } }),
    ],
    {
      existingNodes: [
        {
          name: 'old',
          zone: 'zone-1',
          cpuMilli: 2000,
          memoryMi: 2048,
          pods: 3,
          labels: { disk: 'ssd' },
          running: [pod('runs', { labels: {} })],
        },
      ],
    },
  ),
  plan: plan([node('zone-1', ['anti-0', 'db-0']), node('zone-2', ['anti-1', 'db-1'])], {
    existing: [{ name: 'old', zones: ['zone-1'], pods: ['chosen'] }],
  }),
};

it('finds nothing in a plan that is right, and adds up its price', () => {
  expect(verify(GOOD.input, GOOD.plan)).toEqual({
    violations: [],
    price: 0.4,
    newNodes: 2,
    podsOnExisting: 1,
    unscheduled: 0,
  });
});

describe('a plan that one change makes wrong', () => {
  const mutations: [string, Rule, (made: BenchPlan, of: Input) => void][] = [
    ['a pod is forgotten', 'pod missing', (made) => made.newNodes[1]?.pods.pop()],
    ['a pod is on two nodes', 'pod twice', (made) => made.newNodes[1]?.pods.push('db-0')],
    ['a pod is placed and left over', 'pod twice', (made) => Object.assign(made.unscheduled, { 'db-0': 'no' })],
    ['a pod is invented', 'unknown pod', (made) => made.newNodes[0]?.pods.push('ghost')],
    ['a node is invented', 'unknown node', (made) => made.existing.push({ name: 'ghost', zones: [], pods: [] })],
    ['a type is invented', 'unknown type', (made) => Object.assign(made.newNodes[0] ?? {}, { instanceType: 'huge' })],
    ['a zone is invented', 'no zone', (made) => Object.assign(made.newNodes[0] ?? {}, { zones: ['zone-9'] })],
    ['pods need more CPU', 'cpu', (_, of) => Object.assign(of.pods[0] ?? {}, { cpuMilli: 3401 })],
    ['pods need more memory', 'memory', (_, of) => Object.assign(of.pods[0] ?? {}, { memoryMi: 7489 })],
    [
      'what is reserved is used',
      'cpu',
      (_, of) => Object.assign(of.instanceTypes[0] ?? {}, { reservedCpuMilli: 3001 }),
    ],
    ['the type takes fewer pods', 'pod count', (_, of) => Object.assign(of.instanceTypes[0] ?? {}, { pods: 1 })],
    ['running pods leave no CPU', 'cpu', (_, of) => Object.assign(of.existingNodes[0] ?? {}, { cpuMilli: 999 })],
    ['running pods leave no place', 'pod count', (_, of) => Object.assign(of.existingNodes[0] ?? {}, { pods: 1 })],
    [
      'a selector is not met',
      'node selector',
      (_, of) => Object.assign(of.existingNodes[0]?.labels ?? {}, { disk: 'hdd' }),
    ],
    [
      'two that live apart share a node',
      'anti-affinity',
      (made) => made.newNodes[0]?.pods.push(...(made.newNodes[1]?.pods.splice(0, 1) ?? [])),
    ],
    [
      'both of a spread are in one zone',
      'zone spread',
      (made) => Object.assign(made.newNodes[1] ?? {}, { zones: ['zone-1'] }),
    ],
  ];
  it.each(mutations)('%s: %s', (_what, rule, mutate) => {
    const { input: of, plan: made } = structuredClone(GOOD);
    mutate(made, of);
    expect(Object.keys(rules(of, made))).toContain(rule);
  });
});

describe('anti-affinity', () => {
  it('holds against a pod that does not have it itself, running or placed', () => {
    const of = input([pod('anti', apart(HOST)), pod('plain')]);
    expect(rules(of, plan([node('zone-1', ['anti', 'plain'])]))).toEqual({ 'anti-affinity': 1 });
  });

  it('holds in a zone', () => {
    const of = input(pods(2, apart(ZONE)));
    expect(rules(of, plan([node('zone-1', ['p0']), node('zone-1', ['p1'])]))).toEqual({ 'anti-affinity': 2 });
    expect(rules(of, plan([node('zone-1', ['p0']), node('zone-2', ['p1'])]))).toEqual({});
  });
});

describe('affinity', () => {
  const of = input(pods(3, together(ZONE)));

  it('keeps a group in one zone, whichever', () => {
    expect(rules(of, plan([node('zone-2', ['p0', 'p1']), node('zone-2', ['p2'])]))).toEqual({});
    expect(rules(of, plan([node('zone-2', ['p0', 'p1']), node('zone-3', ['p2'])]))).toEqual({ affinity: 1 });
  });

  it('lets a node that may still be in several zones be where the group is, and nowhere else', () => {
    const undecided = (zones: string[]) => plan([node('zone-2', ['p0', 'p1']), node('', ['p2'], { zones })]);
    expect(rules(of, undecided(['zone-1', 'zone-2']))).toEqual({});
    expect(rules(of, undecided(['zone-1', 'zone-3']))).toEqual({ affinity: 1 });
  });

  it('of a pod that does not name itself needs one that is there', () => {
    const follower = pod('follower', { labels: { app: 'other' }, ...together(ZONE) });
    const both = input([follower, pod('leader')]);
    expect(rules(both, plan([node('zone-1', ['follower']), node('zone-1', ['leader'])]))).toEqual({});
    expect(rules(both, plan([node('zone-1', ['follower']), node('zone-2', ['leader'])]))).toEqual({ affinity: 1 });
  });

  it('holds on a node', () => {
    const two = input(pods(2, together(HOST)));
    expect(rules(two, plan([node('zone-1', ['p0', 'p1'])]))).toEqual({});
    expect(rules(two, plan([node('zone-1', ['p0']), node('zone-1', ['p1'])]))).toEqual({ affinity: 1 });
  });
});

describe('zone spread', () => {
  it('counts a zone without a node as empty', () => {
    const of = input(pods(4, spread(ZONE)));
    const made = plan([node('zone-1', ['p0', 'p1']), node('zone-2', ['p2', 'p3'])]);
    expect(rules(of, made)).toEqual({ 'zone spread': 2 });
  });

  it('binds at the moment of placing: who is not bound may come later and make it uneven', () => {
    // GIVEN one bound pod and three that only count, all in one zone
    const of = input([pod('bound', spread(ZONE)), ...pods(3)]);
    // THEN the bound one can have come first
    expect(rules(of, plan([node('zone-1', ['p0', 'p1', 'p2', 'bound'])]))).toEqual({});
  });

  it('uses pods that are not bound to fill zones for those that are', () => {
    const of = input([pod('b0', spread(ZONE)), pod('b1', spread(ZONE)), pod('p0'), pod('p1')]);
    const made = plan([node('zone-1', ['b0', 'b1']), node('zone-2', ['p0']), node('zone-3', ['p1'])]);
    expect(rules(of, made)).toEqual({});
  });

  it('counts pods that ran before', () => {
    const old = { name: 'old', zone: 'zone-1', cpuMilli: 4000, memoryMi: 8192, pods: 9, running: [pod('runs')] };
    const of = input([pod('bound', spread(ZONE))], { existingNodes: [old] });
    expect(rules(of, plan([], { existing: [{ name: 'old', zones: ['zone-1'], pods: ['bound'] }] }))).toEqual({
      'zone spread': 1,
    });
    expect(rules(of, plan([node('zone-2', ['bound'])]))).toEqual({});
  });

  it('knows the zones that a pod is confined to', () => {
    const confined = { ...spread(ZONE), nodeSelector: { [ZONE]: 'zone-1' } };
    const made = plan([node('zone-1', ['p0', 'p1'])]);
    expect(rules(input(pods(2, confined)), made)).toEqual({});
  });
});

describe('host spread', () => {
  it('takes maxSkew of the pods a node', () => {
    expect(rules(input(pods(2, spread(HOST))), plan([node('zone-1', ['p0', 'p1'])]))).toEqual({ 'host spread': 1 });
    const two = input(pods(2, spread(HOST, { app: 'web' }, 2)));
    expect(rules(two, plan([node('zone-1', ['p0', 'p1'])]))).toEqual({});
  });

  it('binds at the moment of placing', () => {
    const of = input([...pods(3), pod('bound', spread(HOST))]);
    expect(rules(of, plan([node('zone-1', ['p0', 'p1', 'p2', 'bound'])]))).toEqual({});
  });

  it('sees that two cannot both come first', () => {
    // GIVEN each bound by the label of the other, and one more of each label that is bound by its own
    const of = input([
      pod('a0', { labels: { app: 'a' }, ...spread(HOST, { app: 'b' }, 1) }),
      pod('b0', { labels: { app: 'b' }, ...spread(HOST, { app: 'b' }, 1) }),
      pod('b1', { labels: { app: 'b' }, ...spread(HOST, { app: 'b' }, 1) }),
    ]);
    expect(rules(of, plan([node('zone-1', ['a0', 'b0', 'b1'])]))).toEqual({ 'host spread': 1 });
    expect(rules(of, plan([node('zone-1', ['a0', 'b0']), node('zone-1', ['b1'])]))).toEqual({});
  });
});

it('takes no plan of nothing for a mistake', () => {
  const of = input([pod('giant', { cpuMilli: 90_000 })], { instanceTypes: [type()] });
  expect(verify(of, plan([], { unscheduled: { giant: 'too large' } }))).toMatchObject({
    violations: [],
    unscheduled: 1,
  });
});
