import inspector from 'node:inspector';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export const FUNCTION_NAME = 'k3s-autoscaler';
/** Of `function.memoryMb`, whose default nobody has needed to change: the runtime config does not carry it. */
export const FUNCTION_MEMORY_MB = 512;

/** A bundle as it was read once: another build may replace the file while the world that began with this one runs. */
export interface Bundle {
  /** Named in stacks. */
  path: string;
  code: string;
}

/** Of a sandbox that waits for its bundle. */
export interface Standby {
  /** Path of a bundle much like the one to come: what both are made of, packages first, is then read and compiled. */
  like: string;
}

export interface SandboxOptions {
  /** Loaded at once, as a cold start does; a standby waits for `load`. */
  bundle: Bundle | Standby;
  /** Decides the randomness that the bundle sees while it is loaded. */
  seed: string;
  region: string;
  /** The whole environment: nothing of this process's is passed on. */
  env: Record<string, string>;
}

/** How an invocation ended inside its sandbox. */
export type SandboxEnd =
  | { kind: 'done'; value: unknown }
  | { kind: 'failed'; error: { name: string; message: string } };

type Message =
  | { type: 'ready' }
  | { type: 'log'; text: string }
  | { type: 'done'; value?: string }
  | { type: 'failed'; error: { name: string; message: string } }
  | { type: 'answer'; question: number; value?: string; error?: { name: string; message: string; stack?: string } };

interface Question {
  resolve: (value: string | undefined) => void;
  reject: (error: Error) => void;
}

/** Of Lambda's init phase. */
const LOAD_TIMEOUT_MS = 10_000;
/** The name of the error of a bundle that takes longer. */
export const LOAD_TIMEOUT = 'Runtime.InitTimeout';

const EXITED: SandboxEnd = {
  kind: 'failed',
  error: { name: 'Runtime.ExitError', message: 'the runtime exited without giving a result' },
};

/**
 * One execution environment of Lambda: a worker thread that loads the bundle afresh (cold start) and then takes one
 * invocation after another (warm). Its `Date` is the time that was set here last.
 */
export class Sandbox {
  private readonly times = new BigInt64Array(new SharedArrayBuffer(40));
  private readonly worker: Worker;
  private log = '';
  private settle: ((end: SandboxEnd) => void) | undefined;
  private ended = false;
  private death: SandboxEnd = EXITED;
  private readonly questions = new Map<number, Question>();
  private asked = 0;
  private loaded: () => void = () => {};
  /** Resolves when the bundle (of a standby: what is like it) was loaded, or never can be: an invocation then tells why. */
  readonly ready = new Promise<void>((resolve) => {
    this.loaded = resolve;
  });

  constructor(options: SandboxOptions, now: number) {
    this.setTime(now, now);
    const isStandby = 'like' in options.bundle;
    this.worker = new Worker(join(__dirname, 'worker.cjs'), {
      workerData: {
        bundle: options.bundle,
        seed: options.seed,
        region: options.region,
        clock: this.times.buffer,
        functionName: FUNCTION_NAME,
        memoryMb: FUNCTION_MEMORY_MB,
      },
      env: options.env,
      // Loaders of this process (tsx, test runners) are no part of Lambda. A standby's bundle has a source map, and
      // whoever reads a stack of it wrote TypeScript.
      execArgv: isStandby ? ['--enable-source-maps'] : [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: FUNCTION_MEMORY_MB },
    });
    this.worker.on('message', (message: Message) => this.receive(message));
    this.worker.on('error', (error) => {
      this.ended = true;
      this.death = { kind: 'failed', error: { name: error.name, message: error.message } };
      this.end(this.death);
    });
    this.worker.on('exit', () => {
      this.ended = true;
      this.loaded();
      this.end(this.death);
    });
  }

  /** It can take no more invocations. */
  get isEnded(): boolean {
    return this.ended;
  }

  /** Milliseconds since 1970. */
  setTime(now: number, deadline: number): void {
    Atomics.store(this.times, 0, BigInt(Math.round(now)));
    Atomics.store(this.times, 1, BigInt(Math.round(deadline)));
  }

