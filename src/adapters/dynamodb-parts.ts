import { gunzipSync, gzipSync } from 'node:zlib';

/** Text that may be larger than an item: gzipped and cut into parts. */

/** DynamoDB takes items of 400 KB, keys and names included. */
const PART_BYTES = 350_000;
/** 2.8 MB, some 30 MB of JSON: a cluster far larger than is promised. */
export const MAX_PARTS = 8;
/** What is unpacked at most of our own snapshots and recordings: somebody else may have packed it. */
export const MAX_TEXT_BYTES = 64 * 2 ** 20;

/** Undefined where it would take more than `MAX_PARTS`. */
export function partsOf(text: string): Uint8Array[] | undefined {
  const bytes = gzipSync(text);
  const count = Math.ceil(bytes.length / PART_BYTES);
  if (count > MAX_PARTS) return undefined;
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES));
}

/** So many at most does a text of that size take: what cannot be packed grows by a few bytes for each block of it. */
export const partsAtMost = (bytes: number): number => Math.ceil((bytes * 1.001) / PART_BYTES);

/** It is larger than it may be; what is beyond was not unpacked. */
export class TextTooLarge extends Error {}

/** @throws TextTooLarge, or what zlib throws where they are no parts of one text */
export function textOf(parts: readonly Uint8Array[], mostBytes = MAX_TEXT_BYTES): string {
  try {
    return gunzipSync(Buffer.concat(parts), { maxOutputLength: mostBytes }).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    throw new TextTooLarge(`it is larger than ${mostBytes} bytes`);
  }
}
