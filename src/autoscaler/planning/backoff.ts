import type { Backoff } from '../state';

/** What failed and when it may be tried again, by what it was: an offering, a node. */
type Memory = Record<string, Backoff>;

/** The first pause doubles with each failure in a row, up to the longest. */
export function remember(
  memory: Memory,
  key: string,
  reason: string,
  at: number,
  pauses: { firstMs: number; maxMs: number },
): Memory {
  const failures = (memory[key]?.failures ?? 0) + 1;
  const pause = Math.min(pauses.maxMs, pauses.firstMs * 2 ** (failures - 1));
  return { ...memory, [key]: { failures, until: at + pause, reason: shortened(reason) } };
}

const MOST_CHARACTERS = 200;

/** EC2 explains a missing right in kilobytes; what is stored of it for each thing that failed must stay small. */
export const shortened = (reason: string): string =>
  reason.length > MOST_CHARACTERS ? `${reason.slice(0, MOST_CHARACTERS - 1)}…` : reason;

/** Success clears the memory of that one alone. */
export function forget(memory: Memory, key: string): Memory {
  const { [key]: _, ...rest } = memory;
  return rest;
}
