import { excerpt, type Http, HttpClient, type HttpResponse, joinUrl } from './http';

/** Where the CA and the bearer token come from. */
export interface SecretSource {
  get(name: string, options?: { fresh?: boolean }): Promise<string>;
}

export interface KubernetesApiOptions {
  /** `https://10.0.0.10:6443`; K3s' certificate names the server's address. */
  url: string;
  secrets: SecretSource;
  parameters: { controllerToken: string; ca: string };
  maxBytes?: number;
  /** In our own client's place. */
  http?: Http;
}

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  signal: AbortSignal;
}

/** Requests to the Kubernetes API: TLS verified against the cluster's own CA, bearer token, one re-read on 401. */
export class KubernetesApi {
  readonly #options: KubernetesApiOptions;
  #client: { ca: string; http: Http } | undefined;

  constructor(options: KubernetesApiOptions) {
    this.#options = options;
  }

  /** Throws network errors, the signal's reason and what the secrets throw; any status is an answer. */
  async send(request: ApiRequest): Promise<HttpResponse> {
    const { secrets, parameters } = this.#options;
    const [ca, token] = await beforeAbort(
      Promise.all([secrets.get(parameters.ca), secrets.get(parameters.controllerToken)]),
      request.signal,
    );
    const response = await this.#exchange(request, ca, token);
    if (response.status !== 401) return response;
    // The server rotates the token each day: what is cached may have run out.
    const rotated = await beforeAbort(secrets.get(parameters.controllerToken, { fresh: true }), request.signal);
    return this.#exchange(request, ca, rotated);
  }

  async close(): Promise<void> {
    await this.#client?.http.close();
    this.#client = undefined;
  }

  async #exchange(request: ApiRequest, ca: string, token: string): Promise<HttpResponse> {
    const { method, path, query, body, signal } = request;
    return this.#httpFor(ca).send({
      method,
      url: joinUrl(this.#options.url, path, query),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.trim()}`,
        'user-agent': 'k3s-autoscaler',
        ...(body === undefined ? {} : { 'content-type': contentTypeOf(method) }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
  }

  #httpFor(ca: string): Http {
    if (this.#client?.ca !== ca) {
      const { maxBytes, http } = this.#options;
      void this.#client?.http.close();
      this.#client = { ca, http: http ?? new HttpClient({ ca, ...(maxBytes === undefined ? {} : { maxBytes }) }) };
    }
    return this.#client.http;
  }
}

const contentTypeOf = (method: ApiRequest['method']): string =>
  method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';

/** Secrets have a deadline of their own; this keeps them within the caller's. */
async function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

/** `HTTP 403: nodes is forbidden …`, from the API server's `Status`. */
export function messageOf({ status, body }: HttpResponse): string {
  try {
    const message = (JSON.parse(body) as { message?: unknown } | null)?.message;
    if (typeof message === 'string' && message !== '') return `HTTP ${status}: ${message}`;
  } catch {
    // Not a Status: a proxy's page, say. Its beginning tells more than the parse error.
  }
  return `HTTP ${status}: ${excerpt(body)}`;
}
