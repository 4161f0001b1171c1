import { request as httpRequest } from 'node:http';
import { type Answer, type HttpRequest, json } from './http';
import type { Protocol } from './protocol';

/** In front of the real Prometheus: names the calls, and hands them on as they are. */
export const prometheusProtocol = (upstream: string): Protocol => ({
  service: 'prometheus',
  decode(request: HttpRequest) {
    const operation = request.url.pathname.replace(/^\/api\/v1\//, '').replace(/^\//, '') || 'root';
    return {
      call: { service: 'prometheus', operation, mutates: false, attributes: {} },
      perform: () => forward(upstream, request),
      refuse: (code) => json(/^\d{3}$/.test(code) ? Number(code) : 503, refusal(code)),
      empty: () => json(200, { status: 'success', data: { resultType: resultType(operation), result: [] } }),
    };
  },
});

const resultType = (operation: string): string => (operation === 'query_range' ? 'matrix' : 'vector');

const refusal = (code: string) => ({
  status: 'error',
  errorType: /^\d{3}$/.test(code) ? 'internal' : code,
  error: `${code} (injected by the scenario)`,
});

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date', 'host', 'expect'];

const forward = (upstream: string, { method, url, headers, body }: HttpRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      new URL(url.pathname + url.search, upstream),
      // Uncompressed between the two: the length that the front announces is then the body's.
      { method, headers: { ...endToEnd(headers), 'accept-encoding': 'identity', 'content-length': body.length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 502,
            headers: endToEnd(incoming.headers),
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });

const endToEnd = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => value !== undefined && !HOP_BY_HOP.includes(name))
      .map(([name, value]) => [name, String(value)]),
  );
