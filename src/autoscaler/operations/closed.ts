import { isLaunch, isOpen } from '../planning/fleet-view';
import type { ClosedLaunch, ClusterState } from '../state';

/** An invocation that was frozen in its call for longer than this would have been dead long ago. */
const KEPT_MS = 60 * 60_000;
/** Both bounds together keep this memory below 16 KB. */
const MOST_LAUNCHES = 32;
const MOST_INSTANCES = 256;

/** Finished operations leave the state; of launches it keeps for a while what they got. */
export function withoutFinished(state: ClusterState, at: number): ClusterState {
  const ended = state.operations
    .filter(isLaunch)
    .filter((operation) => !isOpen(operation))
    .map(({ id, instances }) => ({ id, instances, closedAt: at }));
  const kept = state.closedLaunches.filter(({ closedAt }) => at - closedAt < KEPT_MS);
  return { ...state, operations: state.operations.filter(isOpen), closedLaunches: newest([...kept, ...ended]) };
}

function newest(closed: ClosedLaunch[]): ClosedLaunch[] {
  let launches = closed.slice(-MOST_LAUNCHES);
  while (launches.length > 1 && launches.flatMap(({ instances }) => instances).length > MOST_INSTANCES) {
    launches = launches.slice(1);
  }
  return launches;
}
