import type { Waiting } from '../../autoscaler/live/wait';
import type { Notice } from '../../autoscaler/notices';
import type { Clock } from '../../autoscaler/ports';
import type { Random } from '../../world/random';
import { type Call, type CallRecord, type Mishap, nameOf, type Truth } from './calls';
import type { Conductor, Player } from './conductor';

/** The sandbox is dead: whatever its code still does reaches nobody. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** The connection broke, and nobody knows whether the request took effect. */
export const brokenConnection = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

/** What every adapter makes of a deadline that is over. */
export const lateAnswer = (): Error =>
  Object.assign(new Error('no answer within the deadline'), { name: 'TimeoutError' });

export interface InvocationOptions {
  id: string;
  /** What it was told. */
  notice?: Notice;
  /** How much its host's clock is ahead, milliseconds. */
  skewMs: number;
  timeoutMs: number;
  conductor: Conductor;
  random: Random;
  /** From here to there takes so long: each way of a call, milliseconds. */
  latency: (random: Random, now: number) => number;
  mishapOf: (call: CallRecord) => Mishap | undefined;
  note: (call: Call & { invocation: string; issuedAt: number }) => CallRecord;
}

/** What a service does with a call: takes effect at once and answers, or throws its refusal. */
export interface Service<T> {
  perform(): { answer: T; truth?: Truth; outcome?: string };
  /** The service's own words for a refusal without effect. */
  refuse(code: string): T;
  /** It was done before, so that it would only be answered again. */
  isKnown?: () => boolean;
  /** What a broken proxy makes of an answer; the call takes effect all the same. */
  garbage?: (answer: T) => T;
  /** A list that lacks something, where the service may answer with one. */
  partial?: (answer: T) => T;
  /** What it answered the last time. */
  stale?: () => T;
}

export type Ending = 'done' | 'failed' | 'killed';

/** One run of the function in a sandbox of its own, whose every await is a step of the conductor. */
export class Invocation implements Player {
  readonly startedAt: number;
  endedAt: number | undefined;
  ending: Ending | undefined;
  error: unknown;
  value: unknown;
  /** Which one it runs in, counted from 1. */
  sandbox = 0;
  #waiting = 0;
  #dead = false;
  #frozenUntil = 0;
  #frozenMs = 0;
  readonly #pending = new Set<(error: Error) => void>();

  constructor(readonly options: InvocationOptions) {
    this.startedAt = options.conductor.now();
    options.conductor.join(this);
  }

  get id(): string {
    return this.options.id;
  }

  get notice(): Notice | undefined {
    return this.options.notice;
  }

  get isStill(): boolean {
    return this.#waiting > 0 || this.ending !== undefined;
  }

  /** How long its sandbox stood still so far, milliseconds. */
  get frozenMs(): number {
    return this.#frozenMs;
  }

  get isOver(): boolean {
    return this.ending !== undefined;
  }

  /** A frozen sandbox's deadline stands still with it: the worst that a host could do. */
  get clock(): Clock {
    const { conductor, skewMs, timeoutMs } = this.options;
    return {
      now: () => conductor.now() + skewMs,
      remaining: () => this.startedAt + timeoutMs + this.#frozenMs - conductor.now(),
    };
  }

  /** As `performance.now` and a timer: like its deadline, both stand still with the sandbox. */
  get waiting(): Waiting {
    const { conductor } = this.options;
    return {
      monotonic: () => conductor.now() - this.startedAt - this.#frozenMs,
      sleep: (ms) => this.#sleep(ms),
    };
  }

  #sleep(ms: number): Promise<void> {
    if (this.#dead) return Promise.reject(new Killed());
    return new Promise((resolve, reject) => {
      const settle = this.#waiter(resolve, reject);
      this.#later(this.options.conductor.now() + ms, () => settle(resolve));
    });
  }

  /** Begins; `killed` where its time is over before it has ended. */
  start(run: () => Promise<unknown>): void {
    this.#dieAtDeadline();
    run().then(
      (value) => this.#end(this.#dead ? 'killed' : 'done', { value }),
      (error: unknown) => this.#end(this.#dead ? 'killed' : 'failed', { error }),
    );
  }

