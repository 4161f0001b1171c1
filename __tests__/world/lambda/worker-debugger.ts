import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Script {
  worker: string;
  scriptId: string;
  url: string;
  sourceMapURL: string;
}

interface Position {
  lineNumber: number;
  columnNumber: number;
}

type Message = { id?: number; method?: string; params?: never; result?: never };

/** The inspector of a process: `node:inspector`'s session of this one, or that of another. */
export interface Inspected {
  on(method: string, hear: (message: { params: Heard }) => void): void;
  post(method: string, params: object, done?: (error: Error | null) => void): void;
}

interface Heard {
  /** Of a worker. */
  sessionId: string;
  message: string;
}

/** What an editor does: attaches to workers over the inspector's protocol, and finds lines by source maps. */
export class WorkerDebugger {
  private readonly scripts: Script[] = [];
  private readonly workers = new Set<string>();
  private breakpoint: (Position & { url: string }) | undefined;
  private readonly answers = new Map<number, { worker: string; resolve: (result: never) => void }>();
  private asked = 0;
  private stopped: { worker: string; callFrames: CallFrame[] } | undefined;
  private wake: () => void = () => {};

  constructor(private readonly session: Inspected) {}

  async start(): Promise<void> {
    this.session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
      this.workers.add(sessionId);
      void this.ask(sessionId, 'Debugger.enable');
      if (this.breakpoint) void this.ask(sessionId, 'Debugger.setBreakpointByUrl', this.breakpoint);
    });
    this.session.on('NodeWorker.detachedFromWorker', ({ params }) => this.forget(params.sessionId));
    this.session.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
      this.receive(params.sessionId, JSON.parse(params.message)),
    );
    await new Promise<void>((resolve, reject) =>
      this.session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  /**
   * In the script that was loaded last of that source, by its address: in each worker, for the one that loaded it may not
   * be the one that is asked next.
   *
   * @param line 1-based
   * @param saying what the version of the source says that is meant
   */
  async breakAt(source: string, line: number, saying: string): Promise<void> {
    let found: Script | undefined;
    for (;;) {
      found = this.scripts.findLast((script) => generatedOf(script, source, line, saying));
      if (found) break;
      await this.change();
    }
    this.breakpoint = { url: found.url, ...(generatedOf(found, source, line, saying) as Position) };
    const set = (worker: string) => this.ask(worker, 'Debugger.setBreakpointByUrl', this.breakpoint);
    await Promise.all([...this.workers].map(set));
  }

  /** The line of the source where it stands, and the local variables there. */
  async paused(): Promise<Record<string, unknown>> {
    while (!this.stopped) await this.change();
    const { worker, callFrames } = this.stopped;
    const [frame] = callFrames as [CallFrame];
    const script = this.scripts.find(
      ({ worker: of, scriptId }) => of === worker && scriptId === frame.location.scriptId,
    );
    const { lineNumber, columnNumber } = frame.location;
    const { originalLine } = mapOf(script as Script).findEntry(lineNumber, columnNumber) as { originalLine: number };
    const local = frame.scopeChain.find(({ type }) => type === 'local');
    const { result } = await this.ask<{ result: { name: string; value?: { value?: unknown } }[] }>(
      worker,
      'Runtime.getProperties',
      { objectId: local?.object.objectId },
    );
    return { line: originalLine + 1, ...Object.fromEntries(result.map(({ name, value }) => [name, value?.value])) };
  }

  async resume(): Promise<void> {
    const { worker } = this.stopped as { worker: string };
    await this.ask(worker, 'Debugger.resume');
  }

  private ask<T>(worker: string, method: string, params: object = {}): Promise<T> {
    const id = ++this.asked;
    const message = JSON.stringify({ id, method, params });
    return new Promise((resolve) => {
      this.answers.set(id, { worker, resolve: resolve as (result: never) => void });
      this.session.post('NodeWorker.sendMessageToWorker', { sessionId: worker, message });
    });
  }

  /** A worker that has ended answers nothing more. */
  private forget(ended: string): void {
    this.workers.delete(ended);
    for (const { worker, resolve } of this.answers.values()) if (worker === ended) resolve(undefined as never);
  }

  private receive(worker: string, { id, method, params, result }: Message): void {
    if (id !== undefined) this.answers.get(id)?.resolve(result as never);
    if (method === 'Debugger.scriptParsed')
      this.scripts.push({ worker, ...(params as unknown as Omit<Script, 'worker'>) });
    if (method === 'Debugger.paused') this.stopped = { worker, ...(params as unknown as { callFrames: CallFrame[] }) };
    this.wake();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

interface CallFrame {
  location: Position & { scriptId: string };
  scopeChain: { type: string; object: { objectId: string } }[];
}

const mapOf = ({ url, sourceMapURL }: Script): SourceMap =>
  new SourceMap(JSON.parse(readFileSync(fileURLToPath(new URL(sourceMapURL, url)), 'utf8')));

function generatedOf(script: Script, source: string, line: number, saying: string): Position | undefined {
  if (!script.sourceMapURL || script.url.includes('node_modules')) return undefined;
  // Of a version that nobody needs any more the files are removed.
  if (!existsSync(fileURLToPath(script.url))) return undefined;
  const map = mapOf(script);
  if (!map.payload.sources.includes(source)) return undefined;
  const text = readFileSync(fileURLToPath(script.url), 'utf8');
  if (!text.includes(saying)) return undefined;
  const lines = text.split('\n');
  for (const [lineNumber, { length }] of lines.entries()) {
    for (let columnNumber = 0; columnNumber < length; columnNumber++) {
      const entry = map.findEntry(lineNumber, columnNumber);
      if ('originalLine' in entry && entry.originalLine === line - 1) return { lineNumber, columnNumber };
    }
  }
  return undefined;
}
