import type { DryRun } from '../../../src/autoscaler/dry-run';
import type { Plan } from '../../../src/autoscaler/plan';
import { isOpen } from '../../../src/autoscaler/planning/fleet-view';
import type { Report } from '../support/lambda/function';
import type { System } from '../support/system';
import { until } from '../support/until';
import type { Look } from './look';

/** What has been done to instances, pods and Nodes, so that nothing can be done unseen. */
interface Done {
  cordoned: string[];
  evictions: number;
  deletedNodes: number;
}

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

  /** So many ticks, none of which may do anything about nodes. @throws when one fails, launches or removes */
  async holds(ticks: number, why: RegExp): Promise<Report[]> {
    const begun = Date.now();
    const before = await this.#done();
    const reports: Report[] = [];
    for (let tick = 0; tick < ticks; tick++) reports.push(await this.system.tick());
    this.expectHeld(reports, why);
    await this.expectNothingDone(begun, before);
    return reports;
  }

  expectHeld(reports: readonly Report[], why: RegExp): void {
    const ends = reports.map(({ end }) => (end.kind === 'failed' ? end : end.kind));
    expect(ends).toEqual(reports.map(() => 'done'));
    const holds = reports.map(({ lines }) => lines.flatMap(({ hold }) => (hold === undefined ? [] : [hold])));
    expect(holds).toEqual(reports.map(() => [expect.stringMatching(why)]));
  }

  /** @param before undefined where it could not be asked: then the counts are those since a start of the API server */
  async expectNothingDone(since: number, before: Done | undefined): Promise<void> {
    for (const operation of ['ec2.RunInstances', 'ec2.TerminateInstances']) {
      expect([operation, this.look.calls(operation, since)]).toEqual([operation, []]);
    }
    const now = await this.#done();
    // While the API server is away nobody can do anything there; who looks again when it is back sees what was done.
    if (now !== undefined && before !== undefined) expect(now).toEqual(before);
  }

  /** Undefined while the API server does not answer. */
  async #done(): Promise<Done | undefined> {
    try {
      const [cordoned, evictions, deletedNodes] = await Promise.all([
        this.look.cordoned(),
        this.look.evictions(),
        this.look.deletedNodes(),
      ]);
      return { cordoned, evictions, deletedNodes };
    } catch {
      return undefined;
    }
  }

  /** Ticks until one that knows all begins the removal that was due. @returns milliseconds that it took */
  async removalBegins(): Promise<number> {
    const before = await this.look.cordoned();
    const begins = async () => {
      await this.system.tick();
      return (await this.look.cordoned()).some((name) => !before.includes(name));
    };
    return until('the removal begins', begins, { ...this.look.patience(60_000), everyMs: 500 });
  }

  async #dryRun(): Promise<DryRun> {
    const { end } = await (await this.system.lambda()).invoke({ action: 'dryRun' });
    if (end.kind === 'failed') throw new Error(`${end.type}: ${end.message}`);
    return JSON.parse(end.body) as DryRun;
  }
}

const removalsOf = (plan: Plan | null): string[] =>
  (plan?.intents ?? []).flatMap((intent) => (intent.kind === 'remove' ? [intent.node] : []));
