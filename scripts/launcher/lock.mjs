/**
 * One installation at a time in one checkout, by a directory that only one process can create. It lies in `dist`,
 * which Git ignores, because `npm ci` removes `node_modules`.
 */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 250;

/**
 * Runs `work` while holding the lock; waits, and says so, while another living process holds it.
 *
 * @param {string} root the checkout
 * @param {(line: string) => void} say where words for people go
 * @param {() => Promise<void>} work
 */
export async function withInstallLock(root, say, work) {
  const lock = path.join(root, 'dist', '.install-lock');
  await mkdir(path.dirname(lock), { recursive: true });
  await acquire(lock, say);
  try {
    await work();
  } finally {
    await release(lock);
  }
}

/** Moved away before it is removed: a half-removed, empty directory could be taken by the next in the meantime. */
async function release(lock) {
  const aside = `${lock}-released-${process.pid}`;
  await rename(lock, aside).catch(() => {});
  await rm(aside, { recursive: true, force: true });
}

async function acquire(lock, say) {
  let told = false;
  while (!(await tryAcquire(lock))) {
    const owner = await ownerOf(lock);
    if (owner !== undefined && !isAlive(owner)) {
      await removeStale(lock, owner);
      continue;
    }
    if (owner !== undefined && !told) {
      say(`Another start (process ${owner}) is installing the dependencies: waiting for it (${lock}) …`);
      told = true;
    }
    await delay(POLL_MS);
  }
}

/** A directory that already names its owner is moved into place: there is no moment with a lock and no owner. */
async function tryAcquire(lock) {
  const mine = await mkdtemp(`${lock}-`);
  await writeFile(path.join(mine, 'pid'), String(process.pid));
  try {
    await rename(mine, lock);
    return true;
  } catch (error) {
    await rm(mine, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code)) return false;
    throw error;
  }
}

/** Process id of the holder; `undefined` where the lock was released in the meantime. */
async function ownerOf(lock) {
  const text = await readFile(path.join(lock, 'pid'), 'utf8').catch(() => '');
  return text === '' ? undefined : Number(text);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Moves the dead holder's lock away first: of several that see it, one succeeds, and nobody deletes a new lock. */
async function removeStale(lock, deadOwner) {
  const aside = `${lock}-stale-${process.pid}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  // Between looking and moving another may have replaced it: then it is given back.
  if ((await ownerOf(aside)) !== deadOwner) await rename(aside, lock).catch(() => {});
  await rm(aside, { recursive: true, force: true });
}
