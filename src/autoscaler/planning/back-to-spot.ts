import type { RuntimePool } from '../../config/runtime';
import { instanceIdOf } from '../names';
import type { Instance, Node } from '../snapshot';
import { instanceOfNode, isAlive } from './fleet-view';
import { poolOf } from './removal-order';
import { type Candidate, replacementsIn, type Scene } from './replacing';

/**
 * Workers that were bought on demand because there was no spot, and spot is to be had: no refusal is remembered. Their
 * pods go to spot workers of their pool alone.
 */
export function spotCandidates(scene: Scene, workers: readonly Node[]): Candidate[] {
  const { snapshot, instances, config } = scene;
  // One function for all workers of a pool.
  const takes = new Map(config.pools.map((pool) => [pool, isSpotOf(pool, instances)]));
  return workers
    .filter((node) => snapshot.at - node.createdAt >= config.policy.minAgeMs)
    .flatMap((node): Candidate[] => {
      const instance = instanceOfNode(instances, node);
      const pool = config.pools.find(({ name }) => name === poolOf(node));
      if (pool?.markets[0] !== 'spot' || !instance || !isAlive(instance)) return [];
      if (instance.role !== 'worker' || instance.market === 'spot') return [];
      const offerings = replacementsIn(pool, 'back-to-spot', scene);
      const what = { node, instance, pool, takes: takes.get(pool) as Takes, offerings, why: 'It runs on demand.' };
      return offerings.length > 0 ? [{ cause: 'back-to-spot', ...what }] : [];
    });
}

type Takes = Candidate['takes'];

function isSpotOf(pool: RuntimePool, instances: readonly Instance[]): Takes {
  const spot = new Set(
    instances.filter((each) => each.pool === pool.name && each.market === 'spot').map(({ id }) => id),
  );
  return ({ providerId }) => spot.has(instanceIdOf(providerId) ?? '');
}
