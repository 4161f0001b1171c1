import type { Head } from '../../adapters/dynamodb-mailbox-item';
import type { LaptopMailbox } from '../../adapters/dynamodb-mailbox-laptop';
import type { Attachment, Parcel } from '../../autoscaler/live/mailbox';
import type { Plan } from '../../autoscaler/plan';
import type { Snapshot } from '../../autoscaler/snapshot';
import type { Recording } from '../../autoscaler/telling/recording';
import type { RuntimeConfig } from '../../config/runtime';
import { compare } from '../../history/compare';
import type { LiveEvent } from './events';

/** This checkout's planner; called anew for each snapshot, so that it may have been replaced meanwhile. */
export type LaptopPlanner = (snapshot: Snapshot, config: RuntimeConfig) => Plan | Promise<Plan>;

export interface SessionOptions {
  mailbox: LaptopMailbox;
  attached: Attachment;
  plan: LaptopPlanner;
  /** Milliseconds by a clock that nobody sets. */
  monotonic(): number;
  onEvent(event: LiveEvent): void;
  /** Each snapshot with its plan, as `replay --file` reads it: the function's own in shadow mode, else this one's. */
  onRecording?(recording: Recording): void;
}

/** An attached laptop, move by move: `beat` every second, `poll` as often as one likes. */
export class LiveSession {
  private mine: Attachment;
  private beatAt: number;
  private answered: string | undefined;
  private heard: string | undefined;

  constructor(private readonly options: SessionOptions) {
    this.mine = options.attached;
    this.beatAt = options.monotonic();
  }

  /** Milliseconds since the last heartbeat that arrived. */
  get ageMs(): number {
    return this.options.monotonic() - this.beatAt;
  }

  /** False where the place is another's by now. */
  async beat(): Promise<boolean> {
    const next = { ...this.mine, beat: this.mine.beat + 1 };
    const sentAt = this.options.monotonic();
    if (!(await this.options.mailbox.beat(next))) return false;
    this.mine = next;
    this.beatAt = sentAt;
    return true;
  }

  /** Answers a new snapshot, and hears what the function said of the last answer. */
  async poll(): Promise<void> {
    const { mailbox, onEvent } = this.options;
    const [head, word] = await Promise.all([mailbox.handover(this.mine), mailbox.word(this.mine)]);
    const said = JSON.stringify(word);
    if (word && said !== this.heard) onEvent({ kind: 'word', word });
    this.heard = said;
    if (!head || head.id === this.answered) return;
    await this.serve(head);
    this.answered = head.id;
  }

  private async serve(head: Head): Promise<void> {
    const { mailbox, monotonic, onEvent, onRecording, plan } = this.options;
    const { id, epoch } = head;
    const parcel = JSON.parse(await mailbox.body(head)) as Parcel;
    const { snapshot, config, plan: deployed } = parcel;
    const began = monotonic();
    let planned: Plan;
    try {
      planned = await plan(snapshot, config);
    } catch (error) {
      const why = String((error as Error)?.message ?? error);
      if (!deployed) await mailbox.answer(head, true, why);
      onEvent({ kind: 'failed', id, epoch, error: why });
      return;
    }
    const ms = monotonic() - began;
    if (!deployed) await mailbox.answer(head, false, JSON.stringify(planned));
    const time = new Date(snapshot.at).toISOString();
    const also = deployed && { deployed, differences: compare(deployed, planned) };
    onEvent({ kind: 'planned', id, epoch, time, trigger: snapshot.trigger, ms, plan: planned, ...also });
    onRecording?.({ schema: 1, config, snapshot, plan: deployed ?? planned });
  }
}
