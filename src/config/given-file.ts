import { accessSync, constants, readFileSync, statSync } from 'node:fs';

/** Files that a person names, on the command line or by their place. */

/** By the code of the system's error, as it ends a sentence. */
const REASONS: Record<string, string> = {
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of its path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code];
  return reason === undefined ? message : `${reason} (${code})`;
}

/**
 * The text of such a file.
 *
 * @param refused makes the error of whoever reads it, of why it cannot be read
 * @throws what `refused` makes
 */
export function textOf(file: string, refused: (why: string) => Error): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refused(reasonOf(error));
  }
}

/** Why such a file cannot be read, for whoever leaves the reading to another program; undefined: it can. */
export function unreadable(file: string): string | undefined {
  try {
    if (statSync(file).isDirectory()) return reasonOf({ code: 'EISDIR' });
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
