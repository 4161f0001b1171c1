import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BuildProgress, GoMissing, goProgram } from '../../src/dev/go-program';

/** Stands in for Go: builds what its sources say, downloads and compiles aloud, and fails where it is told to. */
const GO = `#!/bin/sh
echo "$1" >>"$CALLS"
case $1 in
  version) echo "\${GO_VERSION:-go version go1.26.8}" ;;
  list) [ -z "$WRONG" ] || { echo "go: downloading a v1" >&2; echo "$WRONG" >&2; exit 1; }; [ -z "$NO_MODULES" ] || { printf 'go: downloading a v1\\na@v1: not found\\n' >&2; exit 1; }; printf 'a\\nb\\n' ;;
  build)
    printf 'go: downloading c v1\\na\\nb\\n' >&2
    [ -z "$BROKEN" ] || { printf '# b\\n./main.go:1: syntax error\\n' >&2; exit 1; }
    for last; do out=$previous; previous=$last; done
    cp main.go "$out"
    ;;
esac
`;

let folder: string;
let environment: NodeJS.ProcessEnv;
const told: string[] = [];
const progress: BuildProgress = {
  started: (packages) => told.push(`started ${packages}`),
  compiled: (packages) => told.push(`compiled ${packages}`),
  ended: () => told.push('ended'),
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'go-program-'));
  for (const name of ['bin', 'source', 'cache']) mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, 'bin/go'), GO);
  chmodSync(path.join(folder, 'bin/go'), 0o755);
  writeFileSync(path.join(folder, 'calls'), '');
  source('the program');
  environment = {
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    CALLS: path.join(folder, 'calls'),
  };
  told.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source = (text: string) => writeFileSync(path.join(folder, 'source/main.go'), text);
const get = (change: NodeJS.ProcessEnv = {}) =>
  goProgram({ name: 'tool', directory: path.join(folder, 'source') }, progress, {
    ...environment,
    ...change,
  });
const builds = () => readFileSync(path.join(folder, 'calls'), 'utf8').split('build').length - 1;
const kept = () => readdirSync(path.join(folder, 'cache/k3s-autoscaler'));

describe('a program in Go', () => {
  it('is built once, aloud, and found in the cache after that', async () => {
    const first = await get();
    expect(readFileSync(first, 'utf8')).toBe('the program');
    expect(told).toEqual(['started 2', 'compiled 1', 'compiled 2', 'compiled 3', 'ended']);
    expect(await get()).toBe(first);
    expect(builds()).toBe(1);
    expect(kept()).toHaveLength(1);
  });

  it('is built anew when a source or Go itself is another', async () => {
    const first = await get();
    source('another program');
    const second = await get();
    const third = await get({ GO_VERSION: 'go version go1.27' });
    expect(new Set([first, second, third]).size).toBe(3);
    expect(readFileSync(third, 'utf8')).toBe('another program');
  });

  it.each(['another.go', 'go.mod', 'go.sum'])(
    'is built anew when %s is another, which nobody has to list',
    async (name) => {
      const first = await get();
      writeFileSync(path.join(folder, 'source', name), 'new');
      expect(await get()).not.toBe(first);
    },
  );

  it('is not built anew for a file that is no source', async () => {
    const first = await get();
    for (const name of ['main_test.go', 'README.md']) writeFileSync(path.join(folder, 'source', name), 'new');
    expect(await get()).toBe(first);
  });

  it('is missing without Go, and without its modules, in Go’s own words', async () => {
    await expect(get({ PATH: '/nowhere' })).rejects.toThrow(GoMissing);
    await expect(get({ NO_MODULES: '1' })).rejects.toThrow('its modules cannot be had: a@v1: not found');
    expect(builds()).toBe(0);
  });

  it.each([
    'go: errors parsing go.mod:\ngo.mod:235: unknown directive: bla',
    'go: updates to go.mod needed, disabled by -mod=readonly; to update it:\n\tgo mod tidy',
    'main.go:2:1: missing go.sum entry for module providing package b; to add:',
    'verifying b@v1: checksum mismatch',
    'main.go:13:2: cannot find module providing package b: import lookup disabled by -mod=readonly',
  ])('whose modules are not those of its sources is a mistake and nothing that is missing: %s', async (said) => {
    const built = get({ WRONG: said });
    await expect(built).rejects.toThrow(said.split('\n')[0]);
    await expect(built).rejects.not.toThrow(GoMissing);
  });

  it('that does not compile is a mistake and nothing that is missing, and leaves nothing behind', async () => {
    const built = get({ BROKEN: '1' });
    await expect(built).rejects.toThrow('./main.go:1: syntax error');
    await expect(built).rejects.not.toThrow(GoMissing);
    expect(kept()).toEqual([]);
  });
});
