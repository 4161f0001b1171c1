/**
 * Tells when the npm that started us is gone. Whoever kills it with -9 means all of it, and npm cannot hand the signal
 * on then. npm gives its scripts no pipe of its own that would close, so there is nothing to wait for but the process.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

const LOOK_MS = 500;

/**
 * Calls `then` once, soon after npm is gone. Without npm in between nothing is watched: a shell or a process manager
 * may start us and end, and mean us to stay (`nohup node scripts/launch.mjs … &`). npm itself always waits for us.
 *
 * @param {() => void} then
 */
export function whenNpmIsGone(then) {
  if (!process.env.npm_lifecycle_script?.includes('scripts/launch.mjs')) return;
  const parent = process.ppid;
  const shell = processOf(parent);
  // npm starts a shell, and some shells become the program that they are to run: then npm itself is our parent.
  const isShell = shell?.command.includes('scripts/launch.mjs') ?? false;
  const isThere = () => process.ppid === parent && (!isShell || isParentOf(shell.parent, parent));
  const timer = setInterval(() => {
    if (isThere()) return;
    clearInterval(timer);
    then();
  }, LOOK_MS);
  timer.unref();
}

/** A shell whose parent has ended has another one; where that cannot be read, the parent is asked itself. */
function isParentOf(npm, shell) {
  if (process.platform === 'linux') return processOf(shell)?.parent === npm;
  try {
    process.kill(npm, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Undefined where there is none, or nothing that tells. */
function processOf(pid) {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything: fields are counted from behind it.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
  } catch {
    return undefined;
  }
}

function fromPs(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' });
  const [, parent, command] = /^\s*(\d+)\s+(.*)/.exec(stdout ?? '') ?? [];
  return parent === undefined ? undefined : { parent: Number(parent), command };
}
