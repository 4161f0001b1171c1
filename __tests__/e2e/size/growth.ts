import { seconds } from '../support/table';

/** What a size costs: milliseconds of ticks, bytes of the rest. */
export interface Cost {
  nodes: number;
  of: Record<
    'cold tick' | 'warm tick' | 'peak memory' | 'pods, read of Kubernetes' | 'Nodes, read of Kubernetes' | 'state item',
    number
  >;
}

/** How much more of each the last size takes than the first. */
export function growth(costs: readonly Cost[]): [string, string][] {
  const [small, large] = [costs[0], costs.at(-1)];
  if (small === undefined || large === undefined) return [];
  return (Object.keys(small.of) as (keyof Cost['of'])[]).map((what) => {
    const shown = (value: number) => (what.endsWith('tick') ? seconds(value) : `${Math.ceil(value / 1024)} KiB`);
    const [before, after] = [small.of[what], large.of[what]];
    const times = (after / before).toFixed(1);
    return [`${large.nodes / small.nodes} × as large: ${what}`, `× ${times}: ${shown(before)} → ${shown(after)}`];
  });
}
