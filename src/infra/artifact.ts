import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** What the bundle is made of; the rest of the repository may change without a new one. */
const SOURCES = ['handlers', 'src/adapters', 'src/autoscaler', 'src/config', 'src/dev/build', 'package-lock.json'];

/** Milliseconds since 1970 of the last change of a file, or of anything in a folder. */
function changedAt(file: string): number {
  if (!existsSync(file)) return 0;
  const stats = statSync(file);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The folder's own time too: a file that was deleted leaves no other trace.
  return Math.max(stats.mtimeMs, ...readdirSync(file).map((name) => changedAt(path.join(file, name))));
}

/** Whether the zip is there and newer than everything it is made of. */
export function isCurrent(root: string, zip: string): boolean {
  if (!existsSync(zip)) return false;
  return statSync(zip).mtimeMs >= Math.max(...SOURCES.map((source) => changedAt(path.join(root, source))));
}

/**
 * The zip to deploy, built anew where sources changed since: a build takes seconds, a look at the files does not, and
 * yesterday's code must not be deployed.
 *
 * @param root the checkout
 * @returns absolute path
 */
export async function currentArtifact(root: string): Promise<string> {
  const zip = path.join(root, 'dist/autoscaler.zip');
  if (isCurrent(root, zip)) return zip;
  const { buildArtifact } = await import('../dev/build/bundle');
  return (await buildArtifact({ root, outdir: 'dist/autoscaler' })).zip;
}
