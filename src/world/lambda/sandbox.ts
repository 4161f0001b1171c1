import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export const FUNCTION_NAME = 'k3s-autoscaler';
/** Of `function.memoryMb`, whose default nobody has needed to change: the runtime config does not carry it. */
export const FUNCTION_MEMORY_MB = 512;

export interface SandboxOptions {
  bundle: string;
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
  | { type: 'failed'; error: { name: string; message: string } };

const EXITED: SandboxEnd = {
  kind: 'failed',
  error: { name: 'Runtime.ExitError', message: 'the runtime exited without giving a result' },
};

/**
 * One execution environment of Lambda: a worker thread that loads the bundle afresh (cold start) and then takes one
 * invocation after another (warm). Its `Date` is the time that was set here last.
 */
export class Sandbox {
  private readonly times = new BigInt64Array(new SharedArrayBuffer(16));
  private readonly worker: Worker;
  private log = '';
  private settle: ((end: SandboxEnd) => void) | undefined;
  private ended = false;
  private death: SandboxEnd = EXITED;
  private loaded: () => void = () => {};
  /** Resolves when the bundle was loaded, or never can be: an invocation then tells why. */
  readonly ready = new Promise<void>((resolve) => {
    this.loaded = resolve;
  });

  constructor(options: SandboxOptions, now: number) {
    this.setTime(now, now);
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
      // Loaders of this process (tsx, test runners) are no part of Lambda.
      execArgv: [],
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

  /** One at a time. `seed` decides the invocation's randomness. Resolves also when the sandbox is terminated meanwhile. */
  run(id: string, event: unknown, seed: string): Promise<SandboxEnd> {
    return new Promise((resolve) => {
      this.settle = resolve;
      if (this.ended) this.end(this.death);
      else this.worker.postMessage({ id, event, seed });
    });
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

  private receive(message: Message): void {
    if (message.type === 'ready') this.loaded();
    else if (message.type === 'log') this.log += message.text;
    else if (message.type === 'failed') this.end({ kind: 'failed', error: message.error });
    else this.end({ kind: 'done', value: message.value === undefined ? undefined : JSON.parse(message.value) });
  }

  private end(end: SandboxEnd): void {
    this.settle?.(end);
    this.settle = undefined;
  }
}

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
};
