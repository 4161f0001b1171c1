import path from 'node:path';
import { inspect, type PrometheusBinary } from './binary';
import { cacheDirectory, fromCache, putInCache } from './cache';
import { fromDebian } from './debian';
import { fromRelease, RELEASE } from './release';

export interface FoundPrometheus extends PrometheusBinary {
  source: 'PROMETHEUS_BIN' | 'PATH' | 'cache' | 'release' | 'debian';
}

/** Ways to get what is not there. Each works in a directory of its own and returns the path of the binary. */
export interface Download {
  source: 'release' | 'debian';
  /** For people, while it runs. */
  what: string;
  obtain: (directory: string) => Promise<string>;
}

export const DOWNLOADS: readonly Download[] = [
  {
    source: 'release',
    what: `the official release ${RELEASE.version} (some 100 MB)`,
    obtain: (directory) => fromRelease(directory),
  },
  { source: 'debian', what: "the distribution's package (apt, without root)", obtain: fromDebian('prometheus') },
];

/**
 * A Prometheus for development and tests: the one that `PROMETHEUS_BIN` names, else the one on PATH, else the newest in
 * the cache, else the official release, else Debian's package; the last two are put into the cache.
 *
 * @param log where a line about what takes long, or did not work, goes
 * @throws Error that names what was tried and the ways to get one
 */
export async function findPrometheus(
  log: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
  downloads: readonly Download[] = DOWNLOADS,
): Promise<FoundPrometheus> {
  if (env.PROMETHEUS_BIN) return { ...(await named(env.PROMETHEUS_BIN)), source: 'PROMETHEUS_BIN' };
  const onPath = await fromPath(env.PATH ?? '', log);
  if (onPath !== undefined) return { ...onPath, source: 'PATH' };
  const cache = cacheDirectory(env);
  const cached = await fromCache(cache);
  if (cached !== undefined) return { ...cached, source: 'cache' };
  return obtain(cache, downloads, log);
}

/** Somebody who names one wants that one, or to hear why not. */
async function named(file: string): Promise<PrometheusBinary> {
  try {
    return await inspect(path.resolve(file));
  } catch (error) {
    throw new Error(`PROMETHEUS_BIN=${file}: ${messageOf(error)} Name a Prometheus that runs, or unset it.`);
  }
}

async function fromPath(searchPath: string, log: (line: string) => void): Promise<PrometheusBinary | undefined> {
  for (const directory of searchPath.split(path.delimiter).filter(path.isAbsolute)) {
    try {
      return await inspect(path.join(directory, 'prometheus'));
    } catch (error) {
      // Most directories hold none; one that is there and is of no use is worth a word.
      if (!messageOf(error).includes('ENOENT')) log(`Prometheus: ${messageOf(error)}`);
    }
  }
  return undefined;
}

async function obtain(
  cache: string,
  downloads: readonly Download[],
  log: (line: string) => void,
): Promise<FoundPrometheus> {
  const failures: string[] = [];
  for (const { source, what, obtain: get } of downloads) {
    log(`Prometheus: none on PATH or in ${cache}; getting ${what} …`);
    try {
      const found = await putInCache(cache, get);
      log(`Prometheus: ${found.version} is in the cache now (${found.path}).`);
      return { ...found, source };
    } catch (error) {
      failures.push(`${what}: ${messageOf(error)}`);
      log(`Prometheus: could not get ${what}: ${messageOf(error)}`);
    }
  }
  throw new Error(notFound(cache, failures));
}

function notFound(cache: string, failures: readonly string[]): string {
  return [
    'There is no Prometheus on PATH, none in the cache, and none could be got:',
    ...failures.map((failure) => `  - ${failure}`),
    'Do one of these and run the command again:',
    '  - install Prometheus 2.33 or newer so that `prometheus` is on PATH (https://prometheus.io/download/,',
    '    `apt install prometheus`, `brew install prometheus`)',
    '  - set PROMETHEUS_BIN to the path of the binary',
    `  - put the binary at ${path.join(cache, 'prometheus-manual', 'prometheus')}`,
  ].join('\n');
}

/** The first line that says something, with its cause: `fetch failed` alone helps nobody. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message.trim().split('\n').slice(0, 3).join(' ');
  return error.cause instanceof Error ? `${message} (${error.cause.message})` : message;
}
