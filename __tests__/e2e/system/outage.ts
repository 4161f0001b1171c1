import type { DryRun } from '../../../src/autoscaler/dry-run';
import type { Plan } from '../../../src/autoscaler/plan';
import { isOpen } from '../../../src/autoscaler/planning/fleet-view';
import type { Report } from '../support/lambda/function';
import type { System } from '../support/system';
import { until } from '../support/until';
import { doneSince } from './done';
import type { Look } from './look';

/** Ticks while something is out of order, at a moment when a removal is due. */
export class Outage {
  constructor(
    private readonly system: System,
    private readonly look: Look,
  ) {}

  /**
   * Ticks until no removal is under way and the next one is due: the function itself says so, and is not let do it. From
   * then on only what a test does moves anything, as schedule and alerts are off.
   *
   * @returns names of the Nodes that would be given up now
   */
  async removalIsDue(): Promise<string[]> {
    let due = await this.dueNow();
    // Since when a node is not needed is what a tick notes.
    if (due.length === 0) await this.system.tick();
    const isDue = async () => {
      const { plan, operations } = await this.#dryRun();
      due = removalsOf(plan);
      if (operations.some(isOpen)) await this.system.tick();
      return due.length > 0 && !operations.some(isOpen);
    };
    // The first time it takes the CPU's window, and on a busy machine longer.
    const failure = async () => JSON.stringify((await this.#dryRun()).plan?.nodes);
    await until('a removal is due', isDue, { withinMs: 240_000, everyMs: 500, failure });
    return due;
  }

  /** What would be given up by a tick now. */
  dueNow = async (): Promise<string[]> => removalsOf((await this.#dryRun()).plan);

  /**
   * So many ticks: each ends well and says what it does not know, and nothing is done.
   *
   * @param why in the words of a tick's `hold`
   */
  async holds(ticks: number, why: RegExp): Promise<Report[]> {
    const begun = Date.now();
    const reports: Report[] = [];
    for (let tick = 0; tick < ticks; tick++) reports.push(await this.system.tick());
    const ends = reports.map(({ end }) => (end.kind === 'failed' ? end : end.kind));
    expect(ends).toEqual(reports.map(() => 'done'));
    const holds = reports.map(({ lines }) => lines.flatMap(({ hold }) => (hold === undefined ? [] : [hold])));
    expect(holds).toEqual(reports.map(() => [expect.stringMatching(why)]));
    expect(doneSince(this.system, begun)).toEqual([]);
    return reports;
  }

  /** It is over: the removals that were due begin, and no others. @returns milliseconds that it took */
  async goesOn(due: readonly string[]): Promise<number> {
    const { ms, cordoned } = await this.removalBegins(60_000);
    expect(due).toEqual(expect.arrayContaining(cordoned));
    return ms;
  }

  /** Ticks until a removal begins. @returns milliseconds that it took, and the names of the Nodes */
  async removalBegins(withinMs: number): Promise<{ ms: number; cordoned: string[] }> {
    const begun = Date.now();
    const cordons = () =>
      doneSince(this.system, begun).flatMap(({ what }) => /^patch nodes (\S+): 200$/.exec(what)?.[1] ?? []);
    const begins = async () => {
      await this.system.tick();
      return cordons().length > 0;
    };
    const ms = await until('a removal begins', begins, { ...this.look.patience(withinMs), everyMs: 500 });
    return { ms, cordoned: cordons() };
  }

  async #dryRun(): Promise<DryRun> {
    const { end } = await (await this.system.lambda()).invoke({ action: 'dryRun' });
    if (end.kind === 'failed') throw new Error(`${end.type}: ${end.message}`);
    return JSON.parse(end.body) as DryRun;
  }
}

const removalsOf = (plan: Plan | null): string[] =>
  (plan?.intents ?? []).flatMap((intent) => (intent.kind === 'remove' ? [intent.node] : []));
