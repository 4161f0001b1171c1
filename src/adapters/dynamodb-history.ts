import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Recording } from '../autoscaler/telling/recording';
import { decodeRecording, decodeTick, recordingsKey, type Tick } from './dynamodb-history-item';

export interface HistoryOptions {
  client: DynamoDBClient;
  historyTable: string;
  cluster: string;
}

type Item = Record<string, AttributeValue>;

/** Reads what the function wrote; needs the right to query the history's table, and no other. */
export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /**
   * The newest first, read page by page as far as they are asked for.
   *
   * @param until a tick's key: this one and those before it; or a time: those at or before it. Without it all
   */
  async *ticks(until?: number | string): AsyncGenerator<Tick> {
    // '~' comes after every digit: the epoch behind the time does not matter.
    const last = typeof until === 'number' ? `${new Date(until).toISOString()}#~` : (until ?? '~');
    const query = this.#query(this.#options.cluster, '#at <= :at', last, false);
    for await (const item of query) yield decodeTick(item);
  }

  /** The first tick at or after that time; undefined: there is none yet. */
  async firstFrom(time: number): Promise<Tick | undefined> {
    const query = this.#query(this.#options.cluster, '#at >= :at', new Date(time).toISOString(), true, 1);
    for await (const item of query) return decodeTick(item);
    return undefined;
  }

  /**
   * The recording of a tick that has one.
   *
   * @throws an error that says which tick's recording is not whole
   */
  async recording({ key, parts }: Tick): Promise<Recording> {
    const found: Uint8Array[] = [];
    for await (const item of this.#query(
      recordingsKey(this.#options.cluster),
      'begins_with(#at, :at)',
      `${key}#`,
      true,
    )) {
      if (item.data?.B) found.push(item.data.B);
    }
    if (found.length !== parts) throw new Error(`the recording of ${key} has ${found.length} of its ${parts} parts`);
    return decodeRecording(found);
  }

  async *#query(
    hash: string,
    range: string,
    at: string,
    ScanIndexForward: boolean,
    Limit = PAGE,
  ): AsyncGenerator<Item> {
    const { client, historyTable } = this.#options;
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: historyTable,
          KeyConditionExpression: `cluster_id = :hash AND ${range}`,
          ExpressionAttributeNames: { '#at': 'at' },
          ExpressionAttributeValues: { ':hash': { S: hash }, ':at': { S: at } },
          ScanIndexForward,
          Limit,
          ...(ExclusiveStartKey && { ExclusiveStartKey }),
        }),
      );
      yield* page.Items ?? [];
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }
}

/** A little more than an hour of ticks, within which there is a recording. */
const PAGE = 50;
