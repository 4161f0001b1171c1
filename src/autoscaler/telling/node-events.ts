import { isOpen, isRemoval } from '../planning/fleet-view';
import { evictable } from '../planning/movable';
import { REASONS, type ReasonCode } from '../planning/reasons';
import type { KubernetesView, Node } from '../snapshot';
import type { RemovalOperation } from '../state';
import type { ClusterEvent } from './cluster-event';
import type { Tellable } from './pod-events';
import type { Seen } from './seen';

/** What keeps a worker of ours, and lasts: what passes by itself in minutes is in the status alone. */
const KEPT: ReadonlySet<ReasonCode> = new Set([
  'node-busy',
  'node-pods-do-not-fit',
  'node-pod-blocks',
  'node-budget-blocks',
  'node-pool-minimum',
  'node-would-overload',
  'node-cordoned-by-person',
  'node-backs-off',
]);

/** Of each node why it is being removed, why its removal failed, or what keeps it. */
export function nodeEvents({ plan, operations }: Seen, view: KubernetesView): Tellable[] {
  const removals = operations.filter(isRemoval);
  return view.nodes.flatMap((node) => {
    // The last one speaks: a node that was taken back may have been chosen again.
    const removal = removals.findLast((operation) => operation.node?.uid === node.uid);
    if (removal?.phase === 'rolled-back') return [failed(node, removal)];
    if (removal && isOpen(removal)) return [begun(node, removal, view)];
    const verdict = plan.nodes[node.name];
    if (!verdict || !KEPT.has(verdict.code)) return [];
    const message = () => `node didn't trigger scale-down: ${verdict.text}`;
    return [{ about: aboutNode(node), type: 'Normal', reason: 'NotTriggerScaleDown', key: verdict.code, message }];
  });
}

/** Removals with a name of their own; all others are a `ScaleDown`. */
const NAMES: Partial<Record<string, Pick<ClusterEvent, 'type' | 'reason'>>> = {
  'node-lost': { type: 'Normal', reason: 'DeletingNode' },
  'node-interrupted': { type: 'Warning', reason: 'SpotInterruption' },
};

function begun(node: Node, removal: RemovalOperation, view: KubernetesView): Tellable {
  const { type, reason } = NAMES[removal.reason] ?? { type: 'Normal', reason: 'ScaleDown' };
  const message = () => {
    const why = REASONS[removal.reason as ReasonCode] ?? removal.reason;
    const pods = evictable(view, node.name).length;
    const moving = pods === 0 ? 'No pod has to move.' : `Pods that move: ${pods}.`;
    return `node is being removed (operation ${removal.id}): ${why} ${moving}`;
  };
  return { about: aboutNode(node), type, reason, key: removal.id, message };
}

const failed = (node: Node, removal: RemovalOperation): Tellable => ({
  about: aboutNode(node),
  type: 'Warning',
  reason: 'ScaleDownFailed',
  key: removal.id,
  message: () => `removal given up, the node stays: ${removal.failure ?? 'no reason was noted'}`,
});

const aboutNode = ({ name, uid }: Node): ClusterEvent['about'] => ({ kind: 'Node', name, uid });
