import { Socket } from 'node:net';

/** Set by `scripts/launch.mjs`: the number of a pipe that nobody writes to, and whose other end it holds. */
const PIPE = 'K3S_AUTOSCALER_LAUNCHER_PIPE';

let gone = false;

/** Whether this process was started by the launcher, and it has ended since. */
export const isLauncherGone = (): boolean => gone;

/**
 * Ends this process as SIGTERM does once the launcher has ended, in whatever way: its pipe closes then, by `kill -9` too.
 * Without a launcher nothing happens.
 */
export function endWithLauncher(env: NodeJS.ProcessEnv = process.env): void {
  const fd = env[PIPE];
  // What this process starts has no such pipe.
  delete env[PIPE];
  if (fd === undefined) return;
  const pipe = new Socket({ fd: Number(fd), readable: true, writable: false });
  pipe.on('error', () => {});
  pipe.once('close', () => {
    gone = true;
    process.kill(process.pid, 'SIGTERM');
  });
  pipe.resume();
  // Alone it is no reason to stay.
  pipe.unref();
}
