import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

/** Stands in for npm: notes how it was called, takes its time, and leaves what an installation leaves. */
const NPM = `
const { appendFileSync, cpSync, mkdirSync, symlinkSync } = require('node:fs');
appendFileSync('npm.log', JSON.stringify({ args: process.argv.slice(2), env: process.env }) + '\\n');
console.log('npm says this on stdout');
if (process.env.NPM_FAILS) process.exit(3);
setTimeout(() => {
  mkdirSync('node_modules', { recursive: true });
  try { symlinkSync(${JSON.stringify(path.join(ROOT, 'node_modules/tsx'))}, 'node_modules/tsx'); } catch {}
  cpSync('package-lock.json', 'node_modules/.package-lock.json');
}, 300);
`;

/** Stands in for the command line: says its arguments, and waits for a signal when it is told to. */
const MAIN = `
const args: string[] = process.argv.slice(2);
console.log(JSON.stringify(args));
if (args[0] === 'fail') process.exitCode = 9;
if (args[0] === 'wait') {
  const alive = setInterval(() => {}, 1_000);
  process.on('SIGTERM', () => { clearInterval(alive); process.exitCode = 7; });
  console.log('ready');
}
if (args[0] === 'die') process.kill(process.pid, 'SIGKILL');
`;

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

let root: string;

beforeEach(() => {
  // GIVEN a fresh checkout
  root = mkdtempSync(path.join(tmpdir(), 'launch-'));
  cpSync(path.join(ROOT, 'scripts'), path.join(root, 'scripts'), { recursive: true });
  mkdirSync(path.join(root, 'src/cli'), { recursive: true });
  writeFileSync(path.join(root, 'src/cli/main.ts'), MAIN);
  writeFileSync(path.join(root, 'npm-cli.js'), NPM);
  writeFileSync(path.join(root, 'package.json'), '{}');
  writeLock('1.0.0');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function writeLock(version: string): void {
  const lock = { packages: { '': {}, 'node_modules/a': { version, integrity: `sha512-${version}` } } };
  writeFileSync(path.join(root, 'package-lock.json'), JSON.stringify(lock));
}

function start(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ['scripts/launch.mjs', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, npm_execpath: path.join(root, 'npm-cli.js'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })));
}

const launch = (args: string[], env?: NodeJS.ProcessEnv) => ended(start(args, env));

function npmCalls(): { args: string[]; env: Record<string, string> }[] {
  const file = path.join(root, 'npm.log');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('the launcher', () => {
  it('installs once, says so on stderr, and leaves stdout to the command', async () => {
    const first = await launch(['dev', '--once']);
    const second = await launch(['dev', '--once']);
    expect(first).toMatchObject({ code: 0, stdout: '["dev","--once"]\n' });
    expect(first.stderr).toContain('Installing dependencies');
    expect(first.stderr).toContain('npm says this on stdout');
    expect(second).toMatchObject({ code: 0, stdout: '["dev","--once"]\n', stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  it('installs development and platform packages whatever the outer npm was told, and keeps a registry', async () => {
    await launch(['dev'], {
      npm_config_omit: 'dev',
      npm_config_global: 'true',
      npm_config_dry_run: 'true',
      npm_config_registry: 'https://registry.example',
      NODE_ENV: 'production',
    });
    const [call] = npmCalls();
    expect(call?.args).toEqual(expect.arrayContaining(['ci', '--include=dev', '--include=optional']));
    expect(Object.keys(call?.env ?? {}).filter((name) => name.startsWith('npm_config_'))).toEqual([
      'npm_config_registry',
    ]);
  });

  it('installs again when the lock file has changed, and not after a plain installation by npm', async () => {
    await launch(['dev']);
    writeLock('2.0.0');
    await launch(['dev']);
    expect(npmCalls()).toHaveLength(2);
    // WHEN npm itself installed: there is no mark of ours
    rmSync(path.join(root, 'node_modules/.launcher-lock.sha256'));
    await launch(['dev']);
    expect(npmCalls()).toHaveLength(2);
  });

  it('installs once when two start at the same time; the second waits and says so', async () => {
    const both = await Promise.all([launch(['dev']), launch(['build'])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.map(({ stderr }) => stderr).join('')).toMatch(/Another start \(process \d+\) is installing/);
    expect(npmCalls()).toHaveLength(1);
    expect(existsSync(path.join(root, 'dist/.install-lock'))).toBe(false);
  });

  it('takes over the lock of a process that is gone', async () => {
    const gone = start(['no-such']);
    await ended(gone);
    rmSync(path.join(root, 'node_modules'), { recursive: true });
    const lock = path.join(root, 'dist/.install-lock');
    mkdirSync(lock, { recursive: true });
    writeFileSync(path.join(lock, 'pid'), String(gone.pid));
    expect((await launch(['dev'])).code).toBe(0);
    expect(npmCalls()).toHaveLength(2);
  });

  it('ends with 1 and a sentence when the installation fails, and frees the lock', async () => {
    const { code, stderr } = await launch(['dev'], { NPM_FAILS: 'yes' });
    expect(code).toBe(1);
    expect(stderr).toContain('npm ci ended with exit code 3: the dependencies are not installed.');
    expect(existsSync(path.join(root, 'dist/.install-lock'))).toBe(false);
  });

  it("passes on the command's exit code and the signal that ended it", async () => {
    expect(await launch(['fail'])).toMatchObject({ code: 9, signal: null });
    expect(await launch(['die'])).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('hands signals to the command and lets it end in its own way', async () => {
    const child = start(['wait']);
    child.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('ready')) child.kill('SIGTERM');
    });
    expect(await ended(child)).toMatchObject({ code: 7, signal: null });
  });

  it('is told which command to run, or says how', async () => {
    expect(await launch([])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('the version of Node.js', () => {
  const check = (version: string) => {
    const script = `import { nodeVersionError } from './scripts/launcher/node-version.mjs';
      console.log(String(nodeVersionError('${version}')));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
    return ended(child).then(({ stdout }) => stdout.trim());
  };

  it('20.19 and newer will do', async () => {
    expect(await Promise.all(['20.19.0', '22.0.0', '24.11.1'].map(check))).toEqual(Array(3).fill('undefined'));
  });

  it('older ones are refused by name, with what to do', async () => {
    expect(await check('20.18.3')).toContain('needs Node.js 20.19 or newer, and this is 20.18.3');
    expect(await check('18.20.8')).toContain('nvm install');
  });
});
