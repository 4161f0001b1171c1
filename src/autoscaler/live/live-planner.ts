import { createHash } from 'node:crypto';
import type { RuntimeConfig } from '../../config/runtime';
import { oneLine } from '../one-line';
import type { Plan } from '../plan';
import type { Clock, Look, Planner } from '../ports';
import type { Snapshot } from '../snapshot';
import { withoutSecrets } from '../telling/recording';
import { AnswerTooLarge } from './answer-size';
import { foreignPlan } from './foreign-plan';
import { type Answer, type Attachment, CONTRACT, type Handover, type Mailbox, type Parcel, type Word } from './mailbox';
import { type Waiting, waitForAnswer } from './wait';

export interface LivePlannerOptions {
  /** Pure: the function's own planner. */
  own(snapshot: Snapshot): Plan;
  config: RuntimeConfig;
  mailbox: Mailbox;
  clock: Clock;
  waiting: Waiting;
  memory: LiveMemory;
  log(line: Record<string, unknown>): void;
}

/** What a sandbox remembers of the laptop that it heard of last; lost with it, and then it listens once more. */
export interface LiveMemory {
  heard?: { nonce: string; beat: number; at: number };
}

/**
 * Plans by itself, unless a laptop is attached to the stage, lives, and answers in time with a plan that passes every
 * check. Whatever goes wrong with the laptop, the mailbox or the answer: the function's own plan of the same snapshot
 * stands ready, and the tick goes on with it.
 */
export class LivePlanner implements Planner {
  constructor(private readonly options: LivePlannerOptions) {}

  async plan(snapshot: Snapshot, look?: Look): Promise<Plan> {
    const own = this.options.own(snapshot);
    if (!look) return own;
    try {
      return (await this.ask(snapshot, own, look.epoch)) ?? own;
    } catch (error) {
      this.tell('warn', `the mailbox failed (${(error as Error).message}); planned without the laptop`);
      return own;
    }
  }

  /** The laptop's plan; undefined where there is none that may be executed. */
  private async ask(snapshot: Snapshot, own: Plan, epoch: number): Promise<Plan | undefined> {
    const { config, mailbox } = this.options;
    const attached = await mailbox.attachment();
    if (!attached || this.isSilent(attached)) return undefined;
    const { owner, nonce, mode } = attached;
    const unfit = unfitness(attached, config);
    if (unfit) return this.without({ nonce, epoch, outcome: 'refused', text: unfit }, owner);
    const isShadow = mode === 'shadow';
    const handover = handoverOf({ config, snapshot, ...(isShadow && { plan: own }) }, nonce, epoch);
    await mailbox.put(handover);
    if (isShadow) return undefined;
    const { id } = handover;
    const heard = await waitForAnswer(attached, handover, snapshot, this.options).catch(unread);
    if ('refusal' in heard) {
      return this.without({ nonce, id, epoch, outcome: 'refused', text: heard.refusal }, owner);
    }
    if (!('answer' in heard)) {
      return this.without({ nonce, id, epoch, outcome: heard.gaveUp, text: heard.text }, owner);
    }
    const checked = check(heard.answer, handover, own, snapshot, config);
    if ('refusal' in checked) {
      return this.without({ nonce, id, epoch, outcome: 'refused', text: checked.refusal }, owner);
    }
    await this.say({ nonce, id, epoch, outcome: 'executed', text: checked.plan.decision.text });
    return { ...checked.plan, by: owner };
  }

  /**
   * The same beat as at an earlier look: whoever lives beats several times meanwhile. By this sandbox's clock alone, so
   * that a laptop's may go as it likes; one that is not known yet is listened to.
   */
  private isSilent({ owner, nonce, beat }: Attachment): boolean {
    const { memory, clock } = this.options;
    const now = clock.now();
    const { heard } = memory;
    if (heard?.nonce !== nonce || heard.beat !== beat) {
      memory.heard = { nonce, beat, at: now };
      return false;
    }
    if (now - heard.at < SILENT_BETWEEN_LOOKS_MS) return false;
    this.tell('info', `no heartbeat of ${owner} since the last look; planned without the laptop`);
    return true;
  }

  private async without(word: Word, owner: string): Promise<undefined> {
    const refused = word.outcome === 'refused' ? ' refused' : '';
    // A refusal repeats what it refuses.
    const text = oneLine(word.text);
    this.tell('warn', `${owner}${refused}: ${text}; planned without the laptop`);
    await this.say({ ...word, text });
  }

  /** A word that is not written changes nothing. */
  private async say(word: Word): Promise<void> {
    await this.options.mailbox
      .say(word)
      .catch((error: Error) => this.tell('warn', `the laptop was not told: ${error.message}`));
  }

  private tell(level: 'info' | 'warn', text: string): void {
    this.options.log({ level, message: `live: ${text}` });
  }
}

/** Far more than a few beats. */
const SILENT_BETWEEN_LOOKS_MS = 10_000;

function unfitness({ contract, mode }: Attachment, { isProtected }: RuntimeConfig): string | undefined {
  if (contract !== CONTRACT) {
    return `the laptop speaks contract ${contract}, the deployed version ${CONTRACT}: deploy this checkout, or check out what is deployed`;
  }
  if (mode === 'live' && isProtected) return 'the stage is protected: a laptop may only watch it, with --shadow';
  return undefined;
}

/** One that is there and must not be read is the laptop's doing, and no failure of the mailbox. */
function unread(error: unknown): { refusal: string } {
  if (error instanceof AnswerTooLarge) return { refusal: error.message };
  throw error;
}

function handoverOf({ snapshot, ...parcel }: Parcel, nonce: string, epoch: number): Handover {
  const body = JSON.stringify({ ...parcel, snapshot: withoutSecrets(snapshot) });
  return { id: createHash('sha256').update(body).digest('hex'), nonce, epoch, body };
}

function check(answer: Answer, asked: Handover, own: Plan, snapshot: Snapshot, config: RuntimeConfig) {
  if (answer.nonce !== asked.nonce) return { refusal: 'the answer is of another attachment' };
  if (answer.epoch !== asked.epoch) {
    return { refusal: `the answer is of epoch ${answer.epoch}, and this tick has ${asked.epoch}` };
  }
  if (answer.contract !== CONTRACT) return { refusal: `the answer is of contract ${answer.contract}, not ${CONTRACT}` };
  if (answer.failed) return { refusal: `the laptop's planner failed: ${answer.body.slice(0, 500)}` };
  return foreignPlan(answer.body, own, snapshot, config);
}
