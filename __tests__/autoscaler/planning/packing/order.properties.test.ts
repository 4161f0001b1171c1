import fc from 'fast-check';
import { plan } from '../../../../src/autoscaler/planning/planner';
import { Random } from '../../../../src/world/random';
import { type Cluster, clusters, snapshotOf } from './clusters';
import { shuffled } from './order';
import { holds } from './runs';

/** In another order, and about half of it twice. */
const mixed = (cluster: Cluster, seed: number): Cluster => {
  const random = new Random(seed, 'order');
  const paged = <T>(list: readonly T[]): T[] => shuffled([...list, ...list.filter(() => random.next() < 0.5)], random);
  const { nodes, pods, instances, daemonSets, budgets } = cluster;
  return {
    ...cluster,
    nodes: paged(nodes),
    pods: paged(pods),
    instances: paged(instances),
    daemonSets: paged(daemonSets),
    budgets: paged(budgets),
  };
};

describe('whatever the order of what was listed, and what of it was listed twice', () => {
  it.each([
    ['a busy', false],
    ['an idle', true],
  ])('the plan for %s cluster is the same', (_, idle) => {
    holds(fc.tuple(clusters({ idle }), fc.nat()), 300, ([cluster, seed]) => {
      const snapshot = snapshotOf(cluster);
      // Prometheus counts each pod once.
      const other = { ...snapshotOf(mixed(cluster, seed)), metrics: snapshot.metrics };
      expect(plan(other, cluster.config)).toEqual(plan(snapshot, cluster.config));
    });
  });
});
