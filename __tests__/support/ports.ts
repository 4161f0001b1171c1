import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (32768 and up on Linux): a port of those may be taken between
 * the moment when it was found free and the start of what is to listen there.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** Free ports of 127.0.0.1, each another. */
export async function freePorts<Name extends string>(...names: Name[]): Promise<Record<Name, number>> {
  const found = new Set<number>();
  while (found.size < names.length) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  const ports = [...found];
  return Object.fromEntries(names.map((name, i) => [name, ports[i]])) as Record<Name, number>;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
