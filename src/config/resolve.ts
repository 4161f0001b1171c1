import { contradictions } from './contradictions';
import { ConfigError } from './errors';
import { configSchema, DEFAULT_POOLS, type ResolvedConfig } from './schema';
import { violationsOf } from './violations';

export type { ResolvedConfig, ResolvedPool } from './schema';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects merge by key, everything else replaces; undefined leaves what was there. */
export function deepMerge(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isObject(below) || !isObject(above)) return above;
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = deepMerge(below[key], value);
  return merged;
}

/**
 * Defaults and checks for what a person wrote, or a part of it.
 *
 * @param source file (or place) that errors name
 * @throws ConfigError that lists every violation
 */
export function resolveConfig(partial: unknown, source: string): ResolvedConfig {
  const input = deepMerge({ pools: DEFAULT_POOLS }, partial);
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) throw new ConfigError(source, violationsOf(parsed.error.issues, input));
  const found = contradictions(parsed.data);
  if (found.length > 0) throw new ConfigError(source, found);
  return parsed.data;
}
