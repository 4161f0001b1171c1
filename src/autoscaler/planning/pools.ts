import type { RuntimeConfig } from '../../config/runtime';
import type { Intent, Verdict } from '../plan';
import type { Room } from './room';
import { verdict } from './verdict';

/** A verdict for every pool. */
export function poolVerdicts(
  config: RuntimeConfig,
  room: Room,
  intents: Intent[],
  refused: Record<string, Verdict>,
): Record<string, Verdict> {
  return Object.fromEntries(
    config.pools.map((pool) => {
      const grows = intents.flatMap((i) => (i.kind === 'launch' && i.pool === pool.name ? [i.count] : []));
      const shrinks = intents.some((intent) => intent.kind === 'remove' && intent.pool === pool.name);
      const size = `It has ${room.inPool(pool.name)} of ${pool.max}.`;
      if (grows.length > 0) return [pool.name, verdict('pool-grows', `${grows.reduce((a, b) => a + b)} more. ${size}`)];
      if (refused[pool.name]) return [pool.name, refused[pool.name] as Verdict];
      if (shrinks) return [pool.name, verdict('pool-shrinks', size)];
      if (room.circuitOpen(pool)) return [pool.name, verdict('pool-circuit-open', room.console(pool))];
      return [pool.name, verdict('pool-steady', size)];
    }),
  );
}
