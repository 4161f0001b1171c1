import { staying } from '../planning/movable';
import { podKey } from '../planning/scheduling';
import type { Pod } from '../snapshot';
import { type Context, hasTime } from './context';

/**
 * Asks the eviction API for each pod that stays, the least important first, so that what matters has the least time
 * without a node. A budget's 429 is asked again by the next tick; within this one not before the time that it named.
 *
 * @param isLost they end with their node either way, so each is asked for
 * @returns why a pod can never be evicted, where that is so: the node is kept, and the rest is not asked for
 */
export async function evictPods(context: Context, pods: Pod[], isLost: boolean): Promise<string | undefined> {
  const { ports, session, did } = context;
  for (const pod of staying(pods).sort((a, b) => a.priority - b.priority)) {
    if ((session.askAgainAt.get(pod.uid) ?? 0) > ports.clock.now()) continue;
    if (!hasTime(context)) return undefined;
    await session.confirm();
    const answer = await ports.cluster.evict(pod);
    did(`evict ${podKey(pod)}: ${answer.outcome}${'detail' in answer ? ` (${answer.detail})` : ''}`);
    if (answer.outcome === 'misconfigured' && !isLost) return `${podKey(pod)} can never be evicted: ${answer.detail}`;
    if (answer.outcome === 'blocked' && answer.retryAfterMs !== undefined) {
      session.askAgainAt.set(pod.uid, ports.clock.now() + answer.retryAfterMs);
    }
  }
  return undefined;
}
