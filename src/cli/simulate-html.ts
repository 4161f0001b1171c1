import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { frameOf, headOf } from '../dev/web/frames';
import { documentOf } from '../dev/web/page/document';
import type { Recording } from '../world/play';
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
 * Writes the web view of a run that was played with pictures.
 *
 * @throws {UsageError} when the file cannot be written
 */
export async function writeView(file: string, recording: Recording, artifact: { sha256: string }): Promise<void> {
  const run = { head: headOf(recording, artifact), frames: recording.ticks.map(frameOf) };
  const document = await documentOf({ run });
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
