import type { RuntimeConfig } from '../../config/runtime';
import type { Plan } from '../plan';
import type { Snapshot } from '../snapshot';

/**
 * What the function of a stage and a laptop that is attached to it tell each other, through a mailbox that both can
 * reach. The laptop attaches and beats; the function hands a snapshot over; the laptop answers with a plan; the function
 * says what became of it. No credentials travel, and no side believes the other's clock.
 */

/**
 * A hash of the types that travel: snapshot, plan, state and configuration. Two sides with the same one understand each
 * other; a test reckons it from the sources and says what to write here when they change.
 */
export const CONTRACT = 'a7e88cf5d828';

/** `live`: the laptop's plan is executed, where it passes every check. `shadow`: it is only compared. */
export type Mode = 'live' | 'shadow';

/** Who is attached. */
export interface Attachment {
  /** `user@host`, for people. */
  owner: string;
  /** Random, new with each attachment. */
  nonce: string;
  mode: Mode;
  contract: string;
  /** By the laptop's own clock, ISO, for people: nothing is decided from it. */
  since: string;
  /** Grows while the laptop lives. That it changed between two reads is all that tells of life. */
  beat: number;
}

/** What the laptop plans from; secrets are left out. `plan`: the function's own, in shadow mode. */
export interface Parcel {
  config: RuntimeConfig;
  snapshot: Snapshot;
  plan?: Plan;
}

export interface Handover {
  /** A hash of the body: the same snapshot, the same id. */
  id: string;
  /** Of the attachment that it is for. */
  nonce: string;
  epoch: number;
  /** A `Parcel` as JSON. */
  body: string;
}

/** To one handover. Whatever a laptop wrote: nothing of it is believed before it was checked. */
export interface Answer {
  nonce: string;
  epoch: number;
  contract: string;
  /** A `Plan` as JSON, or why there is none. */
  body: string;
  failed: boolean;
}

/** What became of a handover, or why there was none: for the person at the laptop. */
export interface Word {
  nonce: string;
  /** Of the handover; absent where nothing was handed over. */
  id?: string;
  epoch: number;
  outcome: 'executed' | 'refused' | 'late' | 'silent';
  text: string;
}

/** The function's end. Each call may throw; each has a deadline of its own. */
export interface Mailbox {
  attachment(): Promise<Attachment | undefined>;
  put(handover: Handover): Promise<void>;
  /**
   * Undefined while there is none to this handover.
   *
   * @throws AnswerTooLarge without having read it
   */
  answer(id: string): Promise<Answer | undefined>;
  say(word: Word): Promise<void>;
}
