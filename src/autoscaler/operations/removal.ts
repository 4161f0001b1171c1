import type { RuntimeConfig } from '../../config/runtime';
import type { RemovalIntent } from '../plan';
import type { KubernetesView } from '../snapshot';
import type { RemovalOperation } from '../state';

/** Steps of a removal, as data: no I/O here. */

/** The annotation that says: this cordon is ours, of this removal, made under this epoch. */
export const cordonMark = (operation: Pick<RemovalOperation, 'id'>, epoch: number): string =>
  `${operation.id}@${epoch}`;

export function beginRemoval(
  intent: RemovalIntent,
  id: string,
  at: number,
  view: KubernetesView,
  config: RuntimeConfig,
): RemovalOperation | undefined {
  const node = view.nodes.find((candidate) => candidate.name === intent.node);
  if (!node) return undefined;
  return {
    kind: 'removal',
    id,
    reason: intent.reason,
    phase: 'chosen',
    createdAt: at,
    deadline: at + config.policy.drainDeadlineMs,
    pool: intent.pool,
    node: { name: node.name, uid: node.uid },
    instance: intent.instance,
    evictedOwners: [],
  };
}

/** For what serves no pod: an instance that never joined, one too many, or the Node of an instance that is gone. */
export const cleanUp = (
  id: string,
  reason: keyof typeof CLEAN_UPS,
  at: number,
  target: { instance: string; pool: string; node?: { name: string; uid: string } },
  patienceMs: number,
): RemovalOperation => ({
  kind: 'removal',
  id,
  reason,
  phase: 'terminating',
  createdAt: at,
  deadline: at + patienceMs,
  evictedOwners: [],
  ...target,
});

const CLEAN_UPS = {
  'node-never-joined': true,
  'node-surplus': true,
  'node-lost': true,
  'node-interrupted': true,
} as const;

/** It ends what a launch or the cloud left behind: the cluster does not shrink by it, so nobody has to cool down. */
export const isCleanUp = ({ reason }: RemovalOperation): boolean => reason in CLEAN_UPS;

/** No way back from here. What comes onto the node all the same has until the new deadline to leave. */
export const terminating = (operation: RemovalOperation, at: number, { policy }: RuntimeConfig): RemovalOperation => ({
  ...operation,
  phase: 'terminating',
  deadline: at + policy.drainDeadlineMs,
});
