import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** What a person may edit while `dev` runs; relative to the checkout. */
const WATCHED = ['src', 'handlers', 'userdata', 'k8s', 'autoscaler.config.ts', 'main.ts'];

/** One save gives several events (an editor writes another file and renames it); they come within a millisecond. */
const QUIET_MS = 2;

/** chokidar drops a file's events for 50 ms after one; this is when it is looked whether one was. */
const LATE_LOOK_MS = 60;
/** The clock of file systems may be behind by a tick of the kernel. */
const CLOCK_SLACK_MS = 10;

export interface Saved {
  /** Relative to the root, with slashes; removed ones too. */
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
  // For a path that is not there chokidar watches the whole root, and tells that it is ready before it is.
  const there = WATCHED.filter((name) => existsSync(path.join(root, name)));
  const watcher = watch(there, { cwd: root, ignoreInitial: true, followSymlinks: false });
  const gathered = new Set<string>();
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
    const files = [...gathered];
    gathered.clear();
    const told = Date.now();
    after(LATE_LOOK_MS, async () => {
      for (const file of files) if (await isNewer(path.join(root, file), told)) heard(file);
    });
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

/** Written after that time, milliseconds since 1970. A removal is never dropped. */
const isNewer = async (file: string, time: number): Promise<boolean> => {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && found.mtimeMs > time - CLOCK_SLACK_MS;
};

const ready = (watcher: FSWatcher): Promise<void> =>
  new Promise((resolve, reject) => {
    watcher.once('ready', resolve);
    watcher.once('error', reject);
  });
