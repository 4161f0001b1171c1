import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Pushed, Run } from '../../../src/dev/web/frame';
import { documentOf } from '../../../src/dev/web/page/document';

/** What the page meets behind it: a server of this test's own, that notes what it is asked. */
export class MadeServer {
  readonly controls: unknown[] = [];
  /** What the next controls are answered with; undefined: taken. */
  refusal: object | undefined;
  #listeners = new Set<ServerResponse>();
  readonly #server = createServer(
    (request, response) => void this.#answer(`${request.method} ${request.url}`, request, response),
  );

  constructor(public run: Run) {}

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  push(pushed: Pushed): void {
    for (const listener of this.#listeners) listener.write(`data: ${JSON.stringify(pushed)}\n\n`);
  }

  /** How many pages listen now. */
  get listening(): number {
    return this.#listeners.size;
  }

  /** Ends each connection, as a loop does that is started again. */
  drop(): void {
    for (const listener of this.#listeners) listener.end();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(asked: string, request: NodeJS.ReadableStream, response: ServerResponse): Promise<void> {
    if (asked === 'GET /') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.setHeader(
        'content-security-policy',
        "default-src 'none'; script-src 'nonce-n1'; style-src 'nonce-n1'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
      );
      response.end(await documentOf({ live: true }, 'n1'));
    } else if (asked === 'GET /frames') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(this.run));
    } else if (asked === 'GET /events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // How soon a page comes again, in milliseconds.
      response.write('retry: 50\n\n');
      this.#listeners.add(response);
      response.on('close', () => this.#listeners.delete(response));
    } else if (asked === 'POST /control') {
      this.controls.push(JSON.parse(await text(request)));
      response.writeHead(this.refusal ? 400 : 202, { 'content-type': 'application/json' });
      response.end(this.refusal && JSON.stringify(this.refusal));
    } else {
      response.writeHead(404).end();
    }
  }
}
