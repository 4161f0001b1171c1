import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from '../../../src/dev/prometheus/cache';

/** A program as a Go module, which Go checks against its checksum database. */
export interface GoInstall {
  /** `github.com/prometheus/prometheus/cmd/prometheus` */
  of: string;
  /** `v0.316.0` */
  version: string;
  /** Build tags. */
  tags?: string;
}

/**
 * Path of the program in the cache, into which it is built where it is not there: for what neither PATH nor the
 * distribution has.
 *
 * @param log where a line goes before what takes minutes
 * @throws Error of one line when there is no Go, or it cannot be built
 */
export function goInstalled({ of, version, tags = '' }: GoInstall, log: (line: string) => void): string {
  const name = path.basename(of);
  const cache = cacheDirectory(process.env);
  const place = path.join(cache, `${name}-from-go-${version}`);
  if (existsSync(place)) return place;
  if (spawnSync('go', ['version']).status !== 0) throw new Error('`go version` does not run');
  log(`end to end: building ${name} ${version}; that takes up to three minutes …`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, 'incoming-'));
  try {
    execFileSync('go', ['install', '-trimpath', '-ldflags=-s -w', `-tags=${tags}`, `${of}@${version}`], {
      env: { ...process.env, GOBIN: work, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(path.join(work, name), place);
  } catch (error) {
    // Go's own last words; before them come its downloads.
    const said = String((error as { stderr?: Buffer }).stderr ?? '').trim();
    throw new Error(`go install ${of}@${version}: ${said.split('\n').at(-1) || (error as Error).message}`, {
      cause: error,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return place;
}
