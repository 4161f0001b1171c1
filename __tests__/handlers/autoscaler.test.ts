import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { handler } from '../../handlers/autoscaler';
import { createDynamoClient } from '../../src/adapters/dynamodb';
import { emptyState } from '../../src/autoscaler/state';
import type { RuntimeConfig, RuntimeResources } from '../../src/config/runtime';
import { type Loopback, loopback, type Reply } from '../adapters/loopback';
import { createHistoryTable, createStateTable } from '../support/tables';

const CONFIG: RuntimeConfig = {
  cluster: 'dev',
  region: 'us-east-1',
  dualStack: true,
  metrics: false,
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
    removalOrder: 'least-disruption',
    evict: { localStorage: false, barePods: false, systemPods: false },
    rebalance: 'cordon',
    offeringBackoff: { firstMs: 180_000, maxMs: 1_800_000 },
    placement: 'lowest-cost',
    headroom: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
    calendar: [],
    signals: [],
  },
  instanceTypes: {
    't3.medium': {
      cpuMilli: 1900,
      memoryBytes: 3_500_000_000,
      pods: 110,
      arch: 'amd64',
      usdPerHour: { 'on-demand': 0.05, spot: 0.02 },
    },
  },
};
const TABLE = 'k3s-cluster-state';
const HISTORY = 'k3s-cluster-history';
const CONTEXT = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 60_000 };

