import type { DryRun } from '../../../src/autoscaler/dry-run';
import type { Plan } from '../../../src/autoscaler/plan';
import { isOpen } from '../../../src/autoscaler/planning/fleet-view';
import type { Report } from '../support/lambda/function';
import type { System } from '../support/system';
import { until } from '../support/until';
import { type Done, doneSince } from './done';
import type { Look } from './look';

const MINUTE = 60_000;

/** Removals that began with a write of the function's, seen when the tick had ended. */
export interface Begun {
  /** Names of the Nodes, which are cordoned now. */
  nodes: string[];
  /** Of the first cordon, milliseconds since 1970. */
  at: number;
}

/** Ticks while something is out of order, at a moment when removals are due. */
export class Outage {
  constructor(
    private readonly system: System,
    private readonly look: Look,
  ) {}

  /**
   * Ticks until as many removals are due as may begin at once, by a dry run of the function; if fewer are, they begin. From
   * then on only what a test does moves anything, as schedule and alerts are off.
   *
   * @param stuck removals that are under way and stay so; all others end first
   * @returns names of the Nodes that would be given up now
   */
  async removalsAreDue(stuck = 0): Promise<string[]> {
    const { removalsAtOnce, cooldown, unneededForMs } = this.system.environment.config.policy;
    const wanted = removalsAtOnce - stuck;
    const allWaitsMs = cooldown.downMs + unneededForMs + 2_000;
    const verdicts = async () => (await this.#dryRun()).plan?.nodes ?? {};
    const failure = async () => JSON.stringify(await verdicts());
    const areOld = async () => Object.values(await verdicts()).every(({ code }) => code !== 'node-young');
    await until('no worker is too young', areOld, { withinMs: MINUTE, everyMs: 500, failure });
    let due = await this.dueNow();
    // Since when a node is not needed is what a tick notes.
    if (due.length === 0) await this.system.tick();
    let noted = Date.now();
    const areDue = async () => {
      const { plan, operations } = await this.#dryRun();
      due = removalsOf(plan);
      const isMoving = operations.filter(isOpen).length > stuck;
      if (due.length === wanted && !isMoving) return true;
      // A tick may begin what has become due since the look, so one is made when nothing can have any more: where one
      // removal stands in the way of the others, it begins alone.
      if (isMoving || Date.now() - noted > allWaitsMs) {
        await this.system.tick();
        noted = Date.now();
      }
      return false;
    };
    // The first time a worker has to be five minutes old, before its CPU speaks for the cluster.
    await until(`${wanted} removals are due`, areDue, { withinMs: 6 * MINUTE, everyMs: 500, failure });
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

  /**
   * Ticks while the Nodes are lost, until the kubelets are heard again and each Node is Ready, or a removal begins. None
   * does while the ticks say `mass-unready`. An eviction that a budget refuses moves nothing.
   *
   * @returns of the ticks that said so; and when, milliseconds since 1970, a node can have been unneeded anew for as long as
   * it has to be
   */
  async standsStill(): Promise<{ amongLost: Report[]; again: number }> {
    const begun = Date.now();
    const amongLost: Report[] = [];
    const isOver = async () => {
      if (doneSince(this.system, begun).some(isNotRefused)) return true;
      if (amongLost.length > 0 && (await this.system.unreadyNodes()).length === 0) return true;
      const report = await this.system.tick();
      if (decisionOf(report) === 'mass-unready' && amongLost.push(report) === 1) this.system.control.resumeKubelets();
      return false;
    };
    await until('Nodes are lost, and Ready again', isOver, { ...this.look.patience(2 * MINUTE), everyMs: 200 });
    const { unneededForMs } = this.system.environment.config.policy;
    return { amongLost, again: (amongLost.at(-1)?.at ?? Number.POSITIVE_INFINITY) + unneededForMs };
  }

  /**
   * It is over: the removals that were due begin, and no others.
   *
   * @param begun when it was over, milliseconds since 1970
   * @param notBefore none begins sooner
   * @returns milliseconds from `begun`
   */
  async goesOn(due: readonly string[], begun = Date.now(), notBefore = begun): Promise<number> {
    const { nodes, at } = await this.removalsBegin(MINUTE, begun);
    expect(due).toEqual(expect.arrayContaining(nodes));
    expect(at).toBeGreaterThanOrEqual(notBefore);
    return at - begun;
  }

  /** Ticks until removals begin. @param since milliseconds since 1970 */
  async removalsBegin(withinMs: number, since = Date.now()): Promise<Begun> {
    let begun = await this.begunSince(since);
    const begin = async () => {
      await this.system.tick();
      begun = await this.begunSince(since);
      return begun.nodes.length > 0;
    };
    await until('a removal begins', begin, { ...this.look.patience(withinMs), everyMs: 500 });
    return begun;
  }

  /** @param since milliseconds since 1970 */
  async begunSince(since: number): Promise<Begun> {
    const cordoned = new Set(
      (await this.system.nodes())
        .filter(({ spec }) => spec.unschedulable === true)
        .map(({ metadata }) => metadata.name),
    );
    // What takes a cordon back is such a write too.
    const writes = doneSince(this.system, since).flatMap(({ at, what }) => {
      const node = /^patch nodes (\S+): 200$/.exec(what)?.[1];
      return node !== undefined && cordoned.has(node) ? [{ at, node }] : [];
    });
    return { nodes: [...new Set(writes.map(({ node }) => node))], at: writes[0]?.at ?? Number.NaN };
  }

  async #dryRun(): Promise<DryRun> {
    const { end } = await (await this.system.lambda()).invoke({ action: 'dryRun' });
    if (end.kind === 'failed') throw new Error(`${end.type}: ${end.message}`);
    return JSON.parse(end.body) as DryRun;
  }
}

/** The verdict of a tick, as it logs it. */
export const decisionOf = ({ lines }: Report): unknown =>
  lines.find(({ decision }) => decision !== undefined)?.decision;

const isNotRefused = ({ what }: Done): boolean => !/^create pods\/eviction .*: 429$/.test(what);

const removalsOf = (plan: Plan | null): string[] =>
  (plan?.intents ?? []).flatMap((intent) => (intent.kind === 'remove' ? [intent.node] : []));
