import type { ApiObject } from '../support/api';
import { isRunning } from './look';

/** Of some pods the fewest that ran at a time, looked at five times a second until it is stopped. */
export class Fewest {
  count = Number.POSITIVE_INFINITY;
  readonly #timer: NodeJS.Timeout;

  constructor(pods: () => Promise<ApiObject[]>) {
    this.#timer = setInterval(async () => {
      // While the API server is away nobody knows.
      const now = await pods().catch(() => undefined);
      if (now === undefined) return;
      const healthy = now.filter((pod) => isRunning(pod) && pod.metadata.deletionTimestamp === undefined);
      this.count = Math.min(this.count, healthy.length);
    }, 200);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
