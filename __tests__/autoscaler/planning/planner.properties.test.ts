import fc from 'fast-check';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import { base, config, instance, MI, MINUTE, nodeOf, pod, scene, T0 } from '../builders';

/** Any cluster of up to eight workers and forty pods, each source known or not. */
const snapshots: fc.Arbitrary<Snapshot> = fc
  .record({
    workers: fc.array(
      fc.record({ age: fc.integer({ min: 0, max: 60 }), ready: fc.boolean(), cordoned: fc.boolean() }),
      { maxLength: 8 },
    ),
    pods: fc.array(
      fc.record({
        cpu: fc.integer({ min: 0, max: 4000 }),
        memory: fc.integer({ min: 0, max: 4000 }),
        on: fc.option(fc.integer({ min: 0, max: 8 })),
        waited: fc.integer({ min: 0, max: 120 }),
        gated: fc.boolean(),
        bare: fc.boolean(),
      }),
      { maxLength: 40 },
    ),
    cpu: fc.double({ min: 0, max: 1, noNaN: true }),
    idle: fc.boolean(),
    silent: fc.subarray(['metrics', 'kubernetes', 'instances'] as const),
  })
  .map(({ workers, pods, cpu, idle, silent }) => {
    const instances = workers.map(({ age }, i) => instance(`i-${i}`, { launchedAt: T0 - (age + 1) * MINUTE }));
    const nodes = [
      nodeOf(base),
      ...instances.map((of, i) =>
        nodeOf(of, { ready: workers[i]?.ready ?? true, unschedulable: workers[i]?.cordoned ?? false }),
      ),
    ];
    const made = pods.map(({ cpu: cpuMilli, memory, on, waited, gated, bare }, i) => {
      const nodeName = on === null ? undefined : nodes[on]?.name;
      const made = pod({
        name: `p-${i}`,
        requests: { cpuMilli, memoryBytes: memory * MI, pods: 1 },
        gated,
        ...(nodeName ? { nodeName } : { phase: 'Pending' as const, unschedulableSince: T0 - waited * 1000 }),
      });
      if (bare) delete made.owner;
      return made;
    });
    const unneededSince = idle ? Object.fromEntries(nodes.map((n) => [n.name, T0 - 60 * MINUTE])) : {};
    const snapshot = scene({
      instances,
      nodes,
      pods: made,
      cpu,
      snapshot: { state: { ...emptyState(), unneededSince } },
    });
    for (const source of silent) snapshot[source] = { known: false, reason: 'timeout', detail: 'silent' };
    return snapshot;
  });

const holds = (property: (snapshot: Snapshot) => void) => fc.assert(fc.property(snapshots, property), { numRuns: 500 });

describe('whatever the cluster looks like, the plan', () => {
  it('is the same for the same snapshot, and leaves the snapshot as it was', () => {
    holds((snapshot) => {
      const before = JSON.stringify(snapshot);
      expect(plan(snapshot, config)).toEqual(plan(snapshot, config));
      expect(JSON.stringify(snapshot)).toBe(before);
    });
  });

  it('never launches beyond a limit', () => {
    holds((snapshot) => {
      const { intents, facts } = plan(snapshot, config);
      const more = intents.reduce((sum, intent) => sum + (intent.kind === 'launch' ? intent.count : 0), 0);
      expect(more === 0 || facts.workers + more <= config.limits.maxNodes).toBe(true);
    });
  });

  it('removes nothing when any source is unknown, and never more than allowed at once', () => {
    holds((snapshot) => {
      const removals = plan(snapshot, config).intents.filter((intent) => intent.kind === 'remove');
      const allKnown = snapshot.metrics.known && snapshot.kubernetes.known && snapshot.instances.known;
      expect(removals.length).toBeLessThanOrEqual(allKnown ? config.policy.removalsAtOnce : 0);
    });
  });

  it('removes only nodes that the autoscaler made', () => {
    holds((snapshot) => {
      const removals = plan(snapshot, config).intents.filter((intent) => intent.kind === 'remove');
      expect(removals.every((intent) => intent.kind === 'remove' && intent.instance !== base.id)).toBe(true);
    });
  });

  it('has a verdict for every node, every pool and every pending pod where Kubernetes and EC2 are known', () => {
    holds((snapshot) => {
      if (!snapshot.kubernetes.known || !snapshot.instances.known) return;
      const { nodes, pools, pods } = plan(snapshot, config);
      const view = snapshot.kubernetes.value;
      expect(Object.keys(nodes).sort()).toEqual(view.nodes.map((n) => n.name).sort());
      expect(Object.keys(pools)).toEqual(config.pools.map((p) => p.name));
      const pending = view.pods.filter((p) => p.phase === 'Pending' && !p.nodeName);
      expect(Object.keys(pods)).toHaveLength(pending.length);
    });
  });
});
