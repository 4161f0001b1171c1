import { handlerOptions } from '../../../adapters/aws';
import { StateItemError } from '../../../adapters/state-reader';
import { Unusable } from '../../../deploy/errors';
import { type Deployed, LAPTOP_TIMEOUTS, outOfReach } from '../../stage';

/** What asking one service of AWS needs to know. */
export interface Asker {
  stage: Deployed;
  /** Ends what is still under way when the command has its answers. */
  signal: AbortSignal;
}

/** For a client of the SDK. Two attempts: what is asked once by a person is asked again by the same person. */
export const clientOptions = ({ stage }: Asker) => ({
  region: stage.region,
  maxAttempts: 2,
  requestHandler: handlerOptions(LAPTOP_TIMEOUTS),
});

/** The errors by which a service says that there is no such thing; then the answer is undefined. */
type Nothing = readonly string[];

/**
 * Asks, and says of a failure which right it takes.
 *
 * @param where service, what of it is asked for, and the right as IAM spells it
 * @throws {Unusable}
 */
export async function ask<T>(
  { stage, signal }: Asker,
  where: Record<'service' | 'name' | 'right', string>,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await send({ abortSignal: signal });
  } catch (error) {
    if (error instanceof StateItemError) throw notUnderstood(error, where.name);
    throw outOfReach(error, { ...stage, ...where });
  }
}

/** No tick understands it either: each ends with that error. */
const notUnderstood = ({ message }: StateItemError, table: string): Unusable =>
  new Unusable(table, 'state item', { value: undefined, rule: message, fix: 'docs/state.md says how it must be' });

/** The same, where an answer may be that there is none. */
export function askFor<T>(
  asker: Asker,
  where: Record<'service' | 'name' | 'right', string>,
  nothing: Nothing,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  return ask(asker, where, async (options) => {
    try {
      return await send(options);
    } catch (error) {
      if (nothing.includes((error as { name?: string }).name ?? '')) return undefined;
      throw error;
    }
  });
}
