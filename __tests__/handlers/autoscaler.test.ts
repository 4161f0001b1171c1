import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { handler } from '../../handlers/autoscaler';
import { createDynamoClient } from '../../src/adapters/dynamodb';
import { emptyState } from '../../src/autoscaler/state';
import type { RuntimeConfig, RuntimeResources } from '../../src/config/runtime';
import { type Loopback, loopback } from '../adapters/loopback';

const CONFIG: RuntimeConfig = {
  cluster: 'dev',
  region: 'us-east-1',
  zones: ['us-east-1a'],
  scheduleMs: 120_000,
  functionTimeoutMs: 60_000,
  limits: { maxNodes: 10 },
  baseWorkers: { count: 1, instanceType: 't3.medium' },
  pools: [],
  policy: {
    cpu: { up: 70, down: 30, windowMs: 300_000, downWindowMs: 600_000 },
    cooldown: { upMs: 180_000, downMs: 600_000 },
    settlingMs: 15_000,
    dataMaxAgeMs: 90_000,
    unneededForMs: 600_000,
    unneededBelow: 50,
    minAgeMs: 600_000,
    joinDeadlineMs: 600_000,
    drainDeadlineMs: 600_000,
    removalsAtOnce: 1,
    offeringBackoff: { firstMs: 180_000, maxMs: 1_800_000 },
  },
  instanceTypes: { 't3.medium': { cpuMilli: 1900, memoryBytes: 3_500_000_000, pods: 110, arch: 'amd64' } },
};
const TABLE = 'k3s-cluster-state';
const CONTEXT = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 60_000 };

describe('the handler', () => {
  const dynamo = dynalite({ createTableMs: 0 });
  const client = { current: undefined as ReturnType<typeof createDynamoClient> | undefined };
  const before = { ...process.env };
  let silent: Loopback;

  beforeAll(async () => {
    await new Promise<void>((resolve) => dynamo.listen(0, '127.0.0.1', () => resolve()));
    // Prometheus, Kubernetes' secrets and EC2 take the connection and never answer.
    silent = await loopback(() => ({ silent: true }));
    const resources: RuntimeResources = {
      table: TABLE,
      subnets: { 'us-east-1a': 'subnet-a' },
      launchTemplates: {},
      prometheusUrl: silent.url,
      kubernetesUrl: silent.url,
      parameters: { controllerToken: '/k3s/controller-token', ca: '/k3s/ca' },
    };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: silent.url,
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(dynamo.address() as AddressInfo).port}`,
      AUTOSCALER_CONFIG: gzipSync(JSON.stringify(CONFIG)).toString('base64'),
      AUTOSCALER_RESOURCES: JSON.stringify(resources),
    });
    client.current = createDynamoClient('us-east-1');
    await client.current.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'cluster_id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'cluster_id', AttributeType: 'S' }],
      }),
    );
  });
  afterAll(async () => {
    process.env = before;
    client.current?.destroy();
    await silent.close();
    await new Promise<void>((resolve) => dynamo.close(() => resolve()));
  });

  it('ends far within its timeout when every server but the table is silent, having decided nothing', async () => {
    // GIVEN lines that are logged
    const lines: string[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
    const started = performance.now();
    // WHEN it is invoked by the schedule
    const result = await handler({ trigger: 'schedule' }, CONTEXT);
    log.mockRestore();
    // THEN
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(result).toMatchObject({
      trigger: 'schedule',
      epoch: 1,
      decision: { code: 'data-doubtful' },
      operations: [],
    });
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toEqual(expect.any(Object));
  }, 20_000);

  it('fails, for the error metric to see, when the state cannot be understood', async () => {
    // GIVEN an item of a version to come
    const Item = { cluster_id: { S: 'dev' }, schema_version: { N: String(emptyState().schema + 1) } };
    await client.current?.send(new PutItemCommand({ TableName: TABLE, Item }));
    // WHEN / THEN
    await expect(handler({}, CONTEXT)).rejects.toThrow(/schema_version is 2/);
  });
});
