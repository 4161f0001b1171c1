import fc from 'fast-check';
import { foreignPlan } from '../../../src/autoscaler/live/foreign-plan';
import type { Plan } from '../../../src/autoscaler/plan';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import { unlawful } from '../../../src/proof/judge/lawful';
import { MINUTE } from '../builders';
import { type Cluster, clusters, snapshotOf } from '../planning/packing/clusters';
import { holds } from '../planning/packing/runs';

/** From idle to above the threshold: about the one at which the others could no longer do the work most is told. */
const busyness = fc.constantFrom(0.05, 0.05, 0.2, 0.4, 0.55, 0.66, 0.95);

/**
 * Half of them without anything that waits or comes, for an hour, so that nodes may go; idle, warm or hot. Of the others
 * some are full: they have all that they may have, and more is asked for.
 */
const cases: fc.Arbitrary<Cluster> = fc.tuple(fc.boolean(), fc.boolean(), busyness).chain(([idle, full, cpu]) =>
  clusters({ idle, limited: full }).map((cluster): Cluster => {
    const { state, at } = cluster;
    const unneededSince = Object.fromEntries(cluster.nodes.map(({ metadata }) => [metadata.name, at - 60 * MINUTE]));
    if (idle) return { ...cluster, cpu, state: { ...state, unneededSince } };
    if (!full) return { ...cluster, cpu };
    const there = (pool: string) => cluster.instances.filter((each) => each.pool === pool).length;
    const pools = cluster.config.pools.map((pool) => ({ ...pool, max: Math.max(1, there(pool.name)) }));
    return { ...cluster, cpu, config: { ...cluster.config, pools } };
  }),
);

const SOURCES = ['metrics', 'kubernetes', 'instances'] as const;

/** Each source is known or not, a person paused it or not, a cool-down runs or not. */
const withDoubts = (
  snapshot: Snapshot,
  silent: readonly (typeof SOURCES)[number][],
  paused: boolean,
  cooling: boolean,
) => {
  const until = cooling ? snapshot.at + MINUTE : 0;
  const doubted: Snapshot = {
    ...snapshot,
    state: { ...snapshot.state, paused, cooldownUntil: { up: until, down: until } },
  };
  for (const source of silent) doubted[source] = { known: false, reason: 'timeout', detail: 'silent' };
  return doubted;
};

type Doubts = [(typeof SOURCES)[number][], paused: boolean, cooling: boolean];

/** None in most cases: in doubt hardly anything is done. */
const doubts: fc.Arbitrary<Doubts> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Doubts>([[], false, false]) },
  { weight: 1, arbitrary: fc.tuple(fc.subarray([...SOURCES]), fc.boolean(), fc.boolean()) },
);

/** Changes one place of a plan: what a planner that is wrong, or hostile, might say. */
type Change = (plan: Plan, snapshot: Snapshot, pick: number) => unknown;

const nodesOf = ({ kubernetes }: Snapshot) => (kubernetes.known ? kubernetes.value.nodes : []);
const removal = (snapshot: Snapshot, pick: number) => {
  const nodes = nodesOf(snapshot);
  const node = nodes[pick % Math.max(1, nodes.length)];
  const instance = node?.providerId?.split('/').at(-1) ?? 'i-0';
  return {
    kind: 'remove' as const,
    node: node?.name ?? 'none',
    instance,
    pool: node?.labels['k3s-autoscaler/pool'] ?? '',
    reason: 'cpu-low' as const,
  };
};
const CHANGES: Change[] = [
  (plan) => plan,
  (plan, snapshot, pick) => ({ ...plan, hold: null, intents: [removal(snapshot, pick)] }),
  (plan, snapshot, pick) => ({
    ...plan,
    hold: null,
    intents: nodesOf(snapshot).map((_, i) => removal(snapshot, i + pick)),
  }),
  (plan) => ({ ...plan, hold: null }),
  (plan, _, pick) => ({
    ...plan,
    intents: plan.intents.map((intent) =>
      intent.kind === 'launch' ? { ...intent, count: intent.count + pick } : intent,
    ),
  }),
  (plan, snapshot, pick) => ({
    ...plan,
    intents: ['below-minimum', 'pending-pods', 'headroom', 'cpu-high', 'rotation'].slice(pick % 5).map((reason) => ({
      kind: 'launch',
      pool: Object.keys(plan.pools)[pick % Math.max(1, Object.keys(plan.pools).length)] ?? 'burst',
      count: 1 + (pick % 30),
      reason,
      pods: snapshot.kubernetes.known ? snapshot.kubernetes.value.pods.slice(0, 40).map(({ uid }) => uid) : [],
    })),
  }),
  (plan) => ({ ...plan, intents: [...plan.intents, ...plan.intents] }),
  (plan, snapshot) => ({ ...plan, resume: snapshot.state.operations.map(({ id }) => id) }),
  (plan, snapshot) => ({ ...plan, cancel: snapshot.state.operations.map(({ id }) => id) }),
  (plan, snapshot) => ({
    ...plan,
    intents: snapshot.state.operations.map((o) => ({
      kind: 'uncordon',
      operation: o.id,
      node: o.kind === 'removal' ? o.node?.name : 'none',
    })),
  }),
  (plan) => ({ ...plan, memory: { ...plan.memory, paused: false, operations: [] } }),
  (plan) => ({ ...plan, decision: { code: 'lease-lost', text: 'gone' } }),
];

describe('whatever the cluster looks like', () => {
  it('the plan that this very version makes is taken as it is, in doubt, paused and cooling down', () => {
    let acts = 0;
    holds(fc.tuple(cases, doubts), 500, ([cluster, [silent, paused, cooling]]) => {
      // GIVEN
      const snapshot = withDoubts(snapshotOf(cluster), silent, paused, cooling);
      const own = plan(snapshot, cluster.config);
      // WHEN it comes back as JSON
      const checked = foreignPlan(JSON.stringify(own), own, snapshot, cluster.config);
      // THEN
      expect(checked).toEqual({ plan: own });
      acts += own.intents.length > 0 ? 1 : 0;
    });
    expect(acts).toBeGreaterThan(50);
  });

  it('a plan that was changed is refused, or keeps every limit, gate and doubt', () => {
    const ends = { taken: 0, refused: 0 };
    holds(
      fc.tuple(cases, doubts, fc.constantFrom(...CHANGES), fc.nat({ max: 40 })),
      1500,
      ([cluster, [silent, paused, cooling], change, pick]) => {
        const snapshot = withDoubts(snapshotOf(cluster), silent, paused, cooling);
        const own = plan(snapshot, cluster.config);
        const checked = foreignPlan(JSON.stringify(change(own, snapshot, pick)), own, snapshot, cluster.config);
        if ('refusal' in checked) {
          ends.refused += 1;
          expect(checked.refusal).not.toBe('');
        } else {
          ends.taken += 1;
          expect(unlawful(checked.plan, own, snapshot, cluster.config)).toEqual([]);
          expect(Object.keys(checked.plan.memory).sort()).toEqual(Object.keys(own.memory).sort());
        }
      },
    );
    expect(ends.taken).toBeGreaterThan(50);
    expect(ends.refused).toBeGreaterThan(200);
  });

  it('any text is refused or a plan, and never an error', () => {
    holds(
      fc.tuple(
        cases,
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"decision":${json}}`),
        ),
      ),
      500,
      ([cluster, text]) => {
        const snapshot = snapshotOf(cluster);
        const own = plan(snapshot, cluster.config);
        expect(foreignPlan(text, own, snapshot, cluster.config)).toEqual({ refusal: expect.any(String) });
      },
    );
  });
});
