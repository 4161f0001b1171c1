import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { Agent, fetch } from 'undici';
import type { Wire } from '../../../src/world/contract';
import { START } from '../../../src/world/scenario/types';
import { startWire } from '../../../src/world/wire';
import { HandModel, prometheusPath } from './hand-model';

let model: HandModel;
let wire: Wire;

beforeAll(async () => {
  model = new HandModel();
  wire = await startWire(model, { bundle: __filename, prometheus: await prometheusPath(), scrapeMs: 15_000, seed: 1 });
});
afterAll(() => wire.stop());

const common = { region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const launch = (count: number, name = 'lt-1') =>
  new RunInstancesCommand({
    MinCount: 1,
    MaxCount: count,
    InstanceType: 't3a.medium',
    SubnetId: 'subnet-a',
    ClientToken: 'token',
    LaunchTemplate: { LaunchTemplateId: name, Version: '3' },
    InstanceMarketOptions: { MarketType: 'spot' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'team', Value: 'a & <b>' }] }],
  });

describe('EC2', () => {
  const client = () => new EC2Client({ ...common, endpoint: wire.addresses.ec2 });

  it('launches, describes page by page and terminates for the real SDK', async () => {
    // WHEN
    const launched = await client().send(launch(7));
    // THEN
    expect(launched.Instances).toHaveLength(7);
    expect(launched.Instances?.[0]).toMatchObject({
      InstanceType: 't3a.medium',
      InstanceLifecycle: 'spot',
      ClientToken: 'token',
      State: { Code: 0, Name: 'pending' },
      Placement: { AvailabilityZone: 'us-east-1a' },
      Tags: [{ Key: 'team', Value: 'a & <b>' }],
      LaunchTime: new Date(START),
    });
    const filter = { Filters: [{ Name: 'tag:team', Values: ['a & <b>'] }], MaxResults: 5 };
    const one = await client().send(new DescribeInstancesCommand(filter));
    const two = await client().send(new DescribeInstancesCommand({ ...filter, NextToken: one.NextToken }));
    expect([one.Reservations?.length, two.Reservations?.length, two.NextToken]).toEqual([5, 2, undefined]);
    const id = launched.Instances?.[0]?.InstanceId ?? '';
    const ended = await client().send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(ended.TerminatingInstances?.[0]?.CurrentState).toEqual({ Code: 32, Name: 'shutting-down' });
    expect(wire.requestLog.at(-1)).toMatchObject({
      outcome: 'ok',
      call: { attributes: { market: 'spot', zone: 'us-east-1a', type: 't3a.medium', pool: 'burst' } },
    });
  });

  it('refuses as EC2 does', async () => {
    await expect(client().send(launch(1, 'lt-2'))).rejects.toMatchObject({
      name: 'InvalidLaunchTemplateId.NotFound',
      message: 'The launch template <lt-2> is unknown & lost',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(client().send(new TerminateInstancesCommand({ InstanceIds: ['i-none'] }))).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    });
  });

  it('answers an injected lack of capacity as a server error, in one zone only', async () => {
    const fault = { kind: 'service', atMs: 0, service: 'ec2', operation: 'RunInstances' } as const;
    wire.addFaults([{ ...fault, error: 'InsufficientInstanceCapacity', when: { zone: 'us-east-1a' } }]);
    await expect(client().send(launch(1))).rejects.toMatchObject({
      name: 'InsufficientInstanceCapacity',
      $metadata: { httpStatusCode: 500 },
    });
    await expect(client().send(launch(1))).resolves.toBeDefined();
  });

  it('takes effect although the answer is lost', async () => {
    const before = model.instances.length;
    wire.addFaults([{ kind: 'service', atMs: 0, service: 'ec2', operation: 'RunInstances', fault: 'lost-response' }]);
    await expect(client().send(launch(1))).rejects.toBeDefined();
    expect(model.instances).toHaveLength(before + 1);
  });
});

