import { setTimeout as sleep } from 'node:timers/promises';
import type { LaptopMailbox } from '../../adapters/dynamodb-mailbox-laptop';
import { describe } from '../../adapters/errors';
import type { LiveEvent } from './events';
import { LiveSession, type SessionOptions } from './session';

const BEAT_MS = 1_000;
const POLL_MS = 400;

/**
 * Beats and answers until it is told to end, or its place is taken; then lets go of the place.
 *
 * @param onAge the age of the heartbeat, every second
 * @returns whether it was told to end
 */
export async function runSession(
  options: SessionOptions,
  signal: AbortSignal,
  onAge: (ms: number) => void,
): Promise<boolean> {
  const { mailbox, attached, onEvent } = options;
  const session = new LiveSession(options);
  const ended = new AbortController();
  const end = AbortSignal.any([signal, ended.signal]);
  let isLost = false;
  const beat = async () => {
    isLost ||= !(await session.beat());
    if (isLost) ended.abort();
  };
  try {
    await Promise.all([
      every(BEAT_MS, end, async () => {
        await attempt(session, onEvent, beat);
        onAge(session.ageMs);
      }),
      every(POLL_MS, end, () => attempt(session, onEvent, () => session.poll())),
    ]);
    if (!isLost) return true;
    onEvent({ kind: 'lost', by: await ownerNow(mailbox) });
    return false;
  } finally {
    // A second developer need not wait until this one is known to be dead.
    await mailbox.detach(attached).catch(() => {});
    onEvent({ kind: 'detached' });
  }
}

/** What fails may be the line: it is told, and tried again. */
async function attempt(
  session: LiveSession,
  onEvent: (event: LiveEvent) => void,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    onEvent({ kind: 'trouble', error: describe(error), ageMs: session.ageMs });
  }
}

async function every(ms: number, signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await step();
    await sleep(ms, undefined, { signal }).catch(() => {});
  }
}

const ownerNow = async (mailbox: LaptopMailbox): Promise<string | null> =>
  (await mailbox.attachment().catch(() => undefined))?.owner ?? null;
