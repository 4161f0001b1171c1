import { isLauncherGone } from './launcher';
import { EXIT } from './usage';

/** How long a clean end may take that nobody waits for any more. */
const ORPHAN_MS = 10_000;

/** Of a pipe whose reader has ended, and of a terminal that was closed. */
const READER_GONE = ['EPIPE', 'EIO'];

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP, or when the reader of our output goes away (`dev --json | head`).
 * Later ones wait for the clean end that the first one began: what we started must not outlive us. Where the launcher
 * is gone nobody is left who could end us should that hang, so then it has its time.
 */
export function interruptible(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
    if (isLauncherGone()) setTimeout(() => process.exit(EXIT.failed), ORPHAN_MS).unref();
  };
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (!READER_GONE.includes(error.code ?? '')) throw error;
    abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, abort);
  // Stays for good: a pipe that is closed says so again at each later write.
  for (const output of [process.stdout, process.stderr]) output.on('error', onOutputError);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, abort);
    },
  };
}

/** The exit code of what runs until it is done or the signal is given, whichever is first. */
export async function untilInterrupted(run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const { signal, dispose } = interruptible();
  try {
    return await run(signal);
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    dispose();
  }
}
