import { gzipSync } from 'fflate';
import { ConfigError } from './errors';
import type { RuntimeConfig } from './runtime';

/** Lambda allows 4 KB of environment variables in all; the rest is for the resources and the SDK's own settings. */
export const MAX_ENCODED_BYTES = 3_584;

/**
 * The value of `AUTOSCALER_CONFIG`: gzip in base64. fflate instead of zlib, so that the same configuration gives the
 * same bytes on every version of Node, and the second `terraform plan` is empty.
 *
 * @throws ConfigError above 3.5 KB
 */
export function encodeRuntimeConfig(runtime: RuntimeConfig): string {
  const json = new TextEncoder().encode(JSON.stringify(runtime));
  const encoded = Buffer.from(gzipSync(json, { level: 9, mtime: 0 })).toString('base64');
  if (encoded.length <= MAX_ENCODED_BYTES) return encoded;
  throw new ConfigError('configuration', [
    {
      keys: [],
      value: `${encoded.length} bytes`,
      rule: `must fit ${MAX_ENCODED_BYTES} bytes when it is compressed: Lambda allows 4 KB of environment variables`,
      fix: 'use fewer pools, fewer instance types for each pool, or fewer and shorter labels',
    },
  ]);
}
