import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ownHosts, REFUSED, strangerBy } from './strangers';

/** A request that was read whole. */
export interface HttpRequest {
  method: string;
  /** Path with query. */
  url: URL;
  headers: Record<string, string>;
  body: Buffer;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** What can become of a request: an answer, a torn connection, or nothing at all. */
export interface Transport {
  send(answer: Answer, date: number): void;
  destroy(): void;
  /** Called once when the client goes away before it was answered. */
  onAbandoned(run: () => void): void;
}

export interface Listener {
  url: string;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1; with `tls` over TLS. A web page is refused: programs alone have to do with us. */
export const listen = async (
  handle: (request: HttpRequest, transport: Transport) => void,
  tls?: { key: string; cert: string },
): Promise<Listener> => {
  const onRequest: RequestListener = (incoming, response) => {
    const { port } = server.address() as AddressInfo;
    if (refused(incoming, response, { scheme: tls ? 'https' : 'http', port })) return;
    readBody(incoming).then(
      (body) => handle(requestOf(incoming, body), transportOf(response)),
      () => response.destroy(),
    );
  };
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  // A warm sandbox keeps its connections while nothing happens in real time; closing them would race with its next call.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Before its body is read: whether it comes from a web page, which then hears so. */
const refused = (
  incoming: IncomingMessage,
  response: ServerResponse,
  own: { scheme: 'http' | 'https'; port: number },
): boolean => {
  const header = (name: string) => incoming.headers[name.toLowerCase()]?.toString();
  const by = strangerBy(header, own);
  if (by === undefined) return false;
  const fix = `ask ${own.scheme}://${ownHosts(own.port)[0]} from a program, with no Origin`;
  const rule = by === 'Host' ? `must be ${ownHosts(own.port).join(' or ')}` : 'must not be of a web page';
  const refusal = { what: REFUSED, where: by, value: header(by) ?? null, rule, fix };
  response.writeHead(403, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(refusal));
  incoming.resume();
  return true;
};

const readBody = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const requestOf = (incoming: IncomingMessage, body: Buffer): HttpRequest => ({
  method: incoming.method ?? 'GET',
  url: new URL(incoming.url ?? '/', 'http://127.0.0.1'),
  headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
  body,
});

const transportOf = (response: ServerResponse): Transport => ({
  send: ({ status, headers, body }, date) => {
    if (response.destroyed) return;
    response.writeHead(status, {
      ...headers,
      // The SDK corrects its clock by this header, so it must show the same time as the caller's own `Date`.
      date: new Date(date).toUTCString(),
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  },
  destroy: () => response.socket?.destroy(),
  onAbandoned: (run) =>
    response.once('close', () => {
      if (!response.writableEnded) run();
    }),
});

export const json = (status: number, value: unknown, type = 'application/json'): Answer => ({
  status,
  headers: { 'content-type': type },
  body: JSON.stringify(value),
});

/** No service's parser takes this. */
export const garbage: Answer = {
  status: 200,
  headers: { 'content-type': 'application/octet-stream' },
  body: '\u0000<<not what you asked for{{',
};