describe('the handler', () => {
  const item = async () =>
    (await client.current?.send(new GetItemCommand({ TableName: TABLE, Key: { cluster_id: { S: 'dev' } } })))?.Item;

  const dynamo = dynalite({ createTableMs: 0 });
  const client = { current: undefined as ReturnType<typeof createDynamoClient> | undefined };
  const before = { ...process.env };
  let others: Loopback;
  /** Of Prometheus, Kubernetes' secrets and EC2. */
  let reply: Reply;
  beforeEach(() => {
    reply = { status: 400 };
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => dynamo.listen(0, '127.0.0.1', () => resolve()));
    others = await loopback(() => reply);
    const resources: RuntimeResources = {
      table: TABLE,
      historyTable: HISTORY,
      subnets: { 'us-east-1a': 'subnet-a' },
      launchTemplates: {},
      prometheusUrl: others.url,
      kubernetesUrl: others.url,
      parameters: { controllerToken: '/k3s/controller-token', ca: '/k3s/ca' },
    };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: others.url,
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(dynamo.address() as AddressInfo).port}`,
      AUTOSCALER_CONFIG: gzipSync(JSON.stringify(CONFIG)).toString('base64'),
      AUTOSCALER_RESOURCES: JSON.stringify(resources),
    });
    client.current = createDynamoClient('us-east-1');
    await createStateTable(client.current, TABLE);
    await createHistoryTable(client.current, HISTORY);
  });
  afterAll(async () => {
    process.env = before;
    client.current?.destroy();
    await others.close();
    await new Promise<void>((resolve) => dynamo.close(() => resolve()));
  });

  /** Runs it and gives what was written to standard output meanwhile, line by line. */
  async function logged<T>(run: () => Promise<T>): Promise<{ value: T; lines: string[] }> {
    let text = '';
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    try {
      return { value: await run(), lines: text.split('\n').slice(0, -1) };
    } finally {
      write.mockRestore();
    }
  }

  it('ends far within its timeout when every server but the table is silent, having decided nothing', async () => {
    // GIVEN servers that take the connection and never answer
    reply = { silent: true };
    // WHEN it is invoked by the schedule: the test's own time is a third of the function's
    const { value, lines } = await logged(() => handler({ trigger: 'schedule' }, CONTEXT));
    // THEN
    expect(value).toMatchObject({
      trigger: 'schedule',
      epoch: 1,
      decision: { code: 'data-doubtful' },
      operations: [],
    });
    // THEN its one line is JSON from end to end and tells whose it is; the metrics are not asked for
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ decision: 'data-doubtful', trigger: 'schedule', requestId: 'request-1' }),
    ]);
  }, 20_000);

  it('tells a caller of the URL that it was called, and nothing of the cluster', async () => {
    // GIVEN a call that asks for more than an alert
    const event = { requestContext: { http: { method: 'POST' } }, body: '{"tf":{"action":"delete"}}' };
    // WHEN
    const { value, lines } = await logged(() => handler(event, CONTEXT));
    // THEN
    expect(value).toEqual({ statusCode: 202, body: '{"status":"accepted"}' });
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ trigger: 'alert' })]);
    expect(await item()).not.toHaveProperty('retired');
  }, 20_000);

  it.each(['create', 'update'])('does nothing at all when the stack is at %s', async (action) => {
    // GIVEN an environment that would fail whoever reads it
    const epoch = (await item())?.epoch;
    const asked = others.requests.length;
    const config = process.env.AUTOSCALER_CONFIG;
    delete process.env.AUTOSCALER_CONFIG;
    // WHEN
    let answer: unknown;
    await jest.isolateModulesAsync(async () => {
      const fresh = await import('../../handlers/autoscaler');
      answer = await fresh.handler({ tf: { action, prev_input: null } }, CONTEXT);
    });
    process.env.AUTOSCALER_CONFIG = config;
    // THEN
    expect(answer).toEqual({ status: 'nothing to do' });
    expect((await item())?.epoch).toEqual(epoch);
    expect(others.requests).toHaveLength(asked);
  });

  it('acknowledges what it does not know, counts it, and touches nothing', async () => {
    // GIVEN
    const [state, asked] = [await item(), others.requests.length];
    // WHEN
    const { value, lines } = await logged(() => handler({ source: 'aws.ecs', detail: {} }, CONTEXT));
    // THEN
    expect(value).toEqual({ status: 'ignored' });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { message: expect.stringMatching(/^Ignored an event: no rule is made for "aws.ecs"/), requestId: 'request-1' },
    ]);
    expect(await item()).toEqual(state);
    expect(others.requests).toHaveLength(asked);
  });

  it('keeps the notice of an event though nothing of the cluster can be seen', async () => {
    // GIVEN
    const instance = 'i-0a1b2c3d4e5f60718';
    const time = new Date(Date.now() - 1_000).toISOString();
    const warning = 'EC2 Spot Instance Interruption Warning';
    const event = { source: 'aws.ec2', 'detail-type': warning, time, detail: { 'instance-id': instance } };
    // WHEN it is delivered twice
    for (const _ of [1, 2]) await logged(() => handler(event, CONTEXT));
    // THEN it is there once, for the next tick
    expect((await item())?.notices).toEqual({ SS: [`interruption/${instance}/${Date.parse(time)}`] });
  }, 30_000);

  it('pauses and resumes without the lease', async () => {
    const epoch = (await item())?.epoch;
    for (const [action, paused] of [
      ['pause', true],
      ['resume', false],
    ] as const) {
      const { value } = await logged(() => handler({ action }, CONTEXT));
      expect(value).toEqual({ status: `${action}d` });
      expect(await item()).toMatchObject({ paused: { BOOL: paused }, epoch });
    }
  });

  it.each(['dryRun', 'explain'])(
    'answers %s and writes nothing',
    async (action) => {
      // GIVEN
      const state = await item();
      // WHEN
      const { value, lines } = await logged(() => handler({ action }, CONTEXT));
      // THEN
      expect(value).toMatchObject({ decision: { code: 'data-doubtful' } });
      expect(lines).toEqual([]);
      expect(await item()).toEqual(state);
    },
    20_000,
  );

  it('fails a destroy while EC2 is silent, keeps the mark, and gives the lease back', async () => {
    // GIVEN
    reply = { silent: true };
    // WHEN the stack is deleted
    const destroyed = logged(() => handler({ tf: { action: 'delete' } }, CONTEXT));
    // THEN Terraform is told why
    await expect(destroyed).rejects.toThrow(/instances of dev are unknown: .*EC2.*Run destroy again/);
    expect(await item()).toMatchObject({ retired: { N: expect.any(String) }, lease_until: { N: '0' } });
    // THEN a tick that comes late does nothing, and says so
    const asked = others.requests.length;
    const { value, lines } = await logged(() => handler({ trigger: 'schedule' }, CONTEXT));
    expect(value).toMatchObject({ decision: { code: 'retired' } });
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ decision: 'retired' })]);
    expect(others.requests).toHaveLength(asked);
  }, 30_000);

  it('fails, for the error metric to see, when the state cannot be understood', async () => {
    // GIVEN an item of a version to come
    const Item = { cluster_id: { S: 'dev' }, schema_version: { N: String(emptyState().schema + 1) } };
    await client.current?.send(new PutItemCommand({ TableName: TABLE, Item }));
    // WHEN / THEN
    await expect(handler({ action: 'tick' }, CONTEXT)).rejects.toThrow(/schema_version is 2/);
  });
});
