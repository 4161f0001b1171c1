import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import deleteItem from 'dynalite/actions/deleteItem';
import getItem from 'dynalite/actions/getItem';
import putItem from 'dynalite/actions/putItem';
import updateItem from 'dynalite/actions/updateItem';
import { custom as checkDeleteItem } from 'dynalite/validations/deleteItem';
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
    del(key: string, done: Callback): void;
  };
}

const ACTIONS = {
  DeleteItem: [deleteItem, checkDeleteItem],
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
  /** By table and key. Kept as they are: what comes in and goes out is copied. */
  readonly #items = new Map<string, Item>();

  /** @param keys names of the key attributes by table, the hash key first */
  constructor(keys: Record<string, string[]>) {
    this.#keys = new Map(Object.entries(keys));
  }

  /** @throws what the SDK throws for it */
  run(operation: DynamoOperation, input: object): Record<string, unknown> {
    const [action, check] = ACTIONS[operation];
    const data = onWire(input) as Record<string, unknown>;
    const wrong = parsed(data, () => check(data, this.#store));
    if (wrong) throw serviceError('ValidationException', wrong);
    let result: { error?: Error & { body?: { __type?: string; message?: string } }; answer?: unknown } = {};
    action(this.#store, data, (error, answer) => {
      result = error ? { error } : { answer };
    });
    const { error, answer } = result;
    if (error) throw toSdkError(error);
    if (answer === undefined) throw new Error(`dynalite did not answer ${operation} at once`);
    return offWire(answer) as Record<string, unknown>;
  }

  /** The item of that key, without going through the protocol. */
  read(table: string, ...key: string[]): Item | undefined {
    const names = this.#keys.get(table) ?? [];
    for (const [id, item] of this.#items) {
      if (!id.startsWith(`${table}/`)) continue;
      if (key.every((value, i) => item[names[i] ?? '']?.S === value)) return item;
    }
    return undefined;
  }

  /** As a time to live does. */
  clear(table: string): void {
    for (const id of this.#items.keys()) if (id.startsWith(`${table}/`)) this.#items.delete(id);
  }

  bytesOf(table: string): number {
    return [...this.#items]
      .filter(([id]) => id.startsWith(`${table}/`))
      .reduce((sum, [, item]) => sum + JSON.stringify(item).length, 0);
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
          const item = this.#items.get(`${name}/${key}`);
          if (item === undefined) done(NOT_FOUND);
          else done(null, item);
        },
        put: (key, item, done) => {
          this.#items.set(`${name}/${key}`, item as Item);
          done(null);
        },
        del: (key, done) => {
          this.#items.delete(`${name}/${key}`);
          done(null);
        },
      }),
    };
  }
}

/** A copy of what goes over the wire: bytes in base64, and nothing that is undefined. */
const onWire = (value: unknown): unknown =>
  exchanged(value, (part) => (part instanceof Uint8Array ? Buffer.from(part).toString('base64') : undefined));

/** A copy of what is answered, with its bytes as the SDK gives them. */
const offWire = (value: unknown): unknown =>
  exchanged(value, (part) =>
    'B' in part && typeof part.B === 'string' ? { B: Buffer.from(part.B, 'base64') } : undefined,
  );

interface Parsed {
  _updates?: unknown;
  _condition?: unknown;
}

/** By expression, names, and kinds of values. */
const templates = new Map<string, Parsed>();

/**
 * Lets an input be checked, or puts in what an equal one was parsed to: parsing takes a fifth of a run, and our
 * expressions are few. dynalite puts the values themselves into what it parses, so they are found there and exchanged.
 *
 * @returns what is wrong with it
 */
function parsed(data: Record<string, unknown>, check: () => string | undefined): string | undefined {
  const values = (data.ExpressionAttributeValues ?? {}) as Record<string, object>;
  const kinds = Object.entries(values).map(([name, value]) => [name, ...Object.keys(value)]);
  const key = JSON.stringify([
    data.UpdateExpression,
    data.ConditionExpression,
    data.ExpressionAttributeNames,
    data.TableName,
    kinds,
  ]);
  const known = templates.get(key);
  if (known) {
    Object.assign(
      data,
      exchanged(known, (value) => (value instanceof Place ? values[value.name] : undefined)),
    );
    return undefined;
  }
  const wrong = check();
  const { _updates, _condition } = data as Parsed;
  const names = new Map(Object.entries(values).map(([name, value]) => [value, new Place(name)]));
  if (!wrong && data.UpdateExpression !== undefined) {
    templates.set(key, exchanged({ _updates, _condition }, (value) => names.get(value)) as Parsed);
  }
  return wrong;
}

/** Where a value goes. */
class Place {
  constructor(readonly name: string) {}
}

/** A copy in which some objects are others, and without what is undefined. */
function exchanged(value: unknown, other: (value: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const found = other(value);
  if (found !== undefined) return found;
  if (Array.isArray(value)) return value.map((each) => exchanged(each, other));
  const copy: Record<string, unknown> = {};
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name];
    if (part !== undefined) copy[name] = exchanged(part, other);
  }
  return copy;
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
