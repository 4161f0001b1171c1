import type { RuntimeConfig } from '../../config/runtime';
import { LABEL } from '../names';
import type { KubernetesView, Node } from '../snapshot';
import { isManaged } from './fleet-view';
import { evictable } from './movable';

export interface RemovalOrder {
  /** In words. */
  order: string;
  next(nodes: Node[], leaving: Node[]): Node;
}

/**
 * Which of several goes first. The last worker of a zone goes last: one zone's failure should not take all. Then those
 * that leave the zones of their pool as even as they can be, of these the one with the fewest pods to move, of equals
 * from the fullest zone, of equals the oldest.
 */
export function inOrder(view: KubernetesView, { policy }: RuntimeConfig): RemovalOrder {
  if (policy.removalOrder === 'oldest')
    return { order: 'The oldest of those.', next: (nodes) => oldestFirst(nodes)[0] as Node };
  const moved = new Map(view.nodes.map(({ name }) => [name, evictable(view, name).length]));
  return {
    order: 'Of those that unbalance the zones the least it moves the fewest pods.',
    next: (nodes, leaving) => {
      const going = new Set(leaving);
      const zones = zonesByPool(view.nodes.filter((node) => isManaged(node) && !going.has(node)));
      const rank = (node: Node): number[] => {
        const counts = zones.get(poolOf(node)) ?? new Map<string, number>();
        const beside = counts.get(zoneOf(node)) ?? 0;
        return [Number(beside <= 1), imbalance(counts, zoneOf(node)), moved.get(node.name) ?? 0, -beside];
      };
      const ranked = oldestFirst(nodes).map((node) => ({ node, rank: rank(node) }));
      return ranked.reduce((best, other) => (isLess(other.rank, best.rank) ? other : best)).node;
    },
  };
}

const zoneOf = ({ labels }: Node): string => labels[LABEL.zone] ?? '';

function zonesByPool(nodes: Node[]): Map<string, Map<string, number>> {
  const pools = new Map<string, Map<string, number>>();
  for (const node of nodes) {
    const counts = pools.get(poolOf(node)) ?? new Map<string, number>();
    pools.set(poolOf(node), counts.set(zoneOf(node), (counts.get(zoneOf(node)) ?? 0) + 1));
  }
  return pools;
}

/** What one worker less in the zone does: 0 leaves the zones at most one apart, 1 no farther than they are, 2 farther. */
function imbalance(counts: ReadonlyMap<string, number>, zone: string): 0 | 1 | 2 {
  const gap = (sizes: number[]) => Math.max(...sizes) - Math.min(...sizes);
  const after = gap([...counts].map(([name, count]) => (name === zone ? count - 1 : count)));
  if (after <= 1) return 0;
  return after <= gap([...counts.values()]) ? 1 : 2;
}

/** The first place in which they differ decides. */
function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && (a[at] as number) < (b[at] as number);
}

/** And by name where they are equally old. */
export const oldestFirst = (nodes: Node[]): Node[] =>
  [...nodes].sort((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1));

export const poolOf = (node: Node): string => node.labels[LABEL.pool] ?? '';
