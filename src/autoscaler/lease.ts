import { LEASE_MARGIN_MS, type RuntimeConfig } from '../config/runtime';
import type { LeaseRequest, Ports, StateStore } from './ports';

/** Taking the lease and giving it back, for everything that acts under it. */

/** The nonce makes a duplicate delivery of one request somebody else; "mine" serves the SDK's own retry. */
export const leaseRequest = (ports: Ports, config: RuntimeConfig, requestId: string, now: number): LeaseRequest => ({
  owner: `${requestId}/${ports.newId()}`,
  now,
  leaseMs: config.functionTimeoutMs + LEASE_MARGIN_MS,
});

/** What fails must not keep the next invocation out until the lease expires. What it had begun is in the state. */
export async function orGiveBack<T>(
  store: StateStore,
  epoch: number,
  seenWake: number,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await releaseAnyway(store, epoch, seenWake).catch(() => {});
    throw error;
  }
}

/**
 * Whoever came meanwhile is not looked after by this invocation, for which there is no time: the next one must find the
 * lease free. It looks at everything, notices among it, whatever it was started by, so nothing is lost but time.
 */
export async function releaseAnyway(
  store: Pick<StateStore, 'release'>,
  epoch: number,
  seenWake: number,
): Promise<void> {
  const end = await store.release(epoch, seenWake);
  if (end.outcome === 'woken') await releaseAnyway(store, epoch, end.wake);
}
