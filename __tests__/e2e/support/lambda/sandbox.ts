import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type RunningProcess, startProcess } from '../processes';
import type { NodeRuntime } from './node-runtime';
import { ProcessorShare } from './processor-share';
import { type End, type Invocation, RuntimeApi } from './runtime-api';

/** A function as Lambda keeps it. */
export interface FunctionSettings {
  name: string;
  arn: string;
  region: string;
  /** `index.handler` */
  handler: string;
  memoryMb: number;
  timeoutMs: number;
  environment: Record<string, string>;
  /** The unpacked zip. */
  code: string;
}

/** Of Lambda's init phase (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). */
const INIT_MS = 10_000;
const LOOK_EACH_MS = 100;
/** Characters. */
const LAST_WORDS = 2_000;

/**
 * Node's arguments by the function's memory, as Lambda's own bootstrap for Node counts them: a tenth for young objects, in
 * two halves, and the rest for old ones.
 */
function memoryArguments(memoryMb: number): string[] {
  const young = Math.floor(memoryMb / 10);
  return [
    '--expose-gc',
    '--max-http-header-size=81920',
    `--max-semi-space-size=${Math.floor(young / 2)}`,
    `--max-old-space-size=${memoryMb - young}`,
  ];
}

/** What Lambda sets beside the function's own (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). */
const ofLambda = (settings: FunctionSettings): Record<string, string> => ({
  _HANDLER: settings.handler,
  LAMBDA_TASK_ROOT: settings.code,
  AWS_REGION: settings.region,
  AWS_DEFAULT_REGION: settings.region,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
  AWS_LAMBDA_FUNCTION_NAME: settings.name,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
  AWS_SESSION_TOKEN: 'none',
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
});

/** One execution environment: a process of its own that loads the function and takes one event after the other. */
export class Sandbox {
  /** Milliseconds from the start of the process until it asked for an event. */
  initMs = 0;
  isEnded = false;
  readonly #settings: FunctionSettings;
  readonly #api: RuntimeApi;
  readonly #process: RunningProcess;
  /** From its start on: what Lambda gives until the function has loaded is not documented. */
  readonly #share: ProcessorShare | undefined;

  private constructor(settings: FunctionSettings, api: RuntimeApi, process: RunningProcess) {
    this.#settings = settings;
    this.#api = api;
    this.#process = process;
    this.#share = ProcessorShare.of(process.pid, settings.memoryMb);
  }

  /** Whether it has no more of the processor than Lambda gives for its memory. */
  get hasShare(): boolean {
    return this.#share !== undefined;
  }

  /** A cold start. Resolves also when the function cannot be loaded: its first invocation then says why. */
  static async start(settings: FunctionSettings, node: NodeRuntime, folder: string): Promise<Sandbox> {
    const begun = performance.now();
    const api = await RuntimeApi.start();
    const process = await startProcess(
      'the function',
      node.program,
      [...memoryArguments(settings.memoryMb), path.join(__dirname, 'bootstrap.cjs')],
      { folder, env: { ...ofLambda(settings), ...settings.environment, AWS_LAMBDA_RUNTIME_API: api.address } },
    );
    const sandbox = new Sandbox(settings, api, process);
    const timer = setTimeout(() => {
      api.fail({ kind: 'failed', type: 'Sandbox.Timedout', message: `not loaded within ${INIT_MS / 1000} seconds` });
    }, INIT_MS);
    const watch = setInterval(() => {
      if (!process.alive()) api.fail(exitOf(process));
    }, LOOK_EACH_MS);
    await api.initialized;
    clearTimeout(timer);
    clearInterval(watch);
    sandbox.initMs = performance.now() - begun;
    return sandbox;
  }

  /** MB at most so far, the runtime's own included, as Lambda's `Max Memory Used`. */
  get peakMb(): number {
    return this.#api.peakKib / 1024;
  }

  /** What it has written to its log, the end of it. */
  said = (): string => this.#process.said();

  /** Kills it as Lambda does when its time or its memory is used up. */
  async invoke(id: string, event: unknown): Promise<End> {
    const failure = await this.#api.initialized;
    if (failure !== undefined) {
      await this.kill();
      return failure;
    }
    const { timeoutMs, arn } = this.#settings;
    const invocation: Invocation = { id, event, deadline: Date.now() + timeoutMs, functionArn: arn };
    const timer = setTimeout(() => {
      const message = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
      this.#end({ kind: 'failed', type: 'Sandbox.Timedout', message });
    }, timeoutMs);
    const watch = setInterval(() => this.#look(), LOOK_EACH_MS);
    try {
      return await this.#api.invoke(invocation);
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
    }
  }

  async kill(): Promise<void> {
    this.isEnded = true;
    await this.#process.kill();
    await this.#share?.release();
    await this.#api.stop();
  }

  #end(end: End): void {
    this.isEnded = true;
    void this.#process.kill();
    this.#api.fail(end);
  }

  #look(): void {
    if (!this.#process.alive()) {
      this.#end(exitOf(this.#process));
    } else if (residentMb(this.#process.pid) > this.#settings.memoryMb) {
      this.#end({ kind: 'failed', type: 'Runtime.OutOfMemory', message: 'RequestId: Error: Runtime exited: killed' });
    }
  }
}

/** With its last words, which Lambda shows in the log only: a V8 that has no memory left says so there. */
const exitOf = (ended: RunningProcess): End => ({
  kind: 'failed',
  type: 'Runtime.ExitError',
  message: `the runtime exited without giving a result: ${ended.end()}\n${ended.said().slice(-LAST_WORDS)}`,
});

/** 0 where the system does not tell. */
function residentMb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
