import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { compareVersions, inspect, type PrometheusBinary } from './binary';

/** `${XDG_CACHE_HOME:-~/.cache}/k3s-autoscaler`. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  // The XDG specification: an unset, empty or relative value is ignored.
  const base = env.XDG_CACHE_HOME;
  return path.join(base && path.isAbsolute(base) ? base : path.join(homedir(), '.cache'), 'k3s-autoscaler');
}

/** The newest Prometheus in the cache that runs here. */
export async function fromCache(cache: string): Promise<PrometheusBinary | undefined> {
  const names = await readdir(cache).catch(() => []);
  const candidates = names.filter((name) => name.startsWith('prometheus-'));
  // One that does not run, say of another architecture in a shared home, is passed over.
  const found = await Promise.all(
    candidates.map((name) => inspect(path.join(cache, name, 'prometheus')).catch(() => undefined)),
  );
  return found.filter((each) => each !== undefined).sort((a, b) => compareVersions(b.version, a.version))[0];
}

/**
 * Puts a Prometheus into the cache. `obtain` gets an empty directory and returns the path of the binary in it; nobody
 * sees it before it is whole and runs, and when two processes do this at once the second uses what the first put there.
 *
 * @throws Error what `obtain` throws, or that the binary does not run
 */
export async function putInCache(
  cache: string,
  obtain: (directory: string) => Promise<string>,
): Promise<PrometheusBinary> {
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const work = await mkdtemp(path.join(cache, 'incoming-'));
  try {
    const obtained = await obtain(work);
    const { version } = await inspect(obtained);
    const whole = await mkdtemp(path.join(work, 'whole-'));
    await rename(obtained, path.join(whole, 'prometheus'));
    const place = path.join(cache, `prometheus-${version}-${process.platform}-${process.arch}`);
    await moveUnlessThere(whole, place);
    return await inspect(path.join(place, 'prometheus'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const ABANDONED_MS = 3_600_000;

/** What a process that was killed at it left behind; no download takes an hour. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith('incoming-')) continue;
    const directory = path.join(cache, name);
    const age = Date.now() - (await stat(directory).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > ABANDONED_MS) await rm(directory, { recursive: true, force: true });
  }
}