  kill(): void {
    if (this.#dead || this.isOver) return;
    this.#dead = true;
    for (const reject of [...this.#pending]) reject(new Killed());
  }

  /**
   * One request. Its effect comes at an instant of its own, its answer at another.
   *
   * @param patienceMs how long the adapter waits for an answer
   */
  call<T>(call: Call, service: Service<T>, patienceMs: number): Promise<T> {
    if (this.#dead) return Promise.reject(new Killed());
    const { conductor, note, mishapOf } = this.options;
    const record = note({ ...call, invocation: this.id, issuedAt: conductor.now() });
    const mishap = mishapOf(record);
    if (mishap) record.mishap = nameOf(mishap);
    if (mishap?.kind === 'kill' && mishap.when === 'before') {
      this.kill();
      return Promise.reject(new Killed());
    }
    if (mishap?.kind === 'freeze' && mishap.when === 'before') this.#freeze(mishap.ms);
    return this.#exchange(record, service, mishap, patienceMs);
  }

  #exchange<T>(record: CallRecord, service: Service<T>, mishap: Mishap | undefined, patienceMs: number): Promise<T> {
    const { conductor } = this.options;
    return new Promise<T>((resolve, reject) => {
      const settle = this.#waiter(resolve, reject);
      const sentAt = Math.max(conductor.now(), this.#frozenUntil);
      const hangs = mishap?.kind === 'hang';
      if (hangs && !mishap.takesEffect)
        return this.#later(sentAt + patienceMs, () => settle(() => reject(lateAnswer())));
      this.#step(sentAt + this.#latency(), () => {
        const answer = this.#perform(record, service, mishap);
        if (mishap?.kind === 'kill') return this.kill();
        if (mishap?.kind === 'freeze' && mishap.when === 'after') this.#freeze(mishap.ms);
        if (hangs) return this.#later(sentAt + patienceMs, () => settle(() => reject(lateAnswer())));
        if (mishap?.kind === 'lost') return this.#later(0, () => settle(() => reject(brokenConnection())));
        const answeredAt = conductor.now() + this.#latency();
        if (answeredAt <= sentAt + patienceMs) this.#later(answeredAt, () => settle(() => answer(resolve, reject)));
        else {
          record.mishap ??= 'late';
          this.#later(sentAt + patienceMs, () => settle(() => reject(lateAnswer())));
        }
      });
    });
  }

  /** Takes effect now; the answer is given later. */
  #perform<T>(record: CallRecord, service: Service<T>, mishap: Mishap | undefined) {
    type Give = (resolve: (answer: T) => void, reject: (error: unknown) => void) => void;
    const give =
      (answer: T): Give =>
      (resolve) =>
        resolve(answer);
    record.effectAt = this.options.conductor.now();
    try {
      if (mishap?.kind === 'refuse' && (mishap.forgets || !service.isKnown?.())) {
        record.outcome = mishap.code;
        return give(service.refuse(mishap.code));
      }
      if (mishap?.kind === 'stale' && service.stale) return give(service.stale());
      const { answer, truth, outcome = 'ok' } = service.perform();
      record.outcome = outcome;
      if (truth) record.truth = truth;
      if (mishap?.kind === 'garbage' && service.garbage) return give(service.garbage(answer));
      return give(mishap?.kind === 'partial' && service.partial ? service.partial(answer) : answer);
    } catch (error) {
      record.outcome ??= (error as Error).name;
      const refusal: Give = (_, reject) => reject(error);
      return refusal;
    }
  }

  /** A request that was sent takes effect even if its sender has died meanwhile. */
  #step(at: number, run: () => void): void {
    this.options.conductor.at(at, run);
  }

  /** What happens inside the sandbox waits while it is frozen, and never happens once it is dead. */
  #later(at: number, run: () => void): void {
    const attempt = (): void => {
      if (this.#dead) return;
      if (this.options.conductor.now() < this.#frozenUntil) this.#step(this.#frozenUntil, attempt);
      else run();
    };
    this.#step(at, attempt);
  }

  #waiter<T>(_resolve: (answer: T) => void, reject: (error: Error) => void): (finish: () => void) => void {
    this.#waiting++;
    let isOpen = true;
    const close = (finish: () => void): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#waiting--;
      this.#pending.delete(onKill);
      finish();
    };
    const onKill = (error: Error): void => close(() => reject(error));
    this.#pending.add(onKill);
    return close;
  }

  #freeze(ms: number): void {
    const now = this.options.conductor.now();
    const until = Math.max(this.#frozenUntil, now + ms);
    this.#frozenMs += until - Math.max(now, this.#frozenUntil);
    this.#frozenUntil = until;
  }

  #dieAtDeadline(): void {
    const { conductor } = this.options;
    const left = this.clock.remaining();
    if (left <= 0) this.kill();
    else if (!this.isOver) conductor.at(conductor.now() + left, () => !this.isOver && this.#dieAtDeadline());
  }

  #latency(): number {
    return this.options.latency(this.options.random, this.options.conductor.now());
  }

  #end(ending: Ending, { value, error }: { value?: unknown; error?: unknown }): void {
    this.ending = ending;
    this.endedAt = this.options.conductor.now();
    this.value = value;
    this.error = error;
    this.options.conductor.leave(this);
  }
}
