import { type Found, named, violation } from './found';
import { nearest } from './nearest';
import type { ResolvedConfig } from './schema';

type Window = ResolvedConfig['policy']['calendar'][number];

function minima({ pools: minima }: Window, index: number, pools: ResolvedConfig['pools']): Found {
  return Object.entries(minima).flatMap(([name, { min }]) => {
    const keys = ['policy', 'calendar', index, 'pools', name];
    const pool = Object.hasOwn(pools, name) ? pools[name] : undefined;
    if (pool === undefined) {
      const guess = nearest(name, Object.keys(pools));
      const fix = guess === undefined ? 'remove it, or add the pool' : `did you mean '${guess}'?`;
      return [violation(keys, { min }, `must be a pool; there are: ${Object.keys(pools).join(', ')}`, fix)];
    }
    if (min <= pool.max) return [];
    const rule = `must not exceed the pool's max (${pool.max})`;
    return [violation([...keys, 'min'], min, rule, `lower min or raise pools.${name}.max to ${min}`)];
  });
}

/** What must hold within the calendar, and between it and the pools. */
export const calendar = ({ pools, policy: { calendar } }: ResolvedConfig): Found => [
  ...named(['policy', 'calendar'], calendar, 'window'),
  ...calendar.flatMap((window, index) => minima(window, index, pools)),
];
