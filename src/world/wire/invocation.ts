import inspector from 'node:inspector';
import type { InvocationRequest, InvocationResult } from '../contract';
import type { Sandbox } from '../lambda/sandbox';
import type { Caller } from './caller';
import type { Gate, Participant } from './gate';
import type { Transport } from './http';

/** One run of the function in a sandbox: its clock, its deadline, and what became of it. */
export class Invocation implements Caller, Participant {
  readonly id: string;
  private readonly deadline: number;
  private readonly began = performance.now();
  private killed: 'crashed' | 'timeout' | undefined;
  private over = false;
  /** Requests that are never answered and that it still waits for. */
  private withheld = 0;
  private atGate = 0;
  private guard: NodeJS.Timeout | undefined;
  private clock: number;

  constructor(
    private readonly request: InvocationRequest,
    readonly index: number,
    private readonly startedAt: number,
    private readonly timeoutMs: number,
    private readonly gate: Gate,
    private readonly sandbox: Sandbox,
  ) {
    this.id = request.id;
    this.clock = startedAt;
    this.deadline = startedAt + timeoutMs;
    this.showTime();
    sandbox.withhold(false);
    gate.begin(this);
  }

  /** `seed` decides its randomness. */
  async run(seed: string): Promise<InvocationResult> {
    this.watch();
    const end = this.over ? undefined : await this.sandbox.run(this.id, this.request.event, seed);
    this.finish();
    const outcome = this.killed ?? (end?.kind === 'done' ? 'done' : 'failed');
    return {
      id: this.id,
      outcome,
      ...(end?.kind === 'done' && !this.killed && end.value !== undefined && { value: end.value }),
      ...(end?.kind === 'failed' && !this.killed && { error: end.error }),
      ...(this.killed && { error: this.epitaph(this.killed) }),
      logs: this.sandbox.takeLogs(),
      startedAt: this.startedAt,
      endedAt: this.clock,
      wallMs: performance.now() - this.began,
    };
  }

  /** Ends it before it has begun, as when Lambda itself fails. */
  refuse(error: { name: string; message: string }): InvocationResult {
    this.finish();
    const { id, startedAt, clock: endedAt } = this;
    return { id, outcome: 'failed', error, logs: [], startedAt, endedAt, wallMs: 0 };
  }

  get isOver(): boolean {
    return this.over;
  }

  isWithheld(): boolean {
    return this.withheld > 0;
  }

  now(): number {
    return this.clock;
  }

  moveTo(at: number): void {
    this.clock = Math.max(this.clock, at);
    this.showTime();
  }

  async arrived(): Promise<void> {
    this.watch();
    // It may have given up a withheld request just now: let that be noticed first, for it costs time.
    if (this.withheld > 0) for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
  }

  async pass(run: () => Promise<void>): Promise<void> {
    this.atGate += 1;
    this.watch();
    await this.gate.pass(this, async () => {
      this.atGate -= 1;
      this.watch();
      await run();
    });
  }

  spend(ms: number): void {
    if (this.over) return;
    this.moveTo(this.clock + ms);
    this.watch();
    if (this.clock > this.deadline) this.timeOut();
  }

  crash(): void {
    this.kill('crashed');
  }

  /** Kills it at its deadline, wherever it stands. */
  timeOut(): void {
    if (this.over) return;
    this.clock = this.deadline;
    this.kill('timeout');
  }

  withhold(transport: Transport, byMs: number | undefined): void {
    this.hold(1);
    const since = performance.now();
    const heldAt = this.clock;
    transport.onAbandoned(() => {
      this.hold(-1);
      if (byMs !== undefined) return;
      // Not what the clock says, where a limit ran out: a busy machine comes late to its timers. Whoever gives up for
      // another reason has no limit to tell. Whole seconds, that runs agree.
      const patience = this.sandbox.patience ?? performance.now() - since;
      const givenUpAt = heldAt + Math.ceil(patience / 1000) * 1000;
      // Those that waited side by side cost their time once.
      this.spend(Math.max(0, givenUpAt - this.clock));
    });
    if (byMs !== undefined) this.spend(byMs);
    this.gate.withheld();
  }

  /**
   * Whoever neither ends nor asks for anything for as long as the function may run hangs; the virtual clock alone
   * would never end it. While it waits for its turn it is not its fault, nor while a debugger may hold it.
   */
  private watch(): void {
    clearTimeout(this.guard);
    if (inspector.url() !== undefined) return;
    if (!this.over && this.atGate === 0) this.guard = setTimeout(() => this.timeOut(), this.timeoutMs);
  }

  private hold(more: 1 | -1): void {
    this.withheld += more;
    // Else it is another invocation's by now.
    if (!this.over) this.sandbox.withhold(this.withheld > 0);
  }

  private kill(outcome: 'crashed' | 'timeout'): void {
    if (this.over) return;
    this.killed = outcome;
    this.finish();
    void this.sandbox.terminate();
  }

  private finish(): void {
    this.over = true;
    clearTimeout(this.guard);
    this.gate.end(this);
  }

  private epitaph(outcome: 'crashed' | 'timeout'): { name: string; message: string } {
    return outcome === 'timeout'
      ? { name: 'Sandbox.Timedout', message: `Task timed out after ${(this.timeoutMs / 1000).toFixed(2)} seconds` }
      : { name: 'Sandbox.Crashed', message: 'killed by a fault of the scenario' };
  }

  private showTime(): void {
    this.sandbox.setTime(this.clock, this.deadline);
  }
}
