import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compareVersions } from '../../../src/dev/prometheus/binary';
import { fromDebian } from '../../../src/dev/prometheus/debian';
import { type Download, findPrometheus } from '../../../src/dev/prometheus/find';
import { itOrSkip } from '../../support/skips';

let home: string;
let bin: string;
let log: string[];
const say = (line: string) => log.push(line);

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
  bin = path.join(home, 'bin');
  log = [];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A program that says this when it is asked for its version. */
function program(directory: string, says: string, name = 'prometheus'): string {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  writeFileSync(file, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(file, 0o755);
  return file;
}

const prometheus = (directory: string, version: string) =>
  program(directory, `prometheus, version ${version} (branch: HEAD)`);

/** An environment without the machine's own PATH: `/bin/sh` is named absolutely. */
const environment = (more: NodeJS.ProcessEnv = {}) => ({
  PATH: bin,
  XDG_CACHE_HOME: path.join(home, 'cache'),
  ...more,
});
const cacheDirectory = () => path.join(home, 'cache', 'k3s-autoscaler');

const works = (source: Download['source'], version: string): Download => ({
  source,
  what: `the ${source}`,
  obtain: async (directory) => prometheus(path.join(directory, 'unpacked'), version),
});
const fails: Download = {
  source: 'release',
  what: 'the release',
  obtain: async () => {
    throw new Error('fetch failed', { cause: new Error('no route to the internet') });
  },
};

describe('findPrometheus', () => {
  it('takes the one that PROMETHEUS_BIN names before one on PATH', async () => {
    const named = program(path.join(home, 'opt'), 'prometheus, version 3.5.0', 'prom');
    prometheus(bin, '2.45.0');
    const found = await findPrometheus(say, environment({ PROMETHEUS_BIN: named }), []);
    expect(found).toEqual({ path: named, version: '3.5.0', source: 'PROMETHEUS_BIN' });
  });

  it('refuses a PROMETHEUS_BIN that does not run, though there is one on PATH', async () => {
    prometheus(bin, '2.45.0');
    const finding = findPrometheus(say, environment({ PROMETHEUS_BIN: '/no/such' }), []);
    await expect(finding).rejects.toThrow(/PROMETHEUS_BIN=\/no\/such: .*ENOENT/);
  });

  it('takes the one on PATH and says nothing', async () => {
    const file = prometheus(bin, '2.45.0');
    expect(await findPrometheus(say, environment(), [])).toEqual({ path: file, version: '2.45.0', source: 'PATH' });
    expect(log).toEqual([]);
  });

  it('passes over a program of the same name and a Prometheus that is too old, and says so', async () => {
    program(bin, 'prometheus: a game');
    const old = path.join(home, 'old');
    prometheus(old, '2.31.1');
    const env = environment({ PATH: `${bin}${path.delimiter}${old}` });
    const found = await findPrometheus(say, env, [works('debian', '2.42.0+ds')]);
    expect(found.source).toBe('debian');
    expect(log[0]).toContain('is not Prometheus');
    expect(log[1]).toContain('is Prometheus 2.31.1, and 2.33 or newer is needed');
  });

  it('takes the newest in the cache that runs', async () => {
    prometheus(path.join(cacheDirectory(), 'prometheus-a'), '2.42.0+ds');
    const newest = prometheus(path.join(cacheDirectory(), 'prometheus-b'), '2.100.0');
    writeFileSync(prometheus(path.join(cacheDirectory(), 'prometheus-c'), '3.0.0'), 'not of this machine');
    expect(await findPrometheus(say, environment(), [])).toEqual({ path: newest, version: '2.100.0', source: 'cache' });
  });

  it('gets one from the first source that works, keeps it, and says what takes long and what failed', async () => {
    const found = await findPrometheus(say, environment(), [fails, works('debian', '2.42.0+ds')]);
    expect(found).toMatchObject({ version: '2.42.0+ds', source: 'debian' });
    expect(log.join('\n')).toContain('could not get the release: fetch failed (no route to the internet)');
    expect(await findPrometheus(say, environment(), [])).toEqual({ ...found, source: 'cache' });
  });

  it('leaves one whole binary when two look for it at once', async () => {
    const downloads = [works('debian', '2.42.0+ds')];
    const [one, two] = await Promise.all([1, 2].map(() => findPrometheus(say, environment(), downloads)));
    expect(one).toEqual(two);
    expect(readdirSync(cacheDirectory())).toHaveLength(1);
  });

  it('names the ways to get one when nothing works, and leaves nothing half done', async () => {
    const finding = findPrometheus(say, environment(), [fails]);
    await expect(finding).rejects.toThrow(/no route to the internet[\s\S]*on PATH[\s\S]*PROMETHEUS_BIN/);
    expect(readdirSync(cacheDirectory())).toEqual([]);
  });
});

describe('compareVersions', () => {
  it.each([
    ['2.42.0+ds', '2.42.0', 0],
    ['3.0.0-rc.1', '2.100.0', 1],
    ['2.9.1', '2.33', -1],
  ])('orders %s and %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});

describe("the distribution's package", () => {
  const missing = process.env.TEST_DOWNLOADS ? undefined : 'it loads from mirrors; TEST_DOWNLOADS=1 runs it';
  itOrSkip(
    missing,
    'is unpacked without root and runs',
    async () => {
      const download: Download = { source: 'debian', what: 'the package', obtain: fromDebian('prometheus') };
      const found = await findPrometheus(say, environment(), [download]);
      expect(found.source).toBe('debian');
    },
    200_000,
  );
});
