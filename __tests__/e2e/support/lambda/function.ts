import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../until';
import type { NodeRuntime } from './node-runtime';
import { type End, traceIdOf } from './runtime-api';
import { type FunctionSettings, Sandbox } from './sandbox';

/** What Lambda's log says of an invocation in its `REPORT` line, and what the function said. */
export interface Report {
  requestId: string;
  event: unknown;
  /** Milliseconds since 1970. */
  at: number;
  isCold: boolean;
  /** Of the cold start; 0 for a warm one. */
  initMs: number;
  durationMs: number;
  /** At most so far in its sandbox. */
  peakMb: number;
  /** It had no more of the processor than Lambda gives for its memory. */
  hasShare: boolean;
  end: End;
  /** Lines of its log that are JSON. */
  lines: Record<string, unknown>[];
}

const LOG_MS = 5_000;

/** The deployed function: sandboxes as they are needed, each kept warm until it is told to be cold. */
export class LambdaFunction {
  readonly reports: Report[] = [];
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
  readonly #idle: Sandbox[] = [];
  readonly #busy = new Set<Sandbox>();
  #invocations = 0;

  constructor(
    readonly settings: FunctionSettings,
    readonly node: NodeRuntime,
  ) {}

  /** One invocation to its end, which may be a failure: the report tells. */
  async invoke(event: unknown): Promise<Report> {
    this.#invocations++;
    try {
      return await this.#invoke(event);
    } finally {
      this.#invocations--;
    }
  }

  async #invoke(event: unknown): Promise<Report> {
    const at = Date.now();
    const warm = this.#idle.pop();
    const sandbox = warm ?? (await Sandbox.start(this.settings, this.node, this.#folder));
    this.#busy.add(sandbox);
    const requestId = randomUUID();
    const begun = performance.now();
    const end = await sandbox.invoke(requestId, event);
    const durationMs = performance.now() - begun;
    const logged = () => sandbox.isEnded || sandbox.said().includes(`END RequestId: ${requestId}`);
    // Its log comes by another way than its answer.
    await until('the log of the invocation', logged, { withinMs: LOG_MS });
    this.#busy.delete(sandbox);
    const report: Report = {
      requestId,
      event,
      at,
      isCold: warm === undefined,
      initMs: warm === undefined ? sandbox.initMs : 0,
      durationMs,
      peakMb: sandbox.peakMb,
      hasShare: sandbox.hasShare,
      end,
      lines: linesOf(sandbox.said(), requestId),
    };
    this.reports.push(report);
    if (sandbox.isEnded) await sandbox.kill();
    else this.#idle.push(sandbox);
    return report;
  }

  /** The invocation that a call to AWS names in its `X-Amzn-Trace-Id`, once it has ended. */
  tracedBy(traceId: string): Report | undefined {
    return this.reports.find(({ requestId }) => traceIdOf(requestId) === traceId);
  }

  /** Whether none goes on. */
  get isQuiet(): boolean {
    return this.#invocations === 0;
  }

  /** The next invocation finds no sandbox. */
  async cool(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((sandbox) => sandbox.kill()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#busy, ...this.#idle.splice(0)].map((sandbox) => sandbox.kill()));
  }
}

function linesOf(said: string, requestId: string): Record<string, unknown>[] {
  return said.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.includes(requestId)) return [];
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
}
