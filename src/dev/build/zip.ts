import { zipSync } from 'fflate';

/** rw-r--r--: Lambda must be able to read the file. In a zip, Unix permissions are the upper half of the attributes. */
const READABLE_BY_ALL = 0o644 << 16;
const UNIX = 3;

/**
 * A zip that depends on nothing but its content: no modification time, no time zone, no order of a directory.
 *
 * @param name of the one file in it
 */
export function deterministicZip(name: string, content: Uint8Array): Uint8Array {
  // The zip format holds local time and fflate converts by the machine's zone; so this is the first local moment that
  // the format knows, which is the same bytes in every zone.
  const mtime = new Date(1980, 0, 1);
  return zipSync({ [name]: [content, { mtime, os: UNIX, attrs: READABLE_BY_ALL, level: 9 }] });
}
