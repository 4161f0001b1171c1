import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bodyOf, closed, hostOf, listening } from '../local-server';

/** Of a synchronous answer (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), and a little of its own. */
const MAX_RESPONSE_BYTES = 6 * 2 ** 20 + 100;
const ROOT = '/2018-06-01/runtime/';

export interface Invocation {
  id: string;
  event: unknown;
  /** Milliseconds since 1970. */
  deadline: number;
  functionArn: string;
}

/** How an invocation ended. */
export type End =
  | { kind: 'done'; body: string }
  /** The function's own error, or Lambda's word for what became of it: `Sandbox.Timedout`, `Runtime.ExitError`. */
  | { kind: 'failed'; type: string; message: string };

interface Waiting {
  invocation: Invocation;
  settle: (end: End) => void;
}

/**
 * Lambda's Runtime API of one sandbox (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html): the runtime asks
 * for the next event, which is held back until there is one, and posts what came of it.
 */
export class RuntimeApi {
  /** KiB, as the runtime told with its last word. */
  peakKib = 0;
  /** Resolves when the runtime asks for its first event, with the failure of its start when it never will. */
  readonly initialized: Promise<End | undefined>;
  #initialized: (failure: End | undefined) => void = () => {};
  #poll: ServerResponse | undefined;
  #current: Waiting | undefined;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor() {
    this.initialized = new Promise((resolve) => {
      this.#initialized = resolve;
    });
  }

  static async start(): Promise<RuntimeApi> {
    const api = new RuntimeApi();
    // The runtime's connection is idle as long as the function works; by default Node closes it after 5 s, which a
    // function that computes meanwhile does not hear of.
    api.#server.keepAliveTimeout = 0;
    await listening(api.#server);
    return api;
  }

  /** For `AWS_LAMBDA_RUNTIME_API`. */
  get address(): string {
    return hostOf(this.#server);
  }

  /** One at a time. */
  invoke(invocation: Invocation): Promise<End> {
    return new Promise((settle) => {
      this.#current = { invocation, settle };
      this.#hand();
    });
  }

  /** The runtime is gone, or is about to be: whatever waits ends like this. */
  fail(end: End): void {
    this.#initialized(end);
    this.#settle(end);
  }

  async stop(): Promise<void> {
    await closed(this.#server);
  }

  #settle(end: End): void {
    const waiting = this.#current;
    this.#current = undefined;
    waiting?.settle(end);
  }

  /** Gives the event to the poll, when both are there. */
  #hand(): void {
    const poll = this.#poll;
    const invocation = this.#current?.invocation;
    if (poll === undefined || invocation === undefined) return;
    this.#poll = undefined;
    poll
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': invocation.id,
        'lambda-runtime-deadline-ms': String(invocation.deadline),
        'lambda-runtime-invoked-function-arn': invocation.functionArn,
        'lambda-runtime-trace-id': `Root=${traceIdOf(invocation.id)};Sampled=0`,
      })
      .end(JSON.stringify(invocation.event));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const told = Number(request.headers['emulator-peak-kib']);
    if (told > 0) this.peakKib = Math.max(this.peakKib, told);
    const [what, id, end] = (request.url ?? '').slice(ROOT.length).split('/');
    const body = (await bodyOf(request)).toString();
    if (what === 'invocation' && id === 'next') {
      this.#poll = response;
      this.#initialized(undefined);
      this.#hand();
      return;
    }
    if (what === 'init' && id === 'error') {
      this.#initialized(failureOf(body));
      response.writeHead(202).end('{"status":"OK"}');
      return;
    }
    if (what !== 'invocation' || id !== this.#current?.invocation.id) {
      // Of an invocation that was given up on: Lambda refuses it too.
      response.writeHead(400).end('{"errorType":"InvalidRequestID"}');
      return;
    }
    if (end === 'response' && Buffer.byteLength(body) > MAX_RESPONSE_BYTES) {
      const message = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
      response.writeHead(413).end(JSON.stringify({ errorType: 'RequestEntityTooLarge', errorMessage: message }));
      this.#settle({ kind: 'failed', type: 'Function.ResponseSizeTooLarge', message });
      return;
    }
    response.writeHead(202).end('{"status":"OK"}');
    this.#settle(end === 'response' ? { kind: 'done', body } : failureOf(body));
  }
}

/** What an invocation's calls are told by: the SDK puts it into their `X-Amzn-Trace-Id`. @param id of the request */
export const traceIdOf = (id: string): string => `1-00000000-${id.replaceAll('-', '').slice(0, 24)}`;

function failureOf(body: string): End {
  const { errorType, errorMessage } = JSON.parse(body) as { errorType: string; errorMessage: string };
  return { kind: 'failed', type: errorType, message: errorMessage };
}
