import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { Node } from '../snapshot';
import { startupTaints } from './fleet-view';

/** The kubelet tells of it from the first moment on; what else there is a device plugin tells of, later. */
const OF_KUBELET = 'ephemeral-storage';

const promisedOthers = (type: string, instanceTypes: RuntimeConfig['instanceTypes']): [string, number][] =>
  Object.entries(instanceTypes[type]?.others ?? {}).filter(([name]) => name !== OF_KUBELET);

/** Extended resources that its type has and that the node does not offer yet: their device plugin has still to start. */
export function missingOthers(
  { allocatable }: Node,
  type: string,
  { instanceTypes }: RuntimeConfig,
): Record<string, number> {
  const missing = promisedOthers(type, instanceTypes).map(
    ([name, amount]) => [name, amount - (allocatable.others?.[name] ?? 0)] as const,
  );
  return Object.fromEntries(missing.filter(([, amount]) => amount > 0));
}

/** It is Ready, no start-up taint is left, and all that was bought is there. */
export const hasStarted = (
  node: Node,
  pool: Pick<RuntimePool, 'taints'> | undefined,
  type: string,
  config: RuntimeConfig,
): boolean =>
  node.ready && startupTaints(node, pool).length === 0 && Object.keys(missingOthers(node, type, config)).length === 0;

/** The same resource names as the table has, at least as much of each: a device plugin may be starting anew. */
export function withPromised(
  others: Record<string, number> | undefined,
  type: string,
  { instanceTypes }: RuntimeConfig,
): Record<string, number> | undefined {
  const promised = promisedOthers(type, instanceTypes);
  if (promised.length === 0) return others;
  return {
    ...others,
    ...Object.fromEntries(promised.map(([name, amount]) => [name, Math.max(amount, others?.[name] ?? 0)])),
  };
}
