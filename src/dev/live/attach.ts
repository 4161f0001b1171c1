import { hostname, userInfo } from 'node:os';
import type { LaptopMailbox } from '../../adapters/dynamodb-mailbox-laptop';
import { type Attachment, CONTRACT, type Mode } from '../../autoscaler/live/mailbox';

/** Somebody else's laptop is attached, and lives. */
export class AlreadyAttached extends Error {
  constructor(readonly by: Attachment) {
    super(`${by.owner} is attached since ${by.since}`);
    this.name = 'AlreadyAttached';
  }
}

/** A laptop that lives beats every second; of one that did not for so long nobody knows more. */
export const LISTEN_MS = 5_000;
const LISTEN_EVERY_MS = 500;

/** `user@host`, in the characters that the mailbox takes. */
export const ownerHere = (): string =>
  `${userInfo().username}@${hostname()}`.replaceAll(/[^\w.@-]/g, '-').slice(0, 128);

/**
 * Takes the one place at the stage. Whether a laptop that holds it lives is told by its beat, and not by any clock: one
 * that is closed is taken over after five seconds.
 *
 * @throws AlreadyAttached
 */
export async function attach(
  mailbox: LaptopMailbox,
  { owner, mode, nonce, now }: { owner: string; mode: Mode; nonce: string; now: number },
  sleep: (ms: number) => Promise<unknown>,
): Promise<Attachment> {
  const there = await mailbox.attachment();
  for (let listened = 0; there && listened < LISTEN_MS; listened += LISTEN_EVERY_MS) {
    await sleep(LISTEN_EVERY_MS);
    const again = await mailbox.attachment();
    if (again && (again.nonce !== there.nonce || again.beat !== there.beat)) throw new AlreadyAttached(again);
    if (!again) return attach(mailbox, { owner, mode, nonce, now }, sleep);
  }
  const mine = { owner, nonce, mode, contract: CONTRACT, since: new Date(now).toISOString(), beat: 1 };
  if (await mailbox.attach(mine, there)) return mine;
  const winner = await mailbox.attachment();
  throw new AlreadyAttached(winner ?? { ...mine, owner: 'somebody who was quicker' });
}
