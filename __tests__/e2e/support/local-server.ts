import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** On a free port of 127.0.0.1. */
export const listening = (server: Server): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

/** `127.0.0.1:<port>` */
export const hostOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
