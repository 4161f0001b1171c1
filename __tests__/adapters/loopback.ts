import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { generate } from 'selfsigned';

export interface Received {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | object;
  /** Never answers. */
  silent?: boolean;
  /** Sends headers and half a body, then nothing. */
  stalls?: boolean;
}

/** A deadline for a client under test: short where it must run out, long where a busy machine must not matter. */
export const deadlineFor = (...replies: Reply[]): number =>
  replies.some(({ silent, stalls }) => silent || stalls) ? 200 : 10_000;

export interface Loopback {
  url: string;
  requests: Received[];
  close(): Promise<void>;
}

export type Responder = (request: Received) => Reply | Promise<Reply>;

/** A small server on 127.0.0.1 that keeps what it was asked. */
export async function loopback(respond: Responder, tls?: { key: string; cert: string }): Promise<Loopback> {
  const requests: Received[] = [];
  const listener: RequestListener = async (request, response) => {
    const received = await receive(request);
    requests.push(received);
    send(response, await respond(received));
  };
  const server: Server = tls ? createHttps(tls, listener) : createHttp(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function receive(request: IncomingMessage): Promise<Received> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const url = new URL(request.url ?? '/', 'http://loopback');
  return { method: request.method ?? '', url, headers: request.headers, body };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.silent) return;
  const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
  if (reply.stalls) response.write(body.slice(0, body.length / 2));
  else response.end(body);
}

/** A certificate for 127.0.0.1 that is its own CA. */
export async function certificate(): Promise<{ key: string; cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'k3s' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { key, cert };
}
