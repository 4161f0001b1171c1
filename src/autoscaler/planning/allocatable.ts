import type { RuntimeConfig } from '../../config/runtime';
import { LABEL } from '../names';
import type { KubernetesView, Resources } from '../snapshot';
import type { ClusterState } from '../state';
import { isManaged } from './fleet-view';
import { least } from './resources';
import { allocatableKey } from './slots';
import { withPromised } from './started';

/**
 * What Ready nodes report of themselves, by pool and type: the least of each resource where they differ. It is kept
 * while no such node is there, so that a pool that went to nothing is still known; what left the configuration is not.
 */
export function reportedAllocatable(
  remembered: ClusterState['allocatable'],
  view: KubernetesView,
  config: RuntimeConfig,
): ClusterState['allocatable'] {
  const reported: Record<string, Resources> = {};
  for (const { ready, labels, allocatable } of view.nodes.filter(isManaged)) {
    const type = labels[LABEL.instanceType] ?? '';
    const key = allocatableKey(labels[LABEL.pool] ?? '', type);
    const others = withPromised(allocatable.others, type, config);
    const told = { ...allocatable, ...(others && { others }) };
    if (ready) reported[key] = reported[key] ? least(reported[key], told) : told;
  }
  const known = config.pools.flatMap((pool) => pool.instanceTypes.map((type) => allocatableKey(pool.name, type)));
  const all = { ...remembered, ...reported };
  return Object.fromEntries(known.flatMap((key) => (all[key] ? [[key, all[key]]] : [])));
}
