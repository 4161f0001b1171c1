import type { RuntimePool } from '../../config/runtime';
import { instanceIdOf } from '../names';
import type { Instance, Node } from '../snapshot';
import { instanceOfNode, isAlive } from './fleet-view';
import { openOfferings } from './offerings';
import { poolOf } from './removal-order';
import type { Candidate, Scene } from './replacing';

/**
 * Workers that were bought on demand because there was no spot, and spot is to be had: no refusal is remembered. Their
 * pods go to spot workers of their pool alone.
 */
export function spotCandidates({ snapshot, instances, config }: Scene, workers: readonly Node[]): Candidate[] {
  return workers
    .filter((node) => snapshot.at - node.createdAt >= config.policy.minAgeMs)
    .flatMap((node): Candidate[] => {
      const instance = instanceOfNode(instances, node);
      const pool = config.pools.find(({ name }) => name === poolOf(node));
      if (pool?.markets[0] !== 'spot' || !instance || !isAlive(instance)) return [];
      if (instance.role !== 'worker' || instance.market === 'spot') return [];
      const open = openOfferings(pool, config, snapshot.state.offerings, snapshot.at);
      const offering = open.find(({ market }) => market === 'spot');
      const takes = isSpotOf(pool, instances);
      const why = 'It runs on demand.';
      return offering ? [{ cause: 'back-to-spot', node, instance, pool, takes, offering, why }] : [];
    });
}

function isSpotOf(pool: RuntimePool, instances: readonly Instance[]): (node: Node) => boolean {
  const spot = new Set(
    instances.filter((each) => each.pool === pool.name && each.market === 'spot').map(({ id }) => id),
  );
  return ({ providerId }) => spot.has(instanceIdOf(providerId) ?? '');
}
