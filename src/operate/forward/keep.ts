import { NotNow, Unusable } from '../../deploy/errors';

/** One forwarded port while it is open. */
export interface Open {
  /** On 127.0.0.1. */
  port: number;
  /** Resolves with the reason once it has ended by itself. */
  ended: Promise<string>;
  close(): Promise<void>;
}

export interface KeepOptions {
  /** Of what is forwarded, for people. */
  name: string;
  /** Opens it again, at the same port. */
  reopen: (port: number) => Promise<Open>;
  onEvent: (event: KeepEvent) => void;
  sleep: (ms: number) => Promise<void>;
  /** Milliseconds, of a clock that only goes forwards. */
  monotonic: () => number;
}

export type KeepEvent =
  | { kind: 'ended'; reason: string; againInMs: number }
  | { kind: 'reopened'; port: number }
  | { kind: 'failed'; error: NotNow; againInMs: number };

/** Before each of the tries in a row; as many tries as there are. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000];
/** After so long a session was a good one, and the tries are counted anew. */
const STOOD_MS = 60_000;

/**
 * Keeps a port open until the signal: a session ends after its idle time, by a person or when the server goes, and the
 * address that a browser or a kubeconfig has shall go on to work.
 *
 * @throws {Unusable} when it could not be kept, or at once where another try would not help
 */
export async function keepOpen(first: Open, options: KeepOptions, signal: AbortSignal): Promise<void> {
  const { name, reopen, onEvent, sleep, monotonic } = options;
  const { port } = first;
  let tries = 0;
  let open: Open | undefined = first;
  let since = monotonic();
  try {
    while (!signal.aborted) {
      const reason = await Promise.race([open.ended, aborted(signal)]);
      if (reason === undefined) return;
      await open.close();
      open = undefined;
      if (monotonic() - since >= STOOD_MS) tries = 0;
      if (tries >= PAUSES_MS.length) throw neverStays(name, reason);
      onEvent({ kind: 'ended', reason, againInMs: PAUSES_MS[tries] as number });
      while (open === undefined) {
        await sleep(PAUSES_MS[tries++] as number);
        if (signal.aborted) return;
        open = await reopen(port).catch((error: unknown) => {
          if (!(error instanceof NotNow) || tries >= PAUSES_MS.length) throw error;
          onEvent({ kind: 'failed', error, againInMs: PAUSES_MS[tries] as number });
          return undefined;
        });
      }
      since = monotonic();
      onEvent({ kind: 'reopened', port });
    }
  } finally {
    await open?.close();
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

const neverStays = (name: string, reason: string): Unusable =>
  new Unusable('Session Manager', name, {
    value: reason,
    rule: `a session must stand for a minute, and ${PAUSES_MS.length} in a row did not`,
    fix: "see the session's end in the console (Systems Manager, Session history), and run it again",
  });
