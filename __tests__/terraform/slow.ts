import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ROOT, run } from './harness';

/** Tests with programs that the project does not depend on: they are installed when the test runs, outside the checkout. */

/** Why such a test is skipped; undefined when it was asked for. */
export function notAskedFor(): string | undefined {
  return process.env.TEST_SLOW === '1' ? undefined : 'installs packages; run it with TEST_SLOW=1';
}

/** Runs a program that must end well. @throws with what it said */
export async function succeed(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { status, stdout, stderr } = await run(program, args, { cwd, env });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${stderr}\n${stdout}`);
  return stdout;
}

/** Installs npm packages below a folder, and nothing else of the project. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=dev'];
  await succeed('npm', ['install', '--prefix', folder, ...flags, ...packages], folder, process.env);
}

/** What `main.ts` needs of the checkout. */
const NEEDED = [
  'autoscaler.config.ts',
  'cdktf.json',
  'dist',
  'handlers',
  'k8s',
  'main.ts',
  'package-lock.json',
  'package.json',
  'src',
  'tsconfig.json',
  'userdata',
];

/**
 * A copy of the checkout, to be changed at will. Node finds our dependencies one folder above it, so that packages
 * installed in the copy win.
 */
export function copyCheckout(folder: string): string {
  const copy = path.join(folder, 'checkout');
  for (const name of NEEDED.filter((each) => existsSync(path.join(ROOT, each)))) {
    // With their times: a zip that is older than its sources is built anew.
    cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return copy;
}
