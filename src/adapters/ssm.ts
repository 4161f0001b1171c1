import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { PENDING } from '../autoscaler/names';
import { AWS_TIMEOUTS, type AwsTimeouts, handlerOptions, wantsDualstack, withDeadline } from './aws';
import { codeOf, SourceError } from './errors';

export interface SsmOptions {
  region: string;
  /** Ask at the dual-stack name, where no endpoint is set. */
  dualStack: boolean;
  timeouts?: AwsTimeouts;
}

export const createSsmClient = ({ region, dualStack, timeouts = AWS_TIMEOUTS }: SsmOptions): SSMClient =>
  new SSMClient({
    region,
    maxAttempts: 2,
    useDualstackEndpoint: wantsDualstack('SSM', dualStack),
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

  /**
   * Throws what the SDK throws, or `SourceError` 'not-yet' for a parameter that holds no value so far. A failure is
   * never remembered: the server may write the value a moment later. `fresh` reads it again.
   */
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
    const value = await this.#ask(name);
    if (value.trim() === '') throw notYet(name, 'is empty');
    if (value.trim() === PENDING) throw notYet(name, `holds '${PENDING}'`);
    return value;
  }

  async #ask(name: string): Promise<string> {
    const command = new GetParameterCommand({ Name: name, WithDecryption: true });
    try {
      const answer = await withDeadline(`SSM GetParameter ${name}`, this.#deadlineMs, (abortSignal) =>
        this.#client.send(command, { abortSignal }),
      );
      return answer.Parameter?.Value ?? '';
    } catch (error) {
      if (codeOf(error) === 'ParameterNotFound') throw notYet(name, 'does not exist', error);
      throw error;
    }
  }
}

/** Terraform makes it as `pending`; somebody may have deleted it; a value of nothing is none. All mean the same. */
const notYet = (name: string, what: string, cause?: unknown): SourceError =>
  new SourceError(
    'not-yet',
    `SSM parameter ${name} ${what}: the K3s server has not written it yet, which it does once it has started`,
    { cause },
  );
