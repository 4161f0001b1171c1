import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bodyOf, closed, hostOf, listening } from '../local-server';
import type { LambdaFunction, Report } from './function';
import { type Credentials, refusalOf } from './signature';

/** A call of the URL, let in or not. */
export interface Call {
  /** Milliseconds since 1970. */
  at: number;
  path: string;
  body: string;
  /** Why it was refused. */
  refusal?: string;
  report?: Report;
}

/** The function's URL with `AWS_IAM`: what is signed for Lambda becomes an event, all else is 403. */
export class FunctionUrl {
  readonly calls: Call[] = [];
  /** Set by a test: nobody gets in, as when the account's concurrency is used up. */
  isThrottled = false;
  readonly #function: () => Promise<LambdaFunction>;
  readonly #credentials: Credentials;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(lambda: () => Promise<LambdaFunction>, credentials: Credentials) {
    this.#function = lambda;
    this.#credentials = credentials;
  }

  /** @param lambda the function as it is deployed when it is called */
  static async start(lambda: () => Promise<LambdaFunction>, credentials: Credentials): Promise<FunctionUrl> {
    const url = new FunctionUrl(lambda, credentials);
    await listening(url.#server);
    return url;
  }

  /** `http://127.0.0.1:<port>`: TLS, which Lambda has, is not what is tried here. */
  get address(): string {
    return `http://${hostOf(this.#server)}`;
  }

  stop(): Promise<void> {
    return closed(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const { method = 'GET', url = '/', headers } = request;
    const call: Call = { at: Date.now(), path: url, body: body.toString() };
    this.calls.push(call);
    const refusal = refusalOf({ method, url, headers, body }, this.#credentials);
    if (refusal !== undefined) {
      call.refusal = refusal;
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ Message: refusal }));
      return;
    }
    if (this.isThrottled) {
      call.refusal = 'throttled';
      // https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, "Error codes"
      response
        .writeHead(429, { 'content-type': 'application/json' })
        .end(JSON.stringify({ Message: 'Rate Exceeded.' }));
      return;
    }
    const report = await (await this.#function()).invoke(eventOf(request, call));
    call.report = report;
    if (report.end.kind === 'failed') {
      response.writeHead(502).end('Internal Server Error');
      return;
    }
    const { statusCode = 200, body: said } = JSON.parse(report.end.body) as { statusCode?: number; body?: string };
    response.writeHead(statusCode, { 'content-type': 'application/json' }).end(said ?? report.end.body);
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, "Request payload format" */
function eventOf(request: IncomingMessage, { at, path, body }: Call): unknown {
  const [rawPath = '/', rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: request.headers,
    requestContext: {
      accountId: '123456789012',
      apiId: 'e2e',
      authorizer: { iam: { accountId: '123456789012', accessKey: 'nobody' } },
      domainName: request.headers.host,
      domainPrefix: 'e2e',
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: request.headers['user-agent'],
      },
      requestId: `url-${at}`,
      routeKey: '$default',
      stage: '$default',
      time: new Date(at).toISOString(),
      timeEpoch: at,
    },
    body,
    isBase64Encoded: false,
  };
}
