import type { RuntimeConfig } from '../../config/runtime';
import type { Clock } from '../ports';
import type { Snapshot } from '../snapshot';
import type { Answer, Attachment, Handover, Mailbox } from './mailbox';

/** How a wait is measured: by a clock that nobody sets, in milliseconds from anywhere. */
export interface Waiting {
  monotonic(): number;
  sleep(ms: number): Promise<void>;
}

export type Heard = { answer: Answer } | { gaveUp: 'late' | 'silent'; text: string };

/** Long enough for a large cluster on a slow line, short enough that no pod waits for it. */
const MOST_MS = 10_000;
const LEAST_MS = 500;
/** What the rest of the tick needs: its steps 15 s, and reading and telling of an answer that came at the last moment. */
const RESERVE_MS = 25_000;
/** The laptop beats every second: four that are missed are no hiccup of its line. */
const SILENT_MS = 4_000;
const POLL_MS = 200;
const BEAT_CHECK_MS = 1_000;

/**
 * Waits for the answer to a handover, as long as the tick can spare, and no longer than the laptop lives: that is told
 * by its beat, which grows between two reads. A clock of the laptop's is never looked at.
 */
export async function waitForAnswer(
  attached: Attachment,
  { id }: Handover,
  snapshot: Snapshot,
  options: { config: RuntimeConfig; mailbox: Mailbox; clock: Clock; waiting: Waiting },
): Promise<Heard> {
  const { mailbox, clock, waiting } = options;
  const most = timeFor(snapshot, options);
  if (most < LEAST_MS) return { gaveUp: 'late', text: 'this tick has no time to wait for a laptop' };
  const began = waiting.monotonic();
  let pulse = { beat: attached.beat, at: began };
  for (let checked = began; ; ) {
    const answer = await mailbox.answer(id);
    if (answer) return { answer };
    const now = waiting.monotonic();
    if (now - pulse.at >= SILENT_MS) return { gaveUp: 'silent', text: `no heartbeat for ${seconds(now - pulse.at)}` };
    // The tick's time too: a sandbox that stood still has lost some that no monotonic clock counts.
    if (now - began >= most || clock.remaining() < RESERVE_MS) {
      return { gaveUp: 'late', text: `no answer within ${seconds(now - began)}` };
    }
    await waiting.sleep(POLL_MS);
    if (now - checked < BEAT_CHECK_MS) continue;
    checked = now;
    const still = await mailbox.attachment();
    if (still?.nonce !== attached.nonce) return { gaveUp: 'silent', text: 'it has left' };
    if (still.beat !== pulse.beat) pulse = { beat: still.beat, at: waiting.monotonic() };
  }
}

/** What is planned from must not grow old while it is waited for. */
const timeFor = ({ at }: Snapshot, { config, clock }: { config: RuntimeConfig; clock: Clock }): number =>
  Math.min(MOST_MS, clock.remaining() - RESERVE_MS, config.policy.dataMaxAgeMs / 2 - (clock.now() - at));

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
