import { Agent, request } from 'undici';

/** A Kubernetes object as it travels; tests read deeper by their own casts. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    creationTimestamp?: string;
    deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: what the tests read of it is checked by their expectations.
  [field: string]: any;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  body: any;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a watch tells: the object as it is after the change. */
export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: ApiObject;
}

const DEADLINE_MS = 20_000;

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;
export type PatchType = keyof typeof PATCH_TYPES;

/** A client of the API server for tests: one identity, TLS verified. Paths are without the first slash. */
export class ApiClient {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #token: string | undefined;

  /** @param token bearer token; without one the requests are anonymous */
  constructor({ url, ca, token }: { url: string; ca: string; token?: string }) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ connect: { ca }, connections: 16 });
  }

  /** Any status is an answer. @throws network errors, and when there is none within 20 s */
  async send(method: Method, path: string, body?: unknown, patch: PatchType = 'merge'): Promise<Answer> {
    const answer = await request(`${this.#url}/${path}`, {
      method,
      dispatcher: this.#agent,
      headers: this.#headers(
        body === undefined ? undefined : method === 'PATCH' ? PATCH_TYPES[patch] : 'application/json',
      ),
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: parsed(text) };
  }

  /** @throws Error with the server's message for any status but 2xx */
  async #must(method: Method, path: string, body?: unknown, patch?: PatchType): Promise<ApiObject> {
    const answer = await this.send(method, path, body, patch);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: HTTP ${answer.status}: ${answer.body.message ?? JSON.stringify(answer.body)}`);
  }

  get = (path: string): Promise<ApiObject> => this.#must('GET', path);
  create = (path: string, body: unknown): Promise<ApiObject> => this.#must('POST', path, body);
  patch = (path: string, body: unknown, type?: PatchType): Promise<ApiObject> => this.#must('PATCH', path, body, type);
  delete = (path: string, options?: unknown): Promise<ApiObject> => this.#must('DELETE', path, options);

  async list(path: string): Promise<ApiObject[]> {
    return (await this.get(path)).items;
  }

  /**
   * Tells of every change from now on, until the signal is aborted or the server ends. A server that is busy ends the watch
   * of a client that it takes to be slow (`Forcing pods watcher close due to unresponsiveness`); such a watch goes on
   * where it was.
   *
   * @returns what was there when it began
   */
  async watch(path: string, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<ApiObject[]> {
    const now = await this.get(path);
    let version = now.metadata.resourceVersion as string;
    const told = (line: string) => {
      const event: WatchEvent = JSON.parse(line);
      // A Status in its place: the version is too old, or the like.
      if (event.object.metadata.resourceVersion === undefined) throw new Error(`${path}: ${line}`);
      version = event.object.metadata.resourceVersion;
      onEvent(event);
    };
    const goOn = async (first: AsyncIterable<Buffer>) => {
      for (let body = first; ; body = await this.#changesSince(path, version, signal)) await followLines(body, told);
    };
    void goOn(await this.#changesSince(path, version, signal)).catch(() => {
      // Aborted, or the server is gone: who waits for an event has a deadline.
    });
    return now.items;
  }

  async #changesSince(path: string, version: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const { statusCode, body } = await request(`${this.#url}/${path}?watch=true&resourceVersion=${version}`, {
      dispatcher: this.#agent,
      headers: this.#headers(),
      signal,
      bodyTimeout: 0,
    });
    if (statusCode !== 200) throw new Error(`${path}: HTTP ${statusCode}: ${await body.text()}`);
    return body;
  }

  close = (): Promise<void> => this.#agent.destroy();

  #headers(contentType?: string): Record<string, string> {
    return {
      accept: 'application/json',
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...(contentType !== undefined && { 'content-type': contentType }),
    };
  }
}

async function followLines(body: AsyncIterable<Buffer>, onLine: (line: string) => void): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      onLine(rest.subarray(0, end).toString('utf8'));
      rest = rest.subarray(end + 1);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
