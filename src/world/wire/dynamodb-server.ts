import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import dynalite from 'dynalite';
import { awsErrorOf } from './ec2-xml';
import { type Answer, type HttpRequest, json } from './http';
import type { Protocol } from './protocol';

const MUTATIONS = new Set(['UpdateItem', 'PutItem', 'DeleteItem', 'BatchWriteItem', 'CreateTable', 'DeleteTable']);
const TYPE = 'application/x-amz-json-1.0';
const DAY_MS = 86_400_000;
/** Of dynalite's headers: it lets every web page read its answers. The length is the front's to say. */
const UNWANTED = /^(content-length|access-control-.*)$/i;
const EXCEPTIONS = 'com.amazonaws.dynamodb.v20120810#';

/** DynamoDB by dynalite, inside this process: it is handed requests and never listens. */
export class DynamoDb {
  private readonly engine: Server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

  private expiresNext = 0;

  constructor(
    private readonly tables: { table: string; historyTable: string },
    private readonly cluster: string,
  ) {}

  /** State and history as the infrastructure defines them. */
  async createTables(): Promise<void> {
    await this.createTable(this.tables.table, ['cluster_id']);
    await this.createTable(this.tables.historyTable, ['cluster_id', 'at']);
  }

  private async createTable(name: string, [hash, range]: [hash: string, range?: string]): Promise<void> {
    const keys = [{ name: hash, type: 'HASH' }, ...(range ? [{ name: range, type: 'RANGE' }] : [])];
    await this.ask('CreateTable', {
      TableName: name,
      AttributeDefinitions: keys.map((key) => ({ AttributeName: key.name, AttributeType: 'S' })),
      KeySchema: keys.map((key) => ({ AttributeName: key.name, KeyType: key.type })),
      BillingMode: 'PAY_PER_REQUEST',
    });
    // Even with no delay dynalite activates a table on a later turn of the event loop.
    while ((await this.tableStatus(name)) !== 'ACTIVE') await new Promise(setImmediate);
  }

  /** The cluster's item, unmarshalled; undefined before the first write. */
  async readState(): Promise<Record<string, unknown> | undefined> {
    const { Item } = (await this.ask('GetItem', {
      TableName: this.tables.table,
      Key: { cluster_id: { S: this.cluster } },
      ConsistentRead: true,
    })) as { Item?: Record<string, AttributeValue> };
    return Item && unmarshall(Item);
  }

  /**
   * Removes what has expired from the history, a day late at most; DynamoDB promises a few days. Called often, it looks
   * once a day.
   *
   * @param now milliseconds since 1970
   */
  async expire(now: number): Promise<void> {
    if (now < this.expiresNext) return;
    this.expiresNext = now + DAY_MS;
    const TableName = this.tables.historyTable;
    for (const Key of await this.expired(TableName, now)) await this.ask('DeleteItem', { TableName, Key });
  }

  private async expired(TableName: string, now: number): Promise<object[]> {
    const keys: object[] = [];
    let ExclusiveStartKey: object | undefined;
    do {
      const page = (await this.ask('Scan', {
        TableName,
        ProjectionExpression: 'cluster_id, #at',
        FilterExpression: 'expires_at < :now',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1000)) } },
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      })) as { Items: object[]; LastEvaluatedKey?: object };
      keys.push(...page.Items);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return keys;
  }

  get protocol(): Protocol {
    return {
      service: 'dynamodb',
      decode: (request) => {
        const operation = request.headers['x-amz-target']?.split('.')[1] ?? 'Unknown';
        return {
          call: { service: 'dynamodb', operation, mutates: MUTATIONS.has(operation), attributes: {} },
          perform: () => this.pass(request),
          refuse: (code) => {
            const { status, message } = awsErrorOf(code);
            const type = /^\d{3}$/.test(code) ? 'InternalServerError' : code;
            return json(DYNAMODB_SERVER_ERRORS[type] ?? status, { __type: EXCEPTIONS + type, message }, TYPE);
          },
          empty: () => json(200, {}, TYPE),
        };
      },
    };
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.engine.close(() => resolve()));
  }

  private async tableStatus(name: string): Promise<string> {
    const answer = await this.ask('DescribeTable', { TableName: name });
    return (answer.Table as { TableStatus: string }).TableStatus;
  }

  private async ask(operation: string, input: unknown): Promise<Record<string, unknown>> {
    const { status, body } = await this.pass({
      method: 'POST',
      url: new URL('http://127.0.0.1/'),
      headers: {
        host: '127.0.0.1',
        'content-type': TYPE,
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'x-amz-date': '20260105T000000Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=world/20260105/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: Buffer.from(JSON.stringify(input)),
    });
    if (status !== 200) throw new Error(`the world's DynamoDB refused ${operation}: ${body}`);
    return JSON.parse(String(body)) as Record<string, unknown>;
  }

  /** Hands dynalite a request and gathers what it writes; it uses only these members of Node's objects. */
  private pass(request: HttpRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const incoming = Object.assign(Readable.from([request.body]), {
        method: request.method,
        url: request.url.pathname + request.url.search,
        headers: request.headers,
      });
      const headers: Record<string, string> = {};
      const outgoing = {
        statusCode: 200,
        setHeader: (name: string, value: unknown) => {
          if (!UNWANTED.test(name)) headers[name.toLowerCase()] = String(value);
        },
        end: (body = '') => resolve({ status: outgoing.statusCode, headers, body }),
      };
      this.engine.emit('request', incoming, outgoing);
    });
  }
}

const DYNAMODB_SERVER_ERRORS: Record<string, number> = { InternalServerError: 500, ServiceUnavailable: 503 };

type AttributeValue = {
  S?: string;
  N?: string;
  BOOL?: boolean;
  NULL?: true;
  B?: string;
  M?: Record<string, AttributeValue>;
  L?: AttributeValue[];
  SS?: string[];
  NS?: string[];
};

const unmarshall = (item: Record<string, AttributeValue>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));

const plain = (value: AttributeValue): unknown => {
  if (value.N !== undefined) return Number(value.N);
  if (value.M !== undefined) return unmarshall(value.M);
  if (value.L !== undefined) return value.L.map(plain);
  if (value.NS !== undefined) return value.NS.map(Number);
  if (value.NULL) return null;
  return value.S ?? value.BOOL ?? value.SS ?? value.B;
};
