import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Reads until nobody can write any more, which is when we are gone, in whatever way. */
const SCRIPT = [
  'cat >/dev/null',
  '[ -z "$3" ] || { kill -INT "$1" 2>/dev/null && sleep "$3"; }',
  'kill -9 "$1" 2>/dev/null',
  // One that is being killed may still write: then the folder is not empty when its turn comes.
  '[ -z "$2" ] || for _ in 1 2 3 4 5; do rm -rf "$2" 2>/dev/null && break; sleep 0.2; done',
].join('; ');

interface Left {
  /** Removed once the child is ended. */
  folder?: string;
  /** It was started `detached`, and what it has started itself ends with it. */
  group?: boolean;
  /** Seconds that the child gets after a SIGINT, to put away what it made; by default it gets none. */
  patience?: number;
  /** What the child writes to. Without a reader its last words would end it (SIGPIPE), before it has put anything away. */
  words?: Readable[];
}

/**
 * Ends a child of ours and removes its folder should this process be killed so hard (`kill -9`, out of memory) that it
 * can do neither. A shell of its own group, so that a Ctrl-C of the terminal does not reach it first. Once the child has
 * ended it is called off: the process id may then be another's; what is left to remove is removed at once.
 *
 * @param child one that could not be started is nobody to watch over
 * @returns what calls it off sooner
 */
export function watchOver(child: ChildProcess, { folder = '', group = false, patience, words = [] }: Left): () => void {
  if (child.pid === undefined) return () => {};
  const callOff = release(group ? -child.pid : child.pid, folder, patience, words);
  child.once('exit', callOff);
  return callOff;
}

/** @param pid negative for a whole group, as of kill(2) */
function release(pid: number, folder: string, patience: number | undefined, words: Readable[]): () => void {
  const dog = spawn('sh', ['-c', SCRIPT, 'sh', String(pid), folder, String(patience ?? '')], {
    stdio: ['pipe', 'ignore', 'ignore', ...words],
    detached: true,
  });
  // Without a shell there is no watchdog, and all else is as before.
  dog.on('error', () => {});
  dog.stdin?.on('error', () => {});
  dog.unref();
  // A pipe keeps this process alive unless it is told not to.
  (dog.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return () => {
    if (dog.pid === undefined || dog.exitCode !== null || dog.signalCode !== null) return;
    try {
      // The whole group: what the shell waits for would stay.
      process.kill(-dog.pid, 'SIGKILL');
    } catch (error) {
      // It was called off before, and Node.js has not heard of its end yet.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
}
