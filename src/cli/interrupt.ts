import { EXIT } from './usage';

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP, or when the reader of our output goes away (`dev --json | head`).
 * Later ones wait for the clean end that the first one began: what we started must not outlive us.
 */
export function interruptible(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, abort);
  // Stays for good: a pipe that is closed says so again at each later write.
  process.stdout.on('error', onOutputError);
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
