import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AWS_TIMEOUTS, type AwsTimeouts, handlerOptions, wantsDualstack, withDeadline } from './aws';
import { SourceError } from './errors';

export const createSsmClient = (region: string, timeouts: AwsTimeouts = AWS_TIMEOUTS): SSMClient =>
  new SSMClient({
    region,
    maxAttempts: 2,
    useDualstackEndpoint: wantsDualstack('SSM'),
    requestHandler: handlerOptions(timeouts),
  });

/** A rotated token is found at the latest after this long; a refused one at once (`fresh`). */
const CACHE_MS = 5 * 60_000;

export interface SsmSecretsOptions {
  client: SSMClient;
  /** Milliseconds since 1970. */
  now?: () => number;
  deadlineMs?: number;
}

/** Values of SSM parameters, decrypted, kept for five minutes; make one at module scope so that warm starts share it. */
export class SsmSecrets {
  readonly #client: SSMClient;
  readonly #now: () => number;
  readonly #deadlineMs: number;
  readonly #cache = new Map<string, { value: Promise<string>; readAt: number }>();

  constructor(options: SsmSecretsOptions) {
    this.#client = options.client;
    this.#now = options.now ?? Date.now;
    this.#deadlineMs = options.deadlineMs ?? AWS_TIMEOUTS.requestMs;
  }

  /** Throws what the SDK throws, or `SourceError` for an empty parameter. `fresh` reads it again. */
  async get(name: string, options: { fresh?: boolean } = {}): Promise<string> {
    const cached = this.#cache.get(name);
    const age = cached === undefined ? Number.POSITIVE_INFINITY : this.#now() - cached.readAt;
    if (cached !== undefined && !options.fresh && age >= 0 && age <= CACHE_MS) return cached.value;
    const entry = { value: this.#read(name), readAt: this.#now() };
    this.#cache.set(name, entry);
    try {
      return await entry.value;
    } catch (error) {
      if (this.#cache.get(name) === entry) this.#cache.delete(name);
      throw error;
    }
  }

  async #read(name: string): Promise<string> {
    const answer = await withDeadline(`SSM GetParameter ${name}`, this.#deadlineMs, (abortSignal) =>
      this.#client.send(new GetParameterCommand({ Name: name, WithDecryption: true }), { abortSignal }),
    );
    const value = answer.Parameter?.Value;
    if (!value)
      throw new SourceError('empty', `SSM parameter ${name} has no value; the server writes it when it starts`);
    return value;
  }
}
