/**
 * What a sandbox remembers between two invocations, so that nobody is told the same at every tick. It is lost with the
 * sandbox, and then something is told or recorded once more; nothing is ever decided from it, so the state item need
 * not hold it. (client-go's recorder remembers in the same way: tools/record/events_cache.go.)
 */
export interface Memory {
  /** What was last told about an object, by its uid, the longest ago first. */
  told: Map<string, { key: string; at: number }>;
  /** What the last recorded plan came to. */
  recorded?: { outline: string; at: number };
}

export const newMemory = (): Memory => ({ told: new Map() });

/** Events live for an hour, and so does what is told by them. */
export const AN_HOUR_MS = 3_600_000;

/** As many as a large cluster has pending pods; 100 bytes each. */
const MAX_TOLD = 5_000;

/** It was told lately, and nothing else about the object since. */
export function isTold(memory: Memory, uid: string, key: string, at: number): boolean {
  const last = memory.told.get(uid);
  return last !== undefined && last.key === key && at - last.at < AN_HOUR_MS;
}

export function remember(memory: Memory, uid: string, key: string, at: number): void {
  memory.told.delete(uid);
  memory.told.set(uid, { key, at });
  const [oldest] = memory.told.keys();
  if (memory.told.size > MAX_TOLD && oldest !== undefined) memory.told.delete(oldest);
}
