import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** What a person may edit while `dev` runs; relative to the checkout. */
const WATCHED = ['src', 'handlers', 'userdata', 'k8s', 'autoscaler.config.ts', 'main.ts'];

/** One save gives several events (an editor writes another file and renames it); they come within a millisecond. */
const QUIET_MS = 2;

/** chokidar drops a file's events for 50 ms after one; this is when it is looked whether one was. */
const LATE_LOOK_MS = 60;

export interface Saved {
  /** Relative to the root, with slashes; removed ones too. Each holds something else than when it was told last. */
  files: string[];
  /** When the first event came, by `performance.now()`. */
  at: number;
}

export interface Watcher {
  close(): Promise<void>;
}

/**
 * Tells what was saved. Resolves when it watches.
 *
 * @param root the checkout, absolute
 */
export async function watchSources(root: string, onSaved: (saved: Saved) => void): Promise<Watcher> {
  // The root and not each of these by itself: chokidar lets go of a file that it was given once that is unlinked, as git
  // and editors do before they write it anew, and of a path that is not there yet it never tells.
  const ignored = (file: string) => !isWatched(path.relative(root, file));
  const watcher = watch('.', { cwd: root, ignored, ignoreInitial: true, followSymlinks: false });
  const gathered = new Set<string>();
  /** What each file held when it was told last: one save comes as several events, some of them late. */
  const known = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  let at = 0;
  let quiet: NodeJS.Timeout | undefined;

  const after = (ms: number, run: () => void): NodeJS.Timeout => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return timer;
  };
  const tell = () => {
    // Read before it is told: what is saved meanwhile differs from it at the late look.
    const files = [...gathered].filter((file) => {
      const held = contentOf(path.join(root, file));
      const isNews = known.get(file) !== held;
      known.set(file, held);
      return isNews;
    });
    gathered.clear();
    if (files.length === 0) return;
    after(LATE_LOOK_MS, () => files.forEach(heard));
    onSaved({ files, at });
  };
  const heard = (file: string) => {
    if (watcher.closed) return;
    if (gathered.size === 0) at = performance.now();
    gathered.add(file.split(path.sep).join('/'));
    clearTimeout(quiet);
    if (quiet) timers.delete(quiet);
    quiet = after(QUIET_MS, tell);
  };

  watcher.on('all', (event, file) => {
    if (event === 'add' || event === 'change' || event === 'unlink') heard(file);
  });
  await ready(watcher);
  return {
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      await watcher.close();
    },
  };
}

/** What is ignored is not walked either: `node_modules` costs nothing. */
const isWatched = (file: string): boolean => file === '' || WATCHED.includes(file.split(path.sep)[0] ?? '');

const contentOf = (file: string): string => {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64');
  } catch {
    return 'gone';
  }
};

const ready = (watcher: FSWatcher): Promise<void> =>
  new Promise((resolve, reject) => {
    watcher.once('ready', resolve);
    watcher.once('error', reject);
  });
