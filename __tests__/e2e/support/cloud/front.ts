import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { LambdaFunction } from '../lambda/function';
import { bodyOf, closed, hostOf, listening } from '../local-server';

/** A request to AWS on its way. */
export interface AwsCall {
  /** Milliseconds since 1970. */
  at: number;
  /** `ec2.RunInstances`, `dynamodb.UpdateItem` */
  operation: string;
  /** Of EC2's calls and the like, which come as a form. */
  parameters: URLSearchParams;
  /** Of the invocation that made it, as X-Ray has it; undefined where it was none of the function's. */
  traceId?: string;
  ms: number;
  status: number;
}

/** Ids of the instances that a call is about. */
export const instancesOf = ({ parameters }: AwsCall): string[] =>
  [...parameters].flatMap(([name, value]) => (/^InstanceId\.\d+$/.test(name) ? [value] : []));

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations/;

/**
 * The address at which AWS is for Terraform, for the function and for our commands: all goes through to moto, and is noted
 * with its time, but Lambda's Invoke, which moto only pretends: that runs the function.
 */
export class AwsFront {
  readonly calls: AwsCall[] = [];
  readonly #moto: URL;
  readonly #lambda: () => Promise<LambdaFunction>;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(moto: string, lambda: () => Promise<LambdaFunction>) {
    this.#moto = new URL(moto);
    this.#lambda = lambda;
  }

  /** @param lambda the function as it is deployed when it is first called */
  static async start(moto: string, lambda: () => Promise<LambdaFunction>): Promise<AwsFront> {
    const front = new AwsFront(moto, lambda);
    await listening(front.#server);
    return front;
  }

  get address(): string {
    return `http://${hostOf(this.#server)}`;
  }

  stop(): Promise<void> {
    return closed(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (INVOKE.test(request.url ?? '')) await this.#invoke(body, response);
    else this.#pass(request, body, response);
  }

  /** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
  async #invoke(body: Buffer, response: ServerResponse): Promise<void> {
    const lambda = await this.#lambda();
    const { end } = await lambda.invoke(JSON.parse(body.toString() || 'null'));
    if (end.kind === 'done') {
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' })
        .end(end.body);
      return;
    }
    response
      .writeHead(200, { 'content-type': 'application/json', 'x-amz-function-error': 'Unhandled' })
      .end(JSON.stringify({ errorType: end.type, errorMessage: end.message }));
  }

  #pass(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const traceId = /^Root=([^;]+)/.exec(String(request.headers['x-amzn-trace-id'] ?? ''))?.[1];
    const parameters = new URLSearchParams(isForm(request) ? body.toString() : '');
    const operation = operationOf(request, parameters);
    const call: AwsCall = { at: Date.now(), operation, parameters, ...(traceId && { traceId }), ms: 0, status: 0 };
    this.calls.push(call);
    const { hostname, port } = this.#moto;
    const { method, url, headers } = request;
    const onward = forward({ hostname, port, method, path: url, headers }, (answer) => {
      call.status = answer.statusCode ?? 0;
      call.ms = Date.now() - call.at;
      response.writeHead(call.status, answer.headers);
      answer.pipe(response);
    });
    // Who has given up on an answer must not keep it waiting there.
    response.once('close', () => onward.destroy());
    onward.once('error', () => response.destroy());
    onward.end(body);
  }
}

const isForm = ({ headers }: IncomingMessage): boolean =>
  String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');

function operationOf({ headers, method, url }: IncomingMessage, parameters: URLSearchParams): string {
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? 'unsigned';
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  const action = parameters.get('Action');
  return `${service}.${target ?? action ?? `${method} ${url?.split('?')[0]}`}`;
}
