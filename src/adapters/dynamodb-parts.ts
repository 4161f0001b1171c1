import { gunzipSync, gzipSync } from 'node:zlib';

/** Text that may be larger than an item: gzipped and cut into parts. */

/** DynamoDB takes items of 400 KB, keys and names included. */
const PART_BYTES = 350_000;
/** 2.8 MB, some 30 MB of JSON: a cluster far larger than is promised. */
export const MAX_PARTS = 8;
/** What is unpacked at most: somebody else may have packed it. */
const MAX_TEXT_BYTES = 64 * 2 ** 20;

/** Undefined where it would take more than `MAX_PARTS`. */
export function partsOf(text: string): Uint8Array[] | undefined {
  const bytes = gzipSync(text);
  const count = Math.ceil(bytes.length / PART_BYTES);
  if (count > MAX_PARTS) return undefined;
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES));
}

/** @throws what zlib throws where they are no parts of one text */
export const textOf = (parts: readonly Uint8Array[]): string =>
  gunzipSync(Buffer.concat(parts), { maxOutputLength: MAX_TEXT_BYTES }).toString('utf8');
