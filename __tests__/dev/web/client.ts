import { type IncomingHttpHeaders, request } from 'node:http';
import type { Pushed } from '../../../src/dev/web/frame';

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Plain HTTP: `fetch` would not let a test lie about its host. */
export const ask = (
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });

/** A listener of `/events`, as EventSource is one. */
export class Listener {
  lastId: string | undefined;
  #text = '';

  private constructor(
    private readonly reader: ReadableStreamDefaultReader<string>,
    private readonly ending: AbortController,
  ) {}

  static async open(url: string, lastId?: string): Promise<Listener> {
    const ending = new AbortController();
    const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
    const response = await fetch(`${url}/events`, { headers, signal: ending.signal });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error('no event stream');
    const body = response.body as ReadableStream<Uint8Array>;
    return new Listener(body.pipeThrough(new TextDecoderStream()).getReader(), ending);
  }

  /** The next so many messages; rejects where the stream ends before. */
  async hear(count: number): Promise<Pushed[]> {
    const heard: Pushed[] = [];
    while (heard.length < count) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.reader.read();
        if (done) throw new Error('the stream has ended');
        this.#text += value;
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      this.lastId = field('id') ?? this.lastId;
      heard.push(JSON.parse(field('data') ?? 'null') as Pushed);
    }
    return heard;
  }

  close(): void {
    this.ending.abort();
  }
}
