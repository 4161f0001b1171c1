import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  withinMs: number;
  everyMs?: number;
  /** More about it, for a condition that did not come to hold. */
  failure?: () => string | Promise<string>;
}

/**
 * Resolves when the condition holds.
 *
 * @returns how long that took, milliseconds
 * @throws what the condition throws, or Error when it does not hold in time
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { withinMs, everyMs = 25, failure }: Patience,
): Promise<number> {
  const begun = performance.now();
  while (!(await holds())) {
    if (performance.now() - begun > withinMs) {
      throw new Error(`not within ${withinMs} ms: ${what}${failure ? `\n${await failure()}` : ''}`);
    }
    await delay(everyMs);
  }
  return performance.now() - begun;
}
