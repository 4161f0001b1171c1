import { frameOf, headOf } from '../dev/web/frames';
import { documentOf } from '../dev/web/page/document';
import type { Recording } from '../world/play';
import { writeHtml } from './writable';

/**
 * Writes the web view of a run that was played with pictures.
 *
 * @throws {UsageError} when the file cannot be written
 */
export async function writeView(file: string, recording: Recording, artifact: { sha256: string }): Promise<void> {
  const run = { head: headOf(recording, artifact), frames: recording.ticks.map(frameOf) };
  const document = await documentOf({ run });
  writeHtml(file, document);
}
