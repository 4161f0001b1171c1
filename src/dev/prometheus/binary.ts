import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** A Prometheus that runs on this machine. */
export interface PrometheusBinary {
  /** Absolute path. */
  path: string;
  /** As it names itself, like `3.5.0` or `2.42.0+ds`. */
  version: string;
}

/** The first with `--web.enable-remote-write-receiver` (https://github.com/prometheus/prometheus/releases/tag/v2.33.0). */
const MINIMUM = [2, 33];

/**
 * Asks a binary for its version.
 *
 * @throws Error when it does not run, is not Prometheus, or is too old to take samples by remote write
 */
export async function inspect(path: string): Promise<PrometheusBinary> {
  const { stdout, stderr } = await run(path, ['--version'], { timeout: 20_000 }).catch((error: Error) => {
    throw new Error(`${path} does not run: ${error.message.trim()}`);
  });
  // Which of the two it is written to depends on the version.
  const version = /^prometheus, version (\S+)/m.exec(`${stdout}\n${stderr}`)?.[1];
  if (version === undefined) throw new Error(`${path} is not Prometheus: \`--version\` does not say so.`);
  if (compareVersions(version, MINIMUM.join('.')) < 0) {
    throw new Error(`${path} is Prometheus ${version}, and ${MINIMUM.join('.')} or newer is needed (remote write).`);
  }
  return { path, version };
}

/** Orders versions by major, minor and patch number; what follows those does not count. */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string) => version.split(/[.+-]/).slice(0, 3).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
