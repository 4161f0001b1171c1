import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './usage';

/** The flags that name a file to be written. */
type Flag = '--html' | '--export' | '--out';

/** @throws {UsageError} where it is plain already that the file cannot be written */
export function refuseUnwritable(flag: Flag, file: string): void {
  const directory = path.dirname(file);
  if (!existsSync(directory)) throw unwritable(flag, file, `there is no directory ${directory}`);
  if (existsSync(file) && statSync(file).isDirectory()) throw unwritable(flag, file, 'it is a directory');
  try {
    accessSync(existsSync(file) ? file : directory, constants.W_OK);
  } catch (error) {
    throw unwritable(flag, file, (error as Error).message);
  }
}

/**
 * Writes the file of `--html`, and says so.
 *
 * @throws {UsageError} when it cannot be written
 */
export function writeHtml(file: string, document: string): void {
  try {
    writeFileSync(file, document);
  } catch (error) {
    throw unwritable('--html', file, (error as Error).message);
  }
  process.stderr.write(`wrote ${file}: open it in a browser\n`);
}

const unwritable = (flag: Flag, file: string, why: string): UsageError =>
  new UsageError(
    `${flag} ${file}: must be a file that can be written: ${why}; give a path in a directory that is there`,
  );
