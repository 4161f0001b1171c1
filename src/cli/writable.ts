import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './usage';

/** @throws {UsageError} where it is plain already that the file cannot be written */
export function refuseUnwritable(file: string): void {
  const directory = path.dirname(file);
  if (!existsSync(directory)) throw unwritable(file, `there is no directory ${directory}`);
  if (existsSync(file) && statSync(file).isDirectory()) throw unwritable(file, 'it is a directory');
  try {
    accessSync(existsSync(file) ? file : directory, constants.W_OK);
  } catch (error) {
    throw unwritable(file, (error as Error).message);
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
    throw unwritable(file, (error as Error).message);
  }
  process.stderr.write(`wrote ${file}: open it in a browser\n`);
}

const unwritable = (file: string, why: string): UsageError =>
  new UsageError(
    `--html ${file}: must be a file that can be written: ${why}; give a path in a directory that is there`,
  );
