import type { Run } from '../frame';
import { pack } from '../packed';
import { assembled, type Parts, partsOf } from './parts';

let parts: Promise<Parts> | undefined;

/**
 * The web view as one HTML document that loads nothing: script, styles and, for a file, the run are inside.
 *
 * @param content a run, or `live`: the script then asks `frames`, listens to `events` and posts to `control`, all
 *   beside the document
 * @param nonce goes onto the script and the style, for the server's Content-Security-Policy. Without it the document
 *   carries a policy of its own, which lets it load and reach nothing.
 */
export async function documentOf(content: { run: Run } | { live: true }, nonce?: string): Promise<string> {
  parts ??= partsOf('page.html', 'client/main.ts');
  const data = 'run' in content ? pack(content.run) : undefined;
  return assembled(await parts, { data, isLive: 'live' in content, nonce });
}