describe('SSM', () => {
  const client = () => new SSMClient({ ...common, endpoint: wire.addresses.ssm });

  it('gives parameters, secrets only when asked to decrypt', async () => {
    await client().send(new PutParameterCommand({ Name: '/x', Value: 'secret', Type: 'SecureString' }));
    const read = async (WithDecryption: boolean) =>
      (await client().send(new GetParameterCommand({ Name: '/x', WithDecryption }))).Parameter?.Value;
    expect(await read(true)).toBe('secret');
    expect(await read(false)).not.toContain('secret');
    await expect(client().send(new GetParameterCommand({ Name: '/y' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });
});

describe('DynamoDB', () => {
  const client = () => new DynamoDBClient({ ...common, endpoint: wire.addresses.dynamodb });
  const Key = { cluster_id: { S: 'demo' } };

  it('keeps the state item, with conditions', async () => {
    expect(await wire.readState()).toBeUndefined();
    const acquire = () =>
      client().send(
        new UpdateItemCommand({
          TableName: 'k3s-cluster-state',
          Key,
          UpdateExpression: 'SET lease_owner = :me ADD epoch :one',
          ConditionExpression: 'attribute_not_exists(lease_owner)',
          ExpressionAttributeValues: { ':me': { S: 'me' }, ':one': { N: '1' } },
        }),
      );
    await acquire();
    await expect(acquire()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const read = await client().send(new GetItemCommand({ TableName: 'k3s-cluster-state', Key }));
    expect(read.Item?.epoch).toEqual({ N: '1' });
    expect(await wire.readState()).toEqual({ cluster_id: 'demo', lease_owner: 'me', epoch: 1 });
  });

  it('answers injected errors by name', async () => {
    wire.addFaults([
      { kind: 'service', atMs: 0, service: 'dynamodb', error: 'ProvisionedThroughputExceededException' },
    ]);
    await expect(client().send(new GetItemCommand({ TableName: 'k3s-cluster-state', Key }))).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
  });
});

describe('Kubernetes', () => {
  const ask = async (path: string, init: { method?: string; body?: unknown; token?: string; type?: string } = {}) => {
    const ca = model.parameters.get('/k3s/ca')?.value ?? '';
    const answer = await fetch(wire.addresses.kubernetes + path, {
      dispatcher: new Agent({ connect: { ca }, pipelining: 0, keepAliveTimeout: 1 }),
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${init.token ?? model.parameters.get('/k3s/controller-token')?.value}`,
        ...(init.body !== undefined && { 'content-type': init.type ?? 'application/json' }),
      },
      ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: the wire's JSON
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any };
  };

  it('lists page by page over TLS under its own authority', async () => {
    const one = await ask('/api/v1/nodes?limit=2');
    expect(one.body).toMatchObject({ kind: 'NodeList', metadata: { remainingItemCount: 1 } });
    const two = await ask(`/api/v1/nodes?limit=2&continue=${one.body.metadata.continue}`);
    expect([...one.body.items, ...two.body.items].map((item) => item.metadata.name)).toEqual([
      'worker-1',
      'worker-2',
      'worker-3',
    ]);
    expect(two.body.metadata.continue).toBeUndefined();
  });

  it.each([
    ['no such token', '/api/v1/nodes', { token: 'x' }, 401, 'Unauthorized'],
    ['no such path', '/api/v1/wishes', {}, 404, 'NotFound'],
    ['no such node', '/api/v1/nodes/nobody', {}, 404, 'NotFound'],
    ['secrets', '/api/v1/secrets', {}, 403, 'Forbidden'],
    ['pod deletion', '/api/v1/namespaces/default/pods/a', { method: 'DELETE' }, 403, 'Forbidden'],
    ['a watch', '/api/v1/nodes?watch=1', {}, 403, 'Forbidden'],
    ['deployments', '/apis/apps/v1/deployments', {}, 403, 'Forbidden'],
    ['an unknown patch type', '/api/v1/nodes/worker-1', { method: 'PATCH', body: {} }, 415, 'UnsupportedMediaType'],
  ])('answers %s with a Status', async (_name, path, init, status, reason) => {
    const answer = await ask(path, init);
    expect([answer.status, answer.body]).toEqual([
      status,
      expect.objectContaining({ kind: 'Status', reason, code: status }),
    ]);
  });

  it('evicts, and tells when to try again', async () => {
    const evict = (pod: string) =>
      ask(`/api/v1/namespaces/default/pods/${pod}/eviction`, {
        method: 'POST',
        body: { apiVersion: 'policy/v1', kind: 'Eviction' },
      });
    expect((await evict('web-1')).status).toBe(201);
    const guarded = await evict('guarded');
    expect([guarded.status, guarded.headers.get('retry-after')]).toEqual([429, '10']);
    expect(wire.calls['kubernetes.createEviction']).toBe(2);
  });
});
