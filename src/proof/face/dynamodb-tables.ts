import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import getItem from 'dynalite/actions/getItem';
import putItem from 'dynalite/actions/putItem';
import updateItem from 'dynalite/actions/updateItem';
import { custom as checkGetItem } from 'dynalite/validations/getItem';
import { custom as checkPutItem } from 'dynalite/validations/putItem';
import { custom as checkUpdateItem } from 'dynalite/validations/updateItem';

type Callback = (error: Error | null, value?: unknown) => void;

/** What dynalite's actions use of its store. */
export interface DynaliteStore {
  options: { maxItemSize: number };
  tableDb: { awsAccountId: string; awsRegion: string };
  getTable(name: string, done: Callback): void;
  getItemDb(name: string): {
    lock(key: string, run: (release: (done: Callback) => Callback) => void): void;
    get(key: string, done: Callback): void;
    put(key: string, item: unknown, done: Callback): void;
  };
}

const ACTIONS = {
  GetItem: [getItem, checkGetItem],
  PutItem: [putItem, checkPutItem],
  UpdateItem: [updateItem, checkUpdateItem],
} as const;

export type DynamoOperation = keyof typeof ACTIONS;
type Item = Record<string, { S?: string; N?: string; SS?: string[] }>;

const NOT_FOUND = Object.assign(new Error('not found'), { name: 'NotFoundError' });

/**
 * DynamoDB's tables in memory: dynalite's own actions, so that it is real conditions and real updates that are proven,
 * over a store that answers at once.
 */
export class DynamoTables {
  readonly #keys: Map<string, string[]>;
  readonly #items = new Map<string, string>();

  /** @param keys names of the key attributes by table, the hash key first */
  constructor(keys: Record<string, string[]>) {
    this.#keys = new Map(Object.entries(keys));
  }

  /** @throws what the SDK throws for it */
  run(operation: DynamoOperation, input: object): Record<string, unknown> {
    const [action, check] = ACTIONS[operation];
    // Copied, as the actions leave their parsed expressions in it.
    const data = JSON.parse(JSON.stringify(input)) as Record<string, unknown>;
    const wrong = check(data, this.#store);
    if (wrong) throw serviceError('ValidationException', wrong);
    let result: { error?: Error & { body?: { __type?: string; message?: string } }; answer?: unknown } = {};
    action(this.#store, data, (error, answer) => {
      result = error ? { error } : { answer };
    });
    const { error, answer } = result;
    if (error) throw toSdkError(error);
    if (answer === undefined) throw new Error(`dynalite did not answer ${operation} at once`);
    return JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
  }

  /** The item of that key, without going through the protocol. */
  read(table: string, ...key: string[]): Item | undefined {
    for (const [id, text] of this.#items) {
      const item = JSON.parse(text) as Item;
      const names = this.#keys.get(table) ?? [];
      if (id.startsWith(`${table}/`) && key.every((value, i) => item[names[i] ?? '']?.S === value)) return item;
    }
    return undefined;
  }

  bytesOf(table: string): number {
    return [...this.#items]
      .filter(([id]) => id.startsWith(`${table}/`))
      .reduce((sum, [, text]) => sum + text.length, 0);
  }

  get #store(): DynaliteStore {
    return {
      options: { maxItemSize: 409_600 },
      tableDb: { awsAccountId: '000000000000', awsRegion: 'us-east-1' },
      getTable: (name, done) => {
        const names = this.#keys.get(name);
        if (!names) return done(Object.assign(new Error(name), { name: 'ResourceNotFoundException' }));
        done(null, {
          TableName: name,
          TableStatus: 'ACTIVE',
          AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
          KeySchema: names.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
        });
      },
      getItemDb: (name) => ({
        lock: (_key, run) => run((done) => done),
        get: (key, done) => {
          const text = this.#items.get(`${name}/${key}`);
          if (text === undefined) done(NOT_FOUND);
          else done(null, JSON.parse(text));
        },
        put: (key, item, done) => {
          this.#items.set(`${name}/${key}`, JSON.stringify(item));
          done(null);
        },
      }),
    };
  }
}

function toSdkError(error: Error & { body?: { __type?: string; message?: string } }): Error {
  const type = error.body?.__type?.split('#')[1];
  const message = error.body?.message ?? error.message;
  if (type === 'ConditionalCheckFailedException') {
    return new ConditionalCheckFailedException({ message, $metadata: { httpStatusCode: 400 } });
  }
  return type === undefined ? error : serviceError(type, message);
}

/** An error of an AWS service as the SDK throws it. */
export const serviceError = (code: string, message: string, status = 400): Error =>
  Object.assign(new Error(message), { name: code, $fault: 'client', $metadata: { httpStatusCode: status } });
