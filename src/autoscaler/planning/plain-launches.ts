import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { LaunchIntent } from '../plan';
import type { Room } from './room';

/**
 * Nodes that are not for certain pods: any type of the pool will do. One by one, as limits and circuits count each, over
 * the zones with the fewest of the pool; one launch a zone.
 *
 * @param next the pool of the next node; undefined ends it
 */
export function plainLaunches(
  next: () => RuntimePool | undefined,
  most: number,
  reason: LaunchIntent['reason'],
  room: Room,
  { zones }: Pick<RuntimeConfig, 'zones'>,
): LaunchIntent[] {
  const launches: LaunchIntent[] = [];
  for (let i = 0; i < most; i += 1) {
    const pool = next();
    if (!pool) break;
    const zone = room.take(pool);
    const same = launches.find((launch) => launch.pool === pool.name && launch.zones?.[0] === zone);
    if (same) same.count += 1;
    else {
      const others = zones.filter((other) => other !== zone);
      launches.push({ kind: 'launch', pool: pool.name, count: 1, reason, pods: [], zones: [zone, ...others] });
    }
  }
  return launches;
}
