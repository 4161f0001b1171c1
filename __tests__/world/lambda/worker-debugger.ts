import { readFileSync } from 'node:fs';
import type { Session } from 'node:inspector';
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

/** What an editor does: attaches to workers over the inspector's protocol, and finds lines by source maps. */
export class WorkerDebugger {
  private readonly scripts: Script[] = [];
  private readonly answers = new Map<number, (result: never) => void>();
  private asked = 0;
  private stopped: { worker: string; callFrames: CallFrame[] } | undefined;
  private wake: () => void = () => {};

  constructor(private readonly session: Session) {}

  async start(): Promise<void> {
    this.session.on('NodeWorker.attachedToWorker', ({ params }) => void this.ask(params.sessionId, 'Debugger.enable'));
    this.session.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
      this.receive(params.sessionId, JSON.parse(params.message)),
    );
    await new Promise<void>((resolve, reject) =>
      this.session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  /** In the script that was loaded last of that source. @param line 1-based */
  async breakAt(source: string, line: number): Promise<void> {
    for (;;) {
      const found = this.scripts.findLast((script) => generatedOf(script, source, line));
      if (!found) await this.change();
      else {
        const { worker, scriptId } = found;
        const position = generatedOf(found, source, line) as Position;
        await this.ask(worker, 'Debugger.setBreakpoint', { location: { scriptId, ...position } });
        return;
      }
    }
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
      this.answers.set(id, resolve as (result: never) => void);
      this.session.post('NodeWorker.sendMessageToWorker', { sessionId: worker, message });
    });
  }

  private receive(worker: string, { id, method, params, result }: Message): void {
    if (id !== undefined) this.answers.get(id)?.(result as never);
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

function generatedOf(script: Script, source: string, line: number): Position | undefined {
  if (!script.sourceMapURL || script.url.includes('node_modules')) return undefined;
  const map = mapOf(script);
  if (!map.payload.sources.includes(source)) return undefined;
  const lines = readFileSync(fileURLToPath(script.url), 'utf8').split('\n');
  for (const [lineNumber, text] of lines.entries()) {
    for (let columnNumber = 0; columnNumber < text.length; columnNumber++) {
      const entry = map.findEntry(lineNumber, columnNumber);
      if ('originalLine' in entry && entry.originalLine === line - 1) return { lineNumber, columnNumber };
    }
  }
  return undefined;
}
