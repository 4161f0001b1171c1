import { grouped } from '../../grouped';
import type { LaunchIntent } from '../../plan';
import { isPlaceholder } from '../headroom';
import type { Alternatives } from './alternatives';
import type { Opened } from './pack';

/** One launch for all nodes of a pool that are of one type and in one zone: one RunInstances. */
export function launchesOf(
  opened: readonly Opened[],
  alternatives: (nodes: readonly Opened[]) => Alternatives,
): LaunchIntent[] {
  const groups = grouped(opened, (node) => `${reasonOf(node)}/${node.offer.pool.name}/${node.offer.type}/${node.zone}`);
  return [...groups.values()].map((nodes): LaunchIntent => {
    const { offer } = nodes[0] as Opened;
    return {
      kind: 'launch',
      pool: offer.pool.name,
      count: nodes.length,
      reason: reasonOf(nodes[0] as Opened),
      pods: nodes.flatMap(({ pods }) => pods.filter((pod) => !isPlaceholder(pod)).map(({ uid }) => uid)),
      ...alternatives(nodes),
    };
  });
}

const reasonOf = ({ pods }: Opened): LaunchIntent['reason'] =>
  pods.length > 0 && pods.every(isPlaceholder) ? 'headroom' : 'pending-pods';
