import type { Plan } from '../../autoscaler/plan';
import { plan } from '../../autoscaler/planning/planner';
import type { Recording } from '../../autoscaler/telling/recording';
import type { PlayedTick, RunningWorld } from '../../world/play';
import type { ReloadEvent } from '../reload/events';
import { reloading } from '../reload/reloader';
import { reloadLines } from '../reload/words';
import { Recordings } from './recordings';
import { notRecorded, replanned, replannedLines, stretchLines } from './replanned';

const HOUR_MS = 3_600_000;

export interface SavesOptions {
  /** The checkout, absolute. */
  root: string;
  world: RunningWorld;
  signal: AbortSignal;
  tell(lines: readonly string[]): void;
  /** The tick that is looked at; undefined: there was none yet. */
  lookedAt(): PlayedTick | undefined;
  /** The newest one, whichever is looked at. */
  last(): PlayedTick | undefined;
}

/** What becomes of each save while the world runs: new code answers, and what was decided before is decided again. */
export class Saves {
  private readonly recordings: Recordings;
  /** New code was loaded, so that what it would decide is another question. */
  private isNew = false;

  constructor(private readonly options: SavesOptions) {
    this.recordings = new Recordings(options.world);
  }

  /** Ends when its signal is aborted; rejects for what is no mistake of the user's. */
  async watch(): Promise<void> {
    const { root, world, signal } = this.options;
    try {
      await reloading({ root, wire: world.wire, signal, onReload: (event) => this.reloaded(event) });
    } finally {
      this.recordings.close();
    }
  }

  /** What the code of now would have done at the last tick, and in the hour before it. */
  async lastHour(): Promise<void> {
    const last = this.options.last();
    const found = last ? await this.recordings.upTo(last, HOUR_MS) : [];
    const again = [];
    for (const { tick, recording } of found)
      again.push(replanned(tick.at, recording.plan, await this.planned(recording)));
    this.options.tell(stretchLines(again));
  }

  private reloaded(event: ReloadEvent): void {
    this.options.tell(reloadLines(event));
    if (event.kind === 'reloaded') {
      this.isNew = true;
      void this.again((recording) => recording);
    }
    // The world has its scenario's; what the tick would have been like under this one can be asked all the same.
    if (event.kind === 'config' && event.changes.length > 0) {
      void this.again((recording) => ({ ...recording, config: event.config }));
    }
  }

  /** The tick that is looked at, planned once more. */
  private async again(changed: (recording: Recording) => Recording): Promise<void> {
    const { tell, lookedAt } = this.options;
    const looked = lookedAt();
    try {
      const held = looked && (await this.recordings.of(looked));
      if (!held) return;
      const { recording, isItsOwn } = held;
      const at = isItsOwn ? looked.at : held.tick.at;
      const now = await this.planned(changed(recording));
      if (!isItsOwn) tell([notRecorded(looked.at, at, held.isItsPlan)]);
      tell(replannedLines(replanned(at, recording.plan, now)));
    } catch (error) {
      // New code may throw on what it has not met yet: that is what one wants to know.
      tell([`planning it again failed: ${(error as Error).stack ?? (error as Error).message}`]);
    }
  }

  private async planned(recording: Recording): Promise<Plan> {
    if (!this.isNew) return plan(recording.snapshot, recording.config);
    return JSON.parse(await this.options.world.wire.replan(JSON.stringify(recording)));
  }
}
