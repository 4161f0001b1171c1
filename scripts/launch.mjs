/**
 * What every npm script starts: makes sure that the dependencies of this checkout are installed, then runs the command.
 * Plain Node without dependencies, because it runs before there are any; and not a `pre*` hook, because npm skips
 * those where a user has set `ignore-scripts`. All it says goes to stderr: stdout belongs to the command.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled } from './launcher/install.mjs';
import { nodeVersionError } from './launcher/node-version.mjs';
import { whenNpmIsGone } from './launcher/parent.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const say = (line) => process.stderr.write(`${line}\n`);

/** Runs a program with our streams and hands it our signals; resolves with how it ended. */
function run(program, args, { stdio = 'inherit', env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio, env });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const forward = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve({ code, signal });
    });
  });
}

const node = (args, options) => run(process.execPath, args, options);

/** A program out of the installed dependencies: the file behind its `bin`, so that no shell shim is needed. */
function bin(packageName, binName = packageName) {
  const require = createRequire(path.join(root, 'package.json'));
  const manifest = require.resolve(`${packageName}/package.json`);
  const { bin: entry } = require(manifest);
  return path.join(path.dirname(manifest), typeof entry === 'string' ? entry : entry[binName]);
}

function typescript(file, args, options) {
  const tsx = createRequire(path.join(root, 'package.json')).resolve('tsx');
  return node(['--import', pathToFileURL(tsx).href, path.join(root, file), ...args], options);
}

/** A pipe beside the three streams, which closes when we end in whatever way: the command then ends too. */
const LEASH = {
  stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  env: { ...process.env, K3S_AUTOSCALER_LAUNCHER_PIPE: '3' },
};

const cli = (command, args) => typescript('src/cli/main.ts', [command, ...args], LEASH);

/** Runs steps in order and stops at the first that fails. */
async function inOrder(...steps) {
  for (const step of steps) {
    const end = await step();
    if (end.code !== 0) return end;
  }
  return { code: 0, signal: null };
}

/** Tests that would make the others wait for minutes. */
const LONG = '\\.long\\.test\\.ts$';
/** Properties of the planner, which `npm test` tries on a quarter of their clusters only. */
const PROPERTIES = '/packing/[a-z]+\\.properties\\.test\\.ts$';
const isPath = (args) => args.some((arg) => !arg.startsWith('-'));

// The artifact that tests run must be the one of these sources. Its words on stdout would mix with Jest's.
const jest = (args, env = {}) =>
  inOrder(
    () => cli('build', ['--quiet']),
    () => node([bin('jest'), '--ci', ...args], { env: { ...env, ...process.env } }),
  );

const commands = {
  // Those that are named are run, whatever they are called.
  test: (args) =>
    isPath(args) ? jest(args) : jest(['--testPathIgnorePatterns', LONG, ...args], { PROPERTY_RUNS: '0.25' }),
  'test:long': (args) => jest(['--testPathPatterns', `${LONG}|${PROPERTIES}`, ...args]),
  'test:e2e': (args) => jest(['--config', path.join(root, 'jest.e2e.config.js'), ...args]),
  'test:tools': (args) => typescript('scripts/test-tools.ts', args),
  'first-minute': (args) => typescript('scripts/first-minute.ts', args),
  lint: (args) =>
    inOrder(
      () => node([bin('@biomejs/biome', 'biome'), 'check', ...args]),
      () => node([bin('typescript', 'tsc'), '-p', root]),
      // What runs in a browser has other globals.
      () => node([bin('typescript', 'tsc'), '-p', path.join(root, 'src/dev/web/page/client')]),
    ),
  format: (args) => node([bin('@biomejs/biome', 'biome'), 'check', '--write', ...args]),
};

async function main([command, ...args]) {
  if (command === undefined) {
    say('usage: node scripts/launch.mjs <command> [arguments]');
    return { code: 2, signal: null };
  }
  await ensureInstalled(root, say);
  return commands[command]?.(args) ?? cli(command, args);
}

/** Ends as the child ended; where a signal ended it, the same signal ends us, so that shells and npm see the truth. */
function exitLike({ code, signal }) {
  if (signal === null) process.exit(code);
  process.exitCode = 128 + constants.signals[signal];
  process.kill(process.pid, signal);
}

const versionError = nodeVersionError(process.versions.node);
if (versionError !== undefined) {
  say(versionError);
  process.exit(1);
}
// By the way that every signal goes: to `npm ci` while that runs, else to the command.
whenNpmIsGone(() => process.kill(process.pid, 'SIGTERM'));
main(process.argv.slice(2)).then(exitLike, (error) => {
  say(error.message);
  process.exit(1);
});
