import { type ResolvedConfig, toRuntimeConfig } from '../../config';
import { ConfigError, fieldPath } from '../../config/errors';
import { loadConfigFile } from '../../config/load';
import type { RuntimeConfig } from '../../config/runtime';
import { LOCAL_CLUSTER } from '../../config/stage';

export type ConfigReload =
  /** `changes`: a line for each setting, none where the file means what it meant. */
  { kind: 'read'; changes: string[]; config: RuntimeConfig } | { kind: 'broken'; text: string };

/** The configuration as it was last read without a mistake. */
export class WatchedConfig {
  private current: ResolvedConfig | undefined;
  private hasMistake = false;

  /** @param file absolute */
  constructor(private readonly file: string) {}

  /** There was a mistake in the file when it was read last. */
  get isBroken(): boolean {
    return this.hasMistake;
  }

  /** A mistake in the file is an answer, and what was read before stays. */
  async reload(): Promise<ConfigReload> {
    let next: ResolvedConfig;
    try {
      next = await loadConfigFile(this.file);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.hasMistake = true;
      return { kind: 'broken', text: error.message };
    }
    this.hasMistake = false;
    const changes = this.current === undefined ? [] : changesBetween(this.current, next);
    this.current = next;
    return { kind: 'read', changes, config: toRuntimeConfig(next, { cluster: LOCAL_CLUSTER }) };
  }
}

/** `policy.cpu.up: 70 → 80`, in the names that a person writes; lists as a whole. */
export function changesBetween(before: ResolvedConfig, now: ResolvedConfig): string[] {
  const [old, next] = [settings(before), settings(now)];
  return [...new Set([...old.keys(), ...next.keys()])]
    .filter((name) => old.get(name) !== next.get(name))
    .map((name) => `${name}: ${old.get(name) ?? '(not set)'} → ${next.get(name) ?? '(not set)'}`);
}

function settings(value: unknown, keys: readonly string[] = []): Map<string, string> {
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  if (!isGroup)
    return new Map([[fieldPath(keys), typeof value === 'string' ? value : (JSON.stringify(value) ?? '(not set)')]]);
  return new Map(Object.entries(value).flatMap(([key, entry]) => [...settings(entry, [...keys, key])]));
}
