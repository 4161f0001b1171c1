import { isLauncherGone } from './launcher';
import { OUTPUTS } from './reader';
import { EXIT } from './usage';

/** How long a clean end may take that nobody waits for any more. */
const ORPHAN_MS = 10_000;

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
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, abort);
  // Any other error of an output ends the process (`reader.ts`).
  for (const output of OUTPUTS) output.on('error', abort);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, abort);
      for (const output of OUTPUTS) output.off('error', abort);
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
