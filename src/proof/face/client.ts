import type { Call } from './calls';
import type { Invocation, Service } from './invocation';

/** How a service's own client behaves: how often it asks by itself, and how long it waits. */
export interface Manners {
  attempts: number;
  patienceMs: number;
  isRetried: (error: unknown) => boolean;
}

/** One `send` of a client: repeats what its kind of client repeats by itself, within its patience. */
export async function ask<T>(
  caller: () => Invocation,
  call: Call,
  service: Service<T>,
  { attempts, patienceMs, isRetried }: Manners,
): Promise<T> {
  for (let left = attempts; ; left--) {
    try {
      return await caller().call(call, service, patienceMs);
    } catch (error) {
      if (left <= 1 || !isRetried(error)) throw error;
    }
  }
}

const statusOf = (error: unknown): number =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;

/** The SDK asks again after a broken connection, throttling and a server's error. */
export const isRetriedBySdk = (error: unknown): boolean =>
  (error as { code?: string }).code === 'ECONNRESET' ||
  statusOf(error) >= 500 ||
  /Throttl|RequestLimitExceeded|ThroughputExceeded/.test((error as Error).name);

/** Our HTTP client asks once more where a connection broke (`adapters/http.ts`). */
export const isRetriedByHttp = (error: unknown): boolean => (error as { code?: string }).code === 'ECONNRESET';
