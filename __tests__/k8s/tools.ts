import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { compareVersions } from '../../src/dev/prometheus/binary';
import { cacheDirectory } from '../../src/dev/prometheus/cache';

/** The first that signs for a service of one's choice (`sigv4.service_name`). */
const MINIMUM = '3.5.0';

export interface PrometheusTools {
  /** Folder with `prometheus` and `promtool`, for a PATH. */
  folder: string;
  promtool: string;
}

let found: PrometheusTools | string | undefined;

/**
 * Prometheus and promtool of one version, 3.5 or newer: those on PATH, else those that an earlier run put into the cache,
 * else Debian's of its newest suite, unpacked without root. A string says why there are none.
 */
export function prometheusTools(): PrometheusTools | string {
  found ??= onPath() ?? cached() ?? fromSid();
  return found;
}

/** Undefined when there are tools, for `itOrSkip`. */
export function missingPrometheus(): string | undefined {
  const tools = prometheusTools();
  return typeof tools === 'string' ? tools : undefined;
}

export function tools(): PrometheusTools {
  const have = prometheusTools();
  if (typeof have === 'string') throw new Error(have);
  return have;
}

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
export const missingKubectl = has('kubectl', 'kustomize', '--help') ? undefined : 'kubectl is not on PATH';
export const missingShellcheck = has('shellcheck', '--version') ? undefined : 'shellcheck is not on PATH';

function inFolder(folder: string): PrometheusTools | undefined {
  const promtool = path.join(folder, 'promtool');
  if (!existsSync(promtool) || !existsSync(path.join(folder, 'prometheus'))) return undefined;
  const { stdout, stderr } = spawnSync(promtool, ['--version'], { encoding: 'utf8' });
  const version = /^promtool, version (\S+)/m.exec(`${stdout}\n${stderr}`)?.[1];
  if (version === undefined || compareVersions(version, MINIMUM) < 0) return undefined;
  return { folder, promtool };
}

function onPath(): PrometheusTools | undefined {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute)) {
    const here = inFolder(folder);
    if (here) return here;
  }
  return undefined;
}

/** Apart from the dev loop's Prometheus, which is found by other rules and may be older. */
const place = (): string =>
  path.join(cacheDirectory(process.env), `promtool-and-prometheus-${process.platform}-${process.arch}`);
const cached = (): PrometheusTools | undefined => inFolder(place());

function fromSid(): PrometheusTools | string {
  const needed = `neither PATH nor the cache has Prometheus and promtool ${MINIMUM} or newer`;
  if (!has('apt-get', '--version')) return `${needed}, and there is no apt to get Debian's with`;
  const parent = path.dirname(place());
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(path.join(parent, 'incoming-'));
  try {
    unpackFromSid(work);
    const folder = path.join(work, 'x', 'usr', 'bin');
    if (inFolder(folder) === undefined) return `${needed}, and Debian's newest is older`;
    try {
      renameSync(folder, place());
    } catch (error) {
      // Another test put its own there meanwhile.
      if (cached() === undefined) throw error;
    }
    return cached() ?? needed;
  } catch (error) {
    return `${needed}, and Debian's could not be got: ${(error as Error).message.trim().split('\n')[0]}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The suites that this machine is set up for may be older; its mirror and its keys serve for the newest too. */
function unpackFromSid(work: string): void {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'x']) {
    mkdirSync(path.join(work, folder), { recursive: true });
  }
  const mirror = /^URIs:\s*(\S+)/m.exec(readFileSync('/etc/apt/sources.list.d/debian.sources', 'utf8'))?.[1];
  if (mirror === undefined) throw new Error('/etc/apt/sources.list.d/debian.sources names no mirror');
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(path.join(work, 'sources.list'), `deb [signed-by=${keys}] ${mirror} sid main\n`);
  const settings = [
    `Dir::Etc::SourceList=${work}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    'Dir::State::status=/dev/null',
    // Root's apt would give up its rights to the user _apt, which may not enter a folder of ours.
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=10',
  ].flatMap((setting) => ['-o', setting]);
  const options = { cwd: work, timeout: 120_000, stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'] };
  execFileSync('apt-get', [...settings, '-qq', 'update'], options);
  execFileSync('apt-get', [...settings, '-qq', 'download', 'prometheus', 'promtool'], options);
  for (const name of readdirSync(work).filter((each) => each.endsWith('.deb'))) {
    execFileSync('dpkg', ['-x', name, 'x'], options);
  }
}
