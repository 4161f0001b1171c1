/** Aborted by the first SIGINT, SIGTERM or SIGHUP; later ones wait for the clean end that the first one began. */
export function interruptible(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, abort);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, abort);
    },
  };
}
