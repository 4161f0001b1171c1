import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildArtifact } from '../../../src/dev/build/bundle';

interface Answer {
  status: number;
  type: string;
  body: string;
}

interface Exchange {
  requests: { method?: string; url?: string; headers: Record<string, unknown>; body: string }[];
  result: unknown;
}

const xml = (status: number, body: string): Answer => ({ status, type: 'text/xml', body });
const ec2Error = (code: string): Answer =>
  xml(500, `<Response><Errors><Error><Code>${code}</Code><Message>no more of it</Message></Error></Errors></Response>`);
const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/x-amz-json-1.1',
  body: JSON.stringify(body),
});

const instance =
  '<item><instanceId>i-0a</instanceId><instanceState><code>0</code><name>pending</name></instanceState>' +
  '<launchTime>2026-01-05T00:00:00.000Z</launchTime><tagSet><item><key>k</key><value>a &amp; b</value></item></tagSet></item>';

const CASES: [string, string, Answer][] = [
  [
    'DescribeInstances',
    'its output',
    xml(
      200,
      `<DescribeInstancesResponse><reservationSet><item><instancesSet>${instance}</instancesSet></item></reservationSet>` +
        '<nextToken>more</nextToken></DescribeInstancesResponse>',
    ),
  ],
  [
    'RunInstances',
    'its output',
    xml(200, `<RunInstancesResponse><instancesSet>${instance}</instancesSet></RunInstancesResponse>`),
  ],
  ['RunInstances', 'InsufficientInstanceCapacity', ec2Error('InsufficientInstanceCapacity')],
  [
    'TerminateInstances',
    'its output',
    xml(
      200,
      '<TerminateInstancesResponse><instancesSet><item><instanceId>i-0a</instanceId><currentState><code>32</code>' +
        '<name>shutting-down</name></currentState></item></instancesSet></TerminateInstancesResponse>',
    ),
  ],
  ['TerminateInstances', 'UnauthorizedOperation', ec2Error('UnauthorizedOperation')],
  [
    'GetParameter',
    'its output',
    json(200, {
      Parameter: { Name: '/k3s/controller-token', Type: 'SecureString', Value: 's', LastModifiedDate: 1.5 },
    }),
  ],
  ['GetParameter', 'ParameterNotFound', json(400, { __type: 'ParameterNotFound', message: 'no' })],
  ['UpdateItem', 'its output', json(200, { Attributes: { cluster_id: { S: 'k3s' }, epoch: { N: '7' } } })],
  [
    'UpdateItem',
    'ConditionalCheckFailedException',
    json(400, {
      __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
      message: 'The conditional request failed',
    }),
  ],
];

/** Runs the handler of a bundle in a thread of its own and says what it sent and what it made of the answer. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const { handler } = require(workerData);
parentPort.on('message', async (event) => parentPort.postMessage(JSON.stringify(await handler(event))));
`;

class Bundle {
  readonly #worker: Worker;

  constructor(file: string, endpoint: string) {
    const env = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
    this.#worker = new Worker(WORKER, { eval: true, workerData: file, env });
  }

  handle(event: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('message', (text: string) => resolve(JSON.parse(text)));
      this.#worker.postMessage(event);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** What differs between two calls of one bundle as well: the time, and ids made at random. */
function comparable({ headers }: IncomingMessage): Record<string, unknown> {
  const { 'x-amz-date': _date, authorization, 'amz-sdk-invocation-id': _id, ...rest } = headers;
  return { ...rest, authorization: authorization?.replace(/\d{8}\/|Signature=.*/g, '') };
}

describe('a bundle with inlined schema keys', () => {
  let temporary: string;
  let server: Server;
  let plugged: Bundle | undefined;
  let plain: Bundle | undefined;
  let answer: Answer;
  let requests: Exchange['requests'];

  beforeAll(async () => {
    temporary = mkdtempSync(path.join(tmpdir(), 'wire-'));
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url } = request;
      const body = Buffer.concat(chunks).toString();
      requests.push({ ...(method && { method }), ...(url && { url }), headers: comparable(request), body });
      response.writeHead(answer.status, { 'content-type': answer.type, 'x-amzn-requestid': 'r' }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const entry = '__tests__/fixtures/handlers/three-clients.ts';
    const [small, large] = await Promise.all([
      buildArtifact({ outdir: path.join(temporary, 'plugged'), entry }),
      buildArtifact({
        outdir: path.join(temporary, 'plain'),
        entry,
        plugin: false,
        maxBytes: Number.POSITIVE_INFINITY,
      }),
    ]);
    expect(small.bytes).toBeLessThan(large.bytes * 0.6);
    plugged = new Bundle(small.bundle, endpoint);
    plain = new Bundle(large.bundle, endpoint);
  });

  afterAll(async () => {
    await Promise.all([plugged?.end(), plain?.end()]);
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
    rmSync(temporary, { recursive: true, force: true });
  });

  async function exchange(bundle: Bundle | undefined, operation: string): Promise<Exchange> {
    requests = [];
    const result = await bundle?.handle(operation);
    return { requests, result };
  }

  it.each(CASES)('sends the same %s as one without, and reads %s alike', async (operation, outcome, given) => {
    // GIVEN a server that answers both bundles alike
    answer = given;
    // WHEN each makes the call
    const one = await exchange(plugged, operation);
    const two = await exchange(plain, operation);
    // THEN what was sent and what was read are the same, and something was
    expect(one).toEqual(two);
    expect(one.requests).toHaveLength(1);
    expect(one.requests[0]?.body).not.toBe('');
    if (outcome === 'its output') expect(one.result).toHaveProperty('output');
    else expect(one.result).toHaveProperty('error.name', outcome);
  });
});
