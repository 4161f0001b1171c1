/** Installs what `package-lock.json` says when `node_modules` holds something else. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withInstallLock } from './lock.mjs';
import { sameAsInstalled } from './lockfile.mjs';

/**
 * Returns when the dependencies of the lock file are installed.
 *
 * @param {string} root the checkout
 * @param {(line: string) => void} say where words for people go
 */
export async function ensureInstalled(root, say) {
  if (await isInstalled(root)) return;
  await withInstallLock(root, say, async () => {
    // Whoever held the lock before us may have done the work.
    if (await isInstalled(root)) return;
    say('Installing dependencies (npm ci; up to a minute, once per change of package-lock.json) …');
    const started = Date.now();
    await npmCi(root);
    await rememberInstalled(root);
    say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  });
}

const lockFile = (root) => path.join(root, 'package-lock.json');
// npm writes this one at the very end of an installation, so an interrupted one has none.
const hiddenLockFile = (root) => path.join(root, 'node_modules', '.package-lock.json');
const markFile = (root) => path.join(root, 'node_modules', '.launcher-lock.sha256');

async function isInstalled(root) {
  const wanted = await readFile(lockFile(root), 'utf8');
  const installed = await readFile(hiddenLockFile(root), 'utf8').catch(() => undefined);
  if (installed === undefined) return false;
  const mark = await readFile(markFile(root), 'utf8').catch(() => '');
  // No mark after a plain `npm ci` or `npm install`: then the two lists of packages decide.
  return mark === markOf(wanted, installed) || sameAsInstalled(JSON.parse(wanted), JSON.parse(installed));
}

async function rememberInstalled(root) {
  const [wanted, installed] = await Promise.all([lockFile(root), hiddenLockFile(root)].map((f) => readFile(f, 'utf8')));
  await writeFile(markFile(root), markOf(wanted, installed));
}

/** Both files and the platform: a `node_modules` carried to another machine holds the wrong binaries. */
function markOf(wanted, installed) {
  const hash = createHash('sha256').update(wanted).update('\0').update(installed).digest('hex');
  return `${hash} ${process.platform}-${process.arch}`;
}

/**
 * Settings that the outer `npm run` hands down and that would make `npm ci` do something else. Others, like a registry
 * or a proxy, are the user's and stay.
 */
const HARMFUL = [
  'workspace',
  'workspaces',
  'package_lock_only',
  'global',
  'location',
  'dry_run',
  'omit',
  'only',
  'prefix',
];

function npmEnvironment() {
  const harmful = new Set(HARMFUL.map((name) => `npm_config_${name}`));
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !harmful.has(name.toLowerCase())));
}

/** The npm that started us, else the one on PATH: as a script under our own Node where we know it. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script !== undefined && path.basename(script) === 'npm-cli.js') return [process.execPath, script];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function npmCi(root) {
  const [program, ...before] = npmCommand();
  // Flags win over every inherited setting: development and optional (platform) packages are needed in any case,
  // and `npm run -s` would silence errors.
  const flags = [
    '--include=dev',
    '--include=optional',
    '--package-lock=true',
    '--loglevel=error',
    '--no-audit',
    '--no-fund',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, 'ci', ...flags], {
      cwd: root,
      env: npmEnvironment(),
      stdio: ['ignore', 2, 2],
      shell: program.endsWith('.cmd'),
    });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.once('error', (error) => reject(new Error(`npm could not be started (${error.message}): is npm on PATH?`)));
    child.once('exit', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `npm ci ended with ${signal ?? `exit code ${code}`}: the dependencies are not installed. See npm's message above.`,
          ),
        );
    });
  });
}
