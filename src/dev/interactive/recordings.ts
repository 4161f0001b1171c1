import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { History } from '../../adapters/dynamodb-history';
import { keyOf } from '../../adapters/dynamodb-history-item';
import { lookUp, type Recorded } from '../../history/look-up';
import { worldClient } from '../../history/world';
import type { PlayedTick, RunningWorld } from '../../world/play';
import { tickValueOf } from '../../world/report/tick-value';

/** What was recorded at a tick or, where nothing was, last before it: most ticks plan what the one before them did. */
export interface Held extends Recorded {
  isItsOwn: boolean;
  /** The tick had this plan too. */
  isItsPlan: boolean;
}

/** What the function wrote into the world's history table, read as `replay` reads that of a stage. */
export class Recordings {
  readonly #client: DynamoDBClient;
  readonly #history: History;

  constructor({ model, wire }: RunningWorld) {
    const { config, resources } = model.options;
    this.#client = worldClient(wire.addresses.dynamodb, config.region);
    const { historyTable } = resources;
    this.#history = new History({ client: this.#client, historyTable, cluster: config.cluster });
  }

  /** Undefined: none was made up to that tick. */
  async of(looked: PlayedTick): Promise<Held | undefined> {
    const place = placeOf(looked);
    const found = await lookUp(this.#history, place, 1);
    const latest = found?.recorded[0];
    if (!latest) return undefined;
    const isFound = found.tick.key === place;
    return {
      ...latest,
      isItsOwn: isFound && latest.tick.key === place,
      isItsPlan: isFound && latest.tick.plan === found.tick.plan,
    };
  }

  /** All of so much time before that tick, and its own; the oldest first. */
  async upTo(last: PlayedTick, withinMs: number): Promise<Recorded[]> {
    const found: Recorded[] = [];
    for await (const tick of this.#history.ticks(placeOf(last))) {
      if (tick.at < last.at - withinMs) break;
      if (tick.parts > 0) found.push({ tick, recording: await this.#history.recording(tick) });
    }
    return found.reverse();
  }

  close(): void {
    this.#client.destroy();
  }
}

/**
 * Where history has it. The function stamps a tick once it has its lease, later than the time of the schedule by which
 * it is shown: it is found by its stamp. One that failed or was refused the lease has no item, and what was there when
 * it ended counts.
 */
function placeOf({ result }: PlayedTick): string | number {
  const { at, epoch } = tickValueOf(result);
  return at === undefined || epoch === null ? result.endedAt : keyOf({ at, epoch });
}
