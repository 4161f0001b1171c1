import { inputs } from '../../bench/inputs/list';
import { mixedInput } from '../../bench/inputs/mix';
import { configOf, planOf, snapshotOf } from '../../bench/planner/convert';
import { HOST, ZONE } from '../../bench/schema';
import { plan } from '../../src/autoscaler/planning/planner';

const input = mixedInput(50, 3, 4, 42);

describe('an input as our planner sees it', () => {
  it('is a cluster that nothing is doubtful about: pods are pending, and nodes are launched for them', () => {
    const { decision, hold, facts } = plan(snapshotOf(input), configOf(input));
    expect({ code: decision.code, hold }).toEqual({ code: 'pending-pods', hold: null });
    expect(facts).toMatchObject({ demand: 50, pendingPods: 50, workers: 4 });
  });

  it('has what a type has for pods, and what each pod demands', () => {
    expect(configOf(input).instanceTypes['it-002']).toEqual({
      cpuMilli: 1900,
      memoryBytes: (4096 - 10) * 2 ** 20,
      pods: 20,
      arch: 'amd64',
      usdPerHour: { 'on-demand': input.instanceTypes[1]?.price, spot: input.instanceTypes[1]?.price },
    });
    const { kubernetes } = snapshotOf(input);
    const pods = kubernetes.known ? kubernetes.value.pods.filter(({ phase }) => phase === 'Pending') : [];
    const constrained = pods.map(({ spread, affinity, antiAffinity }) => [
      ...(spread ?? []).map(({ topologyKey }) => `spread ${topologyKey}`),
      ...(affinity ?? []).map(({ topologyKey }) => `affinity ${topologyKey}`),
      ...(antiAffinity ?? []).map(({ topologyKey }) => `anti-affinity ${topologyKey}`),
    ]);
    const kinds = ['spread ', 'spread ', 'affinity ', 'anti-affinity '];
    const keys = [ZONE, HOST, ZONE, HOST];
    const expected = [[], ...kinds.map((kind, i) => [`${kind}${keys[i]}`])];
    expect(constrained).toEqual(expected.flatMap((each) => Array.from({ length: 10 }, () => each)));
  });

  it('and its placement is a plan with the names of the input', () => {
    const [first, second, third] = input.pods;
    const uids = [first, second].map((pod) => [pod?.uid ?? '']);
    const made = planOf(input, [
      { node: 'worker-i-00000000000000002', zone: 'zone-3', pods: uids[0] ?? [], turns: [0] },
      { type: 'it-003', zone: 'zone-1', pods: uids[1] ?? [], turns: [1] },
    ]);
    expect(made.existing).toEqual([{ name: 'node-0002', zones: ['zone-3'], pods: [first?.name] }]);
    expect(made.newNodes).toEqual([{ instanceType: 'it-003', zones: ['zone-1'], pods: [second?.name] }]);
    expect(Object.keys(made.unscheduled)).toHaveLength(48);
    expect(made.unscheduled).toHaveProperty(third?.name ?? '');
  });
});

it('inputs are the same each time, and each name is there once', () => {
  expect(inputs().map(({ make }) => make?.())).toEqual(inputs().map(({ make }) => make?.()));
  expect(mixedInput(50, 3, 4, 42)).toEqual(input);
  const names = inputs().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
