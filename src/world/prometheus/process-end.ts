const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const cleanups = new Set<() => void>();

/** Runs `cleanup` when this process ends by itself or by a signal, so that no child outlives it. Returns its undoing. */
export const onProcessEnd = (cleanup: () => void): (() => void) => {
  if (cleanups.size === 0) watch();
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) unwatch();
  };
};

const runAll = (): void => {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
};

/** A signal's default is to end the process; with a listener it no longer is, unless somebody else handles it too. */
const onSignal = (signal: NodeJS.Signals): void => {
  const others = process.listenerCount(signal) > 1;
  // Somebody who handles the signal ends the world in order; then `exit` still catches what is left.
  if (others) return;
  runAll();
  unwatch();
  process.kill(process.pid, signal);
};

const watch = (): void => {
  process.on('exit', runAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
};

const unwatch = (): void => {
  process.off('exit', runAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
};
