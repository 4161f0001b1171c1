import { AwsError, type InstanceRecord, type RunInstancesInput } from '../contract';

interface Remembered {
  fingerprint: string;
  reservationId: string;
  instances: InstanceRecord[];
}

/** Keys in one order, so that equal requests read equal. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, canonical(v)]),
  );
}

/**
 * Client tokens of RunInstances. Zonal: the same token in another zone launches again
 * (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html).
 */
export class ClientTokens {
  readonly #seen = new Map<string, Remembered>();

  /** What the token launched before. @throws AwsError for other parameters, and when all that it launched has ended. */
  recall(input: RunInstancesInput, zone: string): Remembered | undefined {
    if (input.clientToken === undefined) return undefined;
    const seen = this.#seen.get(`${zone}/${input.clientToken}`);
    if (!seen) return undefined;
    if (seen.fingerprint !== fingerprint(input)) {
      throw new AwsError(
        'IdempotentParameterMismatch',
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      );
    }
    if (seen.instances.every(({ state }) => state === 'terminated')) {
      throw new AwsError(
        'IdempotentInstanceTerminated',
        'The client token you have provided is associated with a resource that is already terminated.',
      );
    }
    return seen;
  }

  remember(input: RunInstancesInput, zone: string, reservationId: string, instances: InstanceRecord[]): void {
    if (input.clientToken === undefined) return;
    this.#seen.set(`${zone}/${input.clientToken}`, { fingerprint: fingerprint(input), reservationId, instances });
  }
}

const fingerprint = ({ clientToken: _, ...rest }: RunInstancesInput): string => JSON.stringify(canonical(rest));
