import type { KubeMeta, VirtualClock, WorldEvent } from '../contract';
import type { Random } from '../random';
import { type Pod, timestamp } from './objects';
import type { Store } from './store';

/** What every part of the control plane shares. */
export interface Context {
  clock: VirtualClock;
  store: Store;
  uids: Random;
  suffixes: Random;
  emit(event: WorldEvent): void;
  /** Runs `run` later and lets the control plane settle after it. */
  later(delayMs: number, run: () => void): void;
  /** Not one of the system's own pods. */
  isWorkload(pod: Pod): boolean;
}

export const newMeta = (
  context: Context,
  name: string,
  namespace: string | undefined,
  more: Partial<KubeMeta> = {},
): KubeMeta => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  uid: context.uids.uuid(),
  resourceVersion: '',
  creationTimestamp: timestamp(context.clock.now()),
  ...more,
});
