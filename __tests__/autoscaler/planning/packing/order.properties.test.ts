import fc from 'fast-check';
import { plan } from '../../../../src/autoscaler/planning/planner';
import { Random } from '../../../../src/world/random';
import { type Cluster, clusters, snapshotOf } from './clusters';
import { shuffled } from './order';
import { holds } from './runs';

const mixed = (cluster: Cluster, seed: number): Cluster => {
  const random = new Random(seed, 'order');
  const { nodes, pods, instances, daemonSets, budgets } = cluster;
  return {
    ...cluster,
    nodes: shuffled(nodes, random),
    pods: shuffled(pods, random),
    instances: shuffled(instances, random),
    daemonSets: shuffled(daemonSets, random),
    budgets: shuffled(budgets, random),
  };
};

describe('whatever the order of what was listed', () => {
  it.each([
    ['a busy', false],
    ['an idle', true],
  ])('the plan for %s cluster is the same', (_, idle) => {
    holds(fc.tuple(clusters({ idle }), fc.nat()), 300, ([cluster, seed]) => {
      const one = plan(snapshotOf(cluster), cluster.config);
      const other = plan(snapshotOf(mixed(cluster, seed)), cluster.config);
      expect(other).toEqual(one);
    });
  });
});
