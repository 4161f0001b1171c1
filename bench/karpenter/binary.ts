import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheDirectory } from '../../src/dev/prometheus/cache';
import { outputOf } from '../process';

const SOURCES = ['go.mod', 'go.sum', 'main.go', 'schema.go', 'client.go'];

/** Why Karpenter is left out: Go, or a module, is missing. */
export class KarpenterMissing extends Error {
  override readonly name = 'KarpenterMissing';
}

/**
 * The program with Karpenter's scheduler in it, out of the cache, or built into it: its name there is made of its sources
 * and of Go's version, so that it is built again when either changes.
 *
 * @param log where a line about what takes long goes
 * @throws {KarpenterMissing}
 */
export async function karpenterBinary(
  log: (line: string) => void,
  signal?: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  // One package at a time: the machine may have other things to do.
  const env = { GOFLAGS: '-p=1', ...environment };
  const directory = __dirname;
  const go = await goVersion(directory, env);
  const hash = createHash('sha256').update(go);
  for (const file of SOURCES) hash.update(await readFile(path.join(directory, file)));
  const cache = cacheDirectory(environment);
  const place = path.join(cache, `karpbench-${hash.digest('hex').slice(0, 16)}`);
  if (await isThere(place)) return place;
  log('bench: building Karpenter’s scheduler; the first time that takes about three minutes and 420 MB of modules …');
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'incoming-'));
  try {
    const binary = path.join(work, 'karpbench');
    await outputOf('go', ['build', '-ldflags=-s -w', '-o', binary, '.'], {
      cwd: directory,
      env,
      ...(signal && { signal }),
    });
    await rename(binary, place);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new KarpenterMissing(`it does not build here: ${(error as Error).message}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  log(`bench: built, and kept as ${place}`);
  return place;
}

const goVersion = (cwd: string, env: NodeJS.ProcessEnv): Promise<string> =>
  outputOf('go', ['version'], { cwd, env }).catch((error: NodeJS.ErrnoException) => {
    throw new KarpenterMissing(`\`go version\` does not run: ${error.message.split('\n')[0]}`);
  });

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
