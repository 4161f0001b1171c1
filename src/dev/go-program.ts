import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import path from 'node:path';
import { watchOver } from '../processes/watchdog';
import { isThere } from './is-there';
import { cacheDirectory } from './prometheus/cache';

/** Why a program of Go's cannot be had here: Go or one of its modules is missing. */
export class GoMissing extends Error {
  override readonly name = 'GoMissing';
}

export interface GoProgram {
  /** Of the file in the cache, before the hash. */
  name: string;
  /** Where its go.mod is, and all that it is made of. */
  directory: string;
  /** More arguments of `go build`. */
  flags?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

/** What is told of a build, for a progress line. Packages: all that have to be there, those that are cached included. */
export interface BuildProgress {
  started(packages: number): void;
  compiled(packages: number): void;
  ended(place: string): void;
}

/**
 * Path of the program in the cache, which is built into it first where it is not there: its name there is made of its
 * sources, of how it is built and of Go's version, so that it is built again when one of them changes. Two that build it
 * at once do no harm. The build takes a lower priority than all else.
 *
 * @throws {GoMissing} when there is no Go, or a module cannot be had
 * @throws Error with what Go said when its go.mod or go.sum is wrong, or it does not compile
 */
export async function goProgram(
  { name, directory, flags = [], env: own = {} }: GoProgram,
  progress: BuildProgress,
  environment: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
): Promise<string> {
  const go: Go = (args, onLine) => runGo(args, directory, { ...environment, ...own }, signal, onLine);
  const version = await go(['version']).catch((error: Error) => {
    throw missing('`go version` does not run', error, signal);
  });
  const hash = createHash('sha256').update(JSON.stringify([version, flags, own]));
  for (const file of await sourcesOf(directory)) hash.update(file).update(await readFile(path.join(directory, file)));
  const cache = cacheDirectory(environment);
  const place = path.join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (await isThere(place)) return place;
  // This is what downloads modules, so nearly all that fails here is not the program's own fault.
  const packages = await go(['list', '-deps', '.']).catch((error: Error) => {
    throw OWN_FAULT.test(error.message) ? error : missing('its modules cannot be had', error, signal);
  });
  progress.started(packages.trim().split('\n').length);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'incoming-'));
  try {
    const binary = path.join(work, name);
    let compiled = 0;
    await go(['build', '-v', ...flags, '-o', binary, '.'], () => progress.compiled(++compiled));
    await rename(binary, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  progress.ended(place);
  return place;
}

/** What Go 1.26 says of a go.mod or go.sum that does not belong to the sources; each was provoked. */
const OWN_FAULT =
  /errors parsing go\.mod|updates to go\.mod needed|missing go\.sum entry|checksum mismatch|cannot find module providing package/;

async function sourcesOf(directory: string): Promise<string[]> {
  const files = await readdir(directory);
  return files.filter((file) => /^go\.(mod|sum)$|(?<!_test)\.go$/.test(file)).sort();
}

type Go = (args: string[], onLine?: () => void) => Promise<string>;

function missing(what: string, error: Error, signal?: AbortSignal): Error {
  return signal?.aborted ? error : new GoMissing(`${what}: ${error.message.split('\n')[0]}`, { cause: error });
}

/** Standard output of a command that ends well. `onLine` is told of each line on standard error, where `-v` writes. */
function runGo(
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
  onLine: () => void = () => {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const child = spawn('go', args, { cwd, env, stdio, ...(signal && { signal }) });
    watchOver(child, {});
    if (child.pid !== undefined) lowerPriority(child.pid);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      for (const _ of text.matchAll(/\n/g)) onLine();
      stderr = (stderr + text).slice(-100_000);
    });
    child.once('error', reject);
    child.once('close', (code, ended) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(said(stderr) || `go ${args[0]} ended with ${ended ?? `code ${code}`}`));
    });
  });
}

/** The compilers that it starts inherit it. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already.
  }
}

/** Progress and downloads are no reason. */
const said = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(go: downloading |[\w./-]+$)/.test(line))
    .slice(0, 8)
    .map((line) => line.slice(0, 300))
    .join('\n');
