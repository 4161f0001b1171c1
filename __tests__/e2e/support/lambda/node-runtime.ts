import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { isThere } from '../../../../src/dev/is-there';
import { cacheDirectory } from '../../../../src/dev/prometheus/cache';
import { HandedOn } from '../handed-on';

const execute = promisify(execFile);

/** What the function runs on. */
export interface NodeRuntime {
  program: string;
  /** `v22.23.3` */
  version: string;
}

const NODE = new HandedOn('E2E_NODE');

/** Finds the function's Node for a whole run of Jest; its workers inherit where it is, or why there is none. */
export async function prepareNode(runtime: string, log: (line: string) => void): Promise<void> {
  try {
    NODE.isAt((await nodeFor(runtime, log)).program);
  } catch (error) {
    NODE.lacks((error as Error).message, log);
  }
}

/** Why there is no Node for the function, for `itOrSkip`; undefined when there is one. */
export const missingNode = (): string | undefined => NODE.missing()?.split('\n')[0];

/** npm's packages with nothing but Node in them, `node-<platform>-<arch>`: 190 MB, so nobody has them as a dependency. */
const RELEASES: Record<string, string> = { '22': '22.23.3' };

const versionOf = async (program: string): Promise<string | undefined> => {
  try {
    return (await execute(program, ['--version'])).stdout.trim();
  } catch {
    return undefined;
  }
};

/**
 * Node of the version that Lambda runs: the one that `E2E_NODE` names, else the one on PATH, else that of the cache, into
 * which npm puts it the first time.
 *
 * @param runtime as the function names it, `nodejs22.x`
 * @param log where a line about what takes long goes
 * @throws Error when none can be had: on another one nothing would be shown of the function
 */
export async function nodeFor(runtime: string, log: (line: string) => void): Promise<NodeRuntime> {
  const major = /^nodejs(\d+)\.x$/.exec(runtime)?.[1] ?? '';
  const fits = (version: string | undefined): version is string => version?.startsWith(`v${major}.`) ?? false;
  for (const program of [process.env[NODE.variable], 'node', process.execPath]) {
    const version = program === undefined ? undefined : await versionOf(program);
    if (program !== undefined && fits(version)) return { program, version };
  }
  const program = await fromCache(major, log).catch((error: Error) => {
    throw new Error(`no Node of ${runtime} for the function: ${error.message}\nfix: name one in ${NODE.variable}`, {
      cause: error,
    });
  });
  const version = await versionOf(program);
  if (!fits(version)) throw new Error(`the function's Node, ${program}, is ${version} and not ${runtime}; remove it`);
  return { program, version };
}

async function fromCache(major: string, log: (line: string) => void): Promise<string> {
  const release = RELEASES[major];
  if (release === undefined) throw new Error(`no release of Node ${major} is pinned in ${path.basename(__filename)}`);
  const name = `node-${process.platform}-${process.arch}`;
  const cache = cacheDirectory(process.env);
  const place = path.join(cache, `${name}-${release}`);
  const program = path.join(place, 'node_modules', name, 'bin', 'node');
  if (await isThere(program)) return program;
  log(`the function's Node: getting ${name}@${release} from npm (some 190 MB) …`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'incoming-'));
  try {
    const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
    await execute('npm', ['install', '--prefix', work, ...flags, `${name}@${release}`]);
    // Of two that do this at once the second finds the first's there, which is as good.
    await rename(work, place).catch(() => {});
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}