  /** Whether a request of its waits for an answer that never comes: patience, by the real clock, ends for that alone. */
  withhold(isWithheld: boolean): void {
    const now = process.hrtime.bigint();
    const since = Atomics.exchange(this.times, 3, isWithheld ? now : 0n);
    if (since > 0n) Atomics.add(this.times, 2, now - since);
    else if (isWithheld) Atomics.store(this.times, 4, 0n);
  }

  /** Of its own time limits the one that ran out last since an answer is withheld, milliseconds; undefined when none did. */
  get patience(): number | undefined {
    const ms = Number(Atomics.load(this.times, 4));
    return ms > 0 ? ms : undefined;
  }

  /** One at a time. `seed` decides the invocation's randomness. Resolves also when the sandbox is terminated meanwhile. */
  run(id: string, event: unknown, seed: string): Promise<SandboxEnd> {
    return new Promise((resolve) => {
      this.settle = resolve;
      if (this.ended) this.end(this.death);
      else this.worker.postMessage({ type: 'invoke', id, event, seed });
    });
  }

  /**
   * A standby becomes one that takes invocations.
   *
   * @param now milliseconds since 1970, as the bundle sees it
   * @throws what the bundle threw; its stack is in lines of the sources. The sandbox is of no more use then.
   */
  async load(bundle: string, now: number): Promise<void> {
    // Whoever stands at a breakpoint takes the time it takes.
    const guard = inspector.url() === undefined ? setTimeout(() => this.giveUp(), LOAD_TIMEOUT_MS) : undefined;
    try {
      await this.ready;
      this.setTime(now, now);
      await this.ask({ type: 'load', bundle });
    } finally {
      clearTimeout(guard);
    }
  }

  /** Asks the `replan` of the loaded bundle (src/dev/reload/entry.ts); an invocation may run meanwhile. */
  async replan(recording: string): Promise<string> {
    return (await this.ask({ type: 'replan', recording })) ?? '';
  }

  /** Lines that were written since the last time, parsed where they are JSON. */
  takeLogs(): unknown[] {
    const lines = this.log.split('\n').filter((line) => line.trim() !== '');
    this.log = '';
    return lines.map(parseLine);
  }

  /** Ends it at once, whatever it does. */
  async terminate(): Promise<void> {
    this.ended = true;
    await this.worker.terminate();
  }

  private ask(message: object): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(errorOf(this.death));
      this.questions.set(this.asked, { resolve, reject });
      this.worker.postMessage({ ...message, question: this.asked++ });
    });
  }

  private giveUp(): void {
    const message = `it was not loaded within ${LOAD_TIMEOUT_MS / 1000} seconds`;
    this.death = { kind: 'failed', error: { name: LOAD_TIMEOUT, message } };
    void this.terminate();
  }

  private receive(message: Message): void {
    if (message.type === 'ready') this.loaded();
    else if (message.type === 'answer') this.settleQuestion(message);
    else if (message.type === 'log') this.log += message.text;
    else if (message.type === 'failed') this.end({ kind: 'failed', error: message.error });
    else this.end({ kind: 'done', value: message.value === undefined ? undefined : JSON.parse(message.value) });
  }

  private settleQuestion({ question, value, error }: Message & { type: 'answer' }): void {
    const asked = this.questions.get(question);
    this.questions.delete(question);
    if (error) asked?.reject(Object.assign(new Error(error.message), error));
    else asked?.resolve(value);
  }

  private end(end: SandboxEnd): void {
    this.settle?.(end);
    this.settle = undefined;
    if (!this.ended) return;
    for (const { reject } of this.questions.values()) reject(errorOf(end));
    this.questions.clear();
  }
}

/** Without a stack: it would lead here, and not to what ended the sandbox. */
function errorOf(end: SandboxEnd): Error {
  const { name, message } = end.kind === 'failed' ? end.error : { name: 'Error', message: 'it ended' };
  return Object.assign(new Error(message), { name, stack: `${name}: ${message}` });
}

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
};
