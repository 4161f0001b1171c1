import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { History } from '../../adapters/dynamodb-history';
import type { Recording } from '../../autoscaler/telling/recording';
import { lookUp, type Recorded } from '../../history/look-up';
import { worldClient } from '../../history/world';
import type { RunningWorld } from '../../world/play';

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

  /** The last one at or before that time; undefined: none was recorded yet. */
  async at(time: number): Promise<Recording | undefined> {
    return (await lookUp(this.#history, time, 1))?.recorded[0]?.recording;
  }

  /** All between the two times, the oldest first. */
  async between(from: number, to: number): Promise<Recorded[]> {
    const found: Recorded[] = [];
    for await (const tick of this.#history.ticks(to)) {
      if (tick.at < from) break;
      if (tick.parts > 0) found.push({ tick, recording: await this.#history.recording(tick) });
    }
    return found.reverse();
  }

  close(): void {
    this.#client.destroy();
  }
}
