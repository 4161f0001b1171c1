import { request } from 'undici/lib/api/index.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { codeOf, SourceError } from './errors';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers?: Record<string, string>;
  body?: string;
  /** Ends the whole exchange, the body's last byte included. */
  signal: AbortSignal;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** What the adapters need of an HTTP client; another one than ours is a test's or the proof's. */
export interface Http {
  send(message: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

export interface HttpOptions {
  /** PEM; only certificates under it are trusted. Without it, Node's own roots. */
  ca?: string;
  connectTimeoutMs?: number;
  /** A longer answer is an error: it would fill the function's memory. */
  maxBytes?: number;
}

const DEFAULTS = { connectTimeoutMs: 1_000, maxBytes: 32 * 1024 * 1024 };

/** A small HTTP client over undici: kept connections, one deadline per exchange, bounded answers. */
export class HttpClient implements Http {
  readonly #agent: Agent;
  readonly #maxBytes: number;

  constructor(options: HttpOptions = {}) {
    const timeout = options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs;
    this.#maxBytes = options.maxBytes ?? DEFAULTS.maxBytes;
    // Deadlines are the caller's signal; undici's own timers tick in seconds and would only blur them.
    this.#agent = new Agent({
      connect: options.ca === undefined ? { timeout } : { timeout, ca: options.ca },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Throws what undici throws, the signal's reason, or `SourceError` for an oversized body. A connection that broke
   * while the sandbox was frozen is noticed only when it is used, so a broken one is tried once more: use it for
   * requests that bear repeating only.
   */
  async send(message: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#exchange(message);
    } catch (error) {
      if (message.signal.aborted || !BROKEN_CONNECTION.has(codeOf(error) ?? '')) throw error;
      return await this.#exchange(message);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const answer = await request.call(this.#agent, {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: headers ?? {},
      body: body ?? null,
      signal,
    });
    return { status: answer.statusCode, headers: answer.headers, body: await this.#text(answer.body, url) };
  }

  async #text(body: AsyncIterable<Buffer>, url: URL): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > this.#maxBytes) {
        throw new SourceError('invalid', `${url.origin}${url.pathname} answered more than ${this.#maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

const BROKEN_CONNECTION = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** `base` may carry a path prefix (`https://host/prometheus`), with or without a slash at its end. */
export function joinUrl(base: string, path: string, query: Record<string, string> = {}): URL {
  const url = new URL(path.replace(/^\//, ''), base.endsWith('/') ? base : `${base}/`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** Parses JSON; throws `SourceError` 'invalid' that names the source and shows the beginning. */
export function parseJson(source: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SourceError('invalid', `${source} answered something that is not JSON: ${excerpt(text)}`, { cause });
  }
}

export const excerpt = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
