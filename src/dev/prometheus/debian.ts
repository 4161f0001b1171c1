import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from './binary';

const APT_TIMEOUT_MS = 180_000;

/**
 * A program of Debian's (or Ubuntu's) own package of the same name, from the mirrors that this machine is set up for and checked by apt against their
 * signatures, unpacked without root and without touching apt's state: all its directories are private.
 *
 * @returns what gets it, working in an empty directory, and returns its path
 * @throws Error when there is no apt here, no mirror answers or none has the package
 */
export const fromDebian =
  (name: string) =>
  async (directory: string): Promise<string> => {
    const [lists, cache] = [path.join(directory, 'lists'), path.join(directory, 'cache')];
    // apt does not make these by itself.
    await mkdir(path.join(lists, 'partial'), { recursive: true });
    await mkdir(path.join(cache, 'archives', 'partial'), { recursive: true });
    const settings = [
      `Dir::State::Lists=${lists}`,
      `Dir::Cache=${cache}`,
      'Dir::State::status=/dev/null',
      // Root's apt would give up its rights to the user _apt, which may not enter a directory of ours.
      'APT::Sandbox::User=',
      'Acquire::Languages=none',
      'Acquire::http::Timeout=10',
      'Acquire::https::Timeout=10',
      'Acquire::Retries=1',
    ].flatMap((setting) => ['-o', setting]);
    const options = { cwd: directory, timeout: APT_TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } };
    await run('apt-get', [...settings, '-qq', 'update'], options);
    await run('apt-get', [...settings, '-qq', 'download', name], options);
    const archive = (await readdir(directory)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get download ended well and left no package.');
    await run('dpkg', ['-x', archive, 'unpacked'], options);
    return path.join(directory, 'unpacked', 'usr', 'bin', name);
  };
