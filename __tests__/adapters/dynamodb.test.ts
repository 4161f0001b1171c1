import type { AddressInfo } from 'node:net';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { createDynamoClient, DynamoStore } from '../../src/adapters/dynamodb';
import { encodeState } from '../../src/adapters/dynamodb-item';
import { encodeOperation } from '../../src/adapters/dynamodb-operations';
import { type Plain, toAttributes } from '../../src/adapters/dynamodb-values';
import type { Notice } from '../../src/autoscaler/notices';
import { type ClusterState, emptyState, type Operation } from '../../src/autoscaler/state';
import { createHistoryTable, createStateTable } from '../support/tables';
import { loopback } from './loopback';

const NOW = Date.parse('2026-01-05T00:00:00Z');
const LEASE = 90_000;
const TABLE = 'k3s-cluster-state';
const HISTORY = 'k3s-cluster-history';

const STATE: ClusterState = {
  ...emptyState(),
  operations: [
    {
      kind: 'launch',
      id: 'op-1',
      pool: 'burst',
      reason: 'pending-pods',
      phase: 'launched',
      createdAt: NOW,
      deadline: NOW + 600_000,
      count: 2,
      pods: ['pod-1'],
      request: {
        templateId: 'lt-1',
        templateVersion: '3',
        instanceType: 't3.medium',
        market: 'spot',
        zone: 'us-east-1a',
        subnet: 'subnet-a',
        count: 2,
        tags: { 'k3s-autoscaler:cluster': 'dev' },
      },
      attempt: 2,
      instances: ['i-1', 'i-2'],
      types: ['t3.medium', 'm5.large'],
      zones: ['us-east-1a', 'us-east-1b'],
    },
    {
      kind: 'removal',
      id: 'op-2',
      pool: 'burst',
      reason: 'cpu-low',
      phase: 'draining',
      createdAt: NOW,
      deadline: NOW + 600_000,
      node: { name: 'worker-i-3', uid: 'u-3' },
      instance: 'i-3',
      evictedOwners: ['rs-1'],
      cause: 'interruption',
      failure: 'none yet',
    },
  ],
  cooldownUntil: { up: NOW + 1, down: 0 },
  unneededSince: { 'worker-i-3': NOW },
  offerings: {
    'burst/spot/t3.medium/us-east-1a': { failures: 2, until: NOW + 5, reason: 'InsufficientInstanceCapacity' },
  },
  joinFailures: { burst: 1 },
  failedJoins: { burst: 'i-9' },
  closedLaunches: [{ id: 'op-0', instances: ['i-8'], closedAt: NOW }],
  removalFailures: { 'worker-i-3': { failures: 1, until: NOW + 6, reason: 'its pods did not leave' } },
  removalsBegun: [NOW - 60_000, NOW],
  allocatable: {
    'burst/t3.medium': { cpuMilli: 1930, memoryBytes: 3_400_000_000, pods: 110 },
    'gpu/g4dn.xlarge': {
      cpuMilli: 3920,
      memoryBytes: 15_000_000_000,
      pods: 29,
      others: { 'ephemeral-storage': 18_000_000_000, 'nvidia.com/gpu': 1 },
    },
  },
  unhelped: { 'pod-2': ['burst/t3.medium', 'burst/m5.large'] },
  lastScaleTime: NOW,
  nodeCount: 3,
};

describe('DynamoStore', () => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  let client: DynamoDBClient;
  let cluster = 0;

  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    process.env.AWS_ENDPOINT_URL_DYNAMODB = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = createDynamoClient('us-east-1', { connectionMs: 5_000, requestMs: 10_000, deadlineMs: 20_000 });
    await createStateTable(client, TABLE);
    await createHistoryTable(client, HISTORY);
  });
  afterAll(async () => {
    delete process.env.AWS_ENDPOINT_URL_DYNAMODB;
    client.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  const logged: Record<string, unknown>[] = [];
  const storeOf = (name: string, historyTable = HISTORY) =>
    new DynamoStore({
      client,
      table: TABLE,
      historyTable,
      cluster: name,
      log: (line) => logged.push(line),
      deadlineMs: 20_000,
    });
  const fresh = () => {
    const name = `dev-${++cluster}`;
    return { name, store: storeOf(name) };
  };
  const request = (owner: string, now = NOW) => ({ owner, now, leaseMs: LEASE });
  const read = async (name: string) =>
    (
      await client.send(
        new GetItemCommand({ TableName: TABLE, Key: { cluster_id: { S: name } }, ConsistentRead: true }),
      )
    ).Item;

  it('gives a free lease with the empty state, and epochs that only grow', async () => {
    const { store } = fresh();
    expect(await store.acquire(request('a'))).toEqual({
      held: true,
      epoch: 1,
      wake: 0,
      state: { ...emptyState(), epoch: 1 },
    });
    expect(await store.release(1, 0)).toEqual({ outcome: 'released' });
    expect(await store.acquire(request('b'))).toMatchObject({ held: true, epoch: 2 });
  });

  it('reads back what was saved', async () => {
    const { store } = fresh();
    await store.acquire(request('a'));
    expect(await store.save(1, STATE)).toBe('saved');
    await store.release(1, 0);
    expect(await store.acquire(request('b'))).toEqual({ held: true, epoch: 2, wake: 0, state: { ...STATE, epoch: 2 } });
  });

  it('reads an item that was written before nodes were asked what they offer', async () => {
    const { name, store } = fresh();
    await store.acquire(request('a'));
    await store.save(1, STATE);
    await store.release(1, 0);
    const { allocatable: _, removals_begun: __, ...older } = (await read(name)) ?? {};
    await client.send(new PutItemCommand({ TableName: TABLE, Item: older }));
    expect(await store.acquire(request('b'))).toEqual({
      held: true,
      epoch: 2,
      wake: 0,
      state: { ...STATE, epoch: 2, allocatable: {}, removalsBegun: [] },
    });
  });

  it.each<AttributeValue>([{ S: 'nonce-of-a-laptop' }, { B: Buffer.from('x') }, { NULL: true }, { SS: ['x'] }])(
    'reads an item in which an older version, or somebody, left what nobody knows: %j',
    async (live) => {
      const { name, store } = fresh();
      await store.acquire(request('a'));
      await store.save(1, STATE);
      await store.release(1, 0);
      await client.send(new PutItemCommand({ TableName: TABLE, Item: { ...(await read(name)), live } }));
      expect(await store.acquire(request('b'))).toEqual({
        held: true,
        epoch: 2,
        wake: 0,
        state: { ...STATE, epoch: 2 },
      });
    },
  );

  it('keeps names and ISO times for people', async () => {
    const { name, store } = fresh();
    await store.acquire(request('a'));
    await store.save(1, STATE);
    expect(await read(name)).toMatchObject({
      schema_version: { N: '1' },
      lease_owner: { S: 'a' },
      lease_until: { N: String(NOW + LEASE) },
      lease_until_iso: { S: '2026-01-05T00:01:30.000Z' },
      scaling_in_progress: { BOOL: true },
      node_count: { N: '3' },
      last_scale_time_iso: { S: '2026-01-05T00:00:00.000Z' },
      operations: { L: [{ M: { phase: { S: 'launched' }, deadline_iso: { S: '2026-01-05T00:10:00.000Z' } } }, {}] },
      cooldown_until: { M: { down_iso: { S: 'never' } } },
    });
  });

  it('[1] lets exactly one of twenty in, and the others leave their marks', async () => {
    // GIVEN twenty invocations at the same moment
    const { name, store } = fresh();
    const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
    // WHEN all acquire
    const leases = await Promise.all(owners.map((owner) => storeOf(name).acquire(request(owner))));
    // THEN one holds, the others know whom
    const held = leases.filter((lease) => lease.held);
    expect(held).toHaveLength(1);
    const holder = owners[leases.findIndex((lease) => lease.held)];
    for (const lease of leases)
      if (!lease.held) expect(lease).toEqual({ held: false, owner: holder, until: NOW + LEASE });
    // THEN the holder is woken once for all of them, keeps the lease, and is released with the mark it was told
    expect(await store.release(1, 0)).toEqual({
      outcome: 'woken',
      wake: 19,
      retired: false,
      paused: false,
      notices: [],
    });
    expect(await store.acquire(request('late'))).toMatchObject({ held: false, owner: holder });
    expect(await store.release(1, 20)).toEqual({ outcome: 'released' });
  });

  it('[2] hands a lease over after it expired, not before, and refuses the late holder', async () => {
    const { store } = fresh();
    await store.acquire(request('a'));
    expect(await store.acquire(request('b', NOW + LEASE))).toMatchObject({ held: false, owner: 'a' });
    expect(await store.acquire(request('b', NOW + LEASE + 1))).toMatchObject({ held: true, epoch: 2, wake: 1 });
    expect(await store.save(1, STATE)).toBe('lost');
    expect(await store.release(1, 1)).toEqual({ outcome: 'lost' });
    expect(await store.save(2, STATE)).toBe('saved');
  });

  it('refuses a save after the lease was given back', async () => {
    const { store } = fresh();
    await store.acquire(request('a'));
    await store.release(1, 0);
    expect(await store.save(1, STATE)).toBe('lost');
  });

  it('[16] takes a repeated call of its own owner and a repeated release for what they are', async () => {
    // GIVEN answers that were lost, so that the SDK asks again
    const { store } = fresh();
    await store.acquire(request('a'));
    expect(await store.acquire(request('a'))).toMatchObject({ held: true, epoch: 2 });
    await store.release(2, 0);
    expect(await store.release(2, 0)).toEqual({ outcome: 'released' });
  });

  it('never takes back what a person or another tick wrote meanwhile', async () => {
    const { name, store } = fresh();
    // GIVEN a holder that read paused = false and no mark
    await store.acquire(request('a'));
    await store.save(1, STATE);
    const item = (await read(name)) ?? {};
    await client.send(
      new PutItemCommand({ TableName: TABLE, Item: { ...item, ...toAttributes({ paused: true, wake: 3 }) } }),
    );
    // WHEN it saves
    await store.save(1, { ...STATE, nodeCount: 9 });
    // THEN both stay
    expect(await read(name)).toMatchObject({ paused: { BOOL: true }, wake: { N: '3' }, node_count: { N: '9' } });
  });

  it('marks a cluster as retired without the lease, once, and never takes it back', async () => {
    // GIVEN somebody who holds the lease
    const { name, store } = fresh();
    await store.acquire(request('a'));
    // WHEN it is retired twice
    expect(await store.retire(NOW)).toBe(NOW);
    expect(await store.retire(NOW + 5)).toBe(NOW);
    // THEN the holder is told at its next save, which is written; and so is whoever takes the lease next
    expect(await store.save(1, STATE)).toBe('retired');
    expect(await read(name)).toMatchObject({
      retired: { N: String(NOW) },
      retired_iso: { S: '2026-01-05T00:00:00.000Z' },
      node_count: { N: '3' },
    });
    expect(await store.release(1, 0)).toEqual({ outcome: 'released' });
    expect(await store.acquire(request('b'))).toMatchObject({
      held: true,
      state: { ...STATE, epoch: 2, retiredAt: NOW },
    });
  });

  it('tells a holder that whoever woke it retired the cluster', async () => {
    const { store } = fresh();
    await store.acquire(request('a'));
    await store.retire(NOW);
    await store.acquire(request('b'));
    expect(await store.release(1, 0)).toEqual({ outcome: 'woken', wake: 1, retired: true, paused: false, notices: [] });
  });

  describe('notices', () => {
    const warning: Notice = { kind: 'interruption', instance: 'i-0a1b2c3d4e5f60718', at: NOW - 1_000 };
    const risk: Notice = { kind: 'rebalance', instance: 'i-0a1b2c3d4e5f60719', at: NOW };

    it('are kept before there is an item, once for each event, and are read with the lease', async () => {
      const { name, store } = fresh();
      for (const notice of [risk, warning, warning]) expect(await store.notify(notice)).toBe('noted');
      expect((await read(name))?.notices?.SS).toHaveLength(2);
      expect(await store.acquire(request('a'))).toMatchObject({ held: true, state: { notices: [warning, risk] } });
      expect(await store.read()).toMatchObject({ epoch: 1, notices: [warning, risk] });
    });

    it('that come after the lease was taken wake the holder, who is told them', async () => {
      // GIVEN a holder
      const { store } = fresh();
      await store.acquire(request('a'));
      // WHEN the one who brings the notice dies before it can ask for the lease
      await store.notify(warning);
      // THEN the holder does not leave without having looked
      expect(await store.release(1, 0)).toMatchObject({ outcome: 'woken', wake: 1, notices: [warning] });
      expect(await store.acquire(request('b'))).toMatchObject({ held: false });
    });

    it('are taken away by the save that used them up, and no other', async () => {
      const { name, store } = fresh();
      await store.notify(warning);
      await store.acquire(request('a'));
      await store.notify(risk);
      await store.save(1, { ...STATE, notices: [] }, [warning]);
      expect((await read(name))?.notices).toEqual({ SS: ['rebalance/i-0a1b2c3d4e5f60719/1767571200000'] });
      await store.save(1, STATE, [risk]);
      expect(await read(name)).not.toHaveProperty('notices');
    });

    it('are not taken away by a holder whose lease was taken over', async () => {
      const { name, store } = fresh();
      await store.notify(warning);
      await store.acquire(request('a'));
      await store.acquire(request('b', NOW + LEASE + 1));
      expect(await store.save(1, STATE, [warning])).toBe('lost');
      expect((await read(name))?.notices?.SS).toHaveLength(1);
    });

    it('are bounded, and one too many is said to be', async () => {
      const { name, store } = fresh();
      const fill = (length: number) => {
        const SS = Array.from({ length }, (_, i) => `state-change/i-0a1b2c3d4e5f60718/${i}`);
        return client.send(
          new PutItemCommand({ TableName: TABLE, Item: { cluster_id: { S: name }, notices: { SS } } }),
        );
      };
      // WHEN somebody else's fleet has filled the seats of what can wait
      await fill(200);
      // THEN a warning still finds one
      expect(await store.notify({ ...warning, kind: 'state-change' })).toBe('full');
      expect(await store.notify({ ...warning, kind: 'rebalance' })).toBe('full');
      expect(await store.notify(warning)).toBe('noted');
      // WHEN all are taken
      await fill(300);
      expect(await store.notify(warning)).toBe('full');
      expect((await read(name))?.notices?.SS).toHaveLength(300);
    });

    it('stop the tick where one is none of ours, and the lease is given back though somebody came meanwhile', async () => {
      const { name, store } = fresh();
      const notices = { SS: ['interruption/i-1'] };
      await client.send(new PutItemCommand({ TableName: TABLE, Item: { cluster_id: { S: name }, notices } }));
      await expect(store.acquire(request('a'))).rejects.toThrow(
        /notices is "interruption\/i-1", but must be a string set/,
      );
      expect(await read(name)).toMatchObject({ lease_until: { N: '0' } });
    });
  });

  it('gives a lease back that it cannot use, though a mark was left just then', async () => {
    // GIVEN an item that cannot be understood, and somebody who comes between the lease and its end
    const { name, store } = fresh();
    await client.send(
      new PutItemCommand({ TableName: TABLE, Item: toAttributes({ cluster_id: name, schema_version: 2 }) }),
    );
    let came = false;
    const release = store.release.bind(store);
    store.release = async (epoch, wake) => {
      if (!came) await storeOf(name).acquire(request('b'));
      came = true;
      return release(epoch, wake);
    };
    // WHEN
    await expect(store.acquire(request('a'))).rejects.toThrow(/schema_version is 2/);
    // THEN
    expect(await read(name)).toMatchObject({ lease_until: { N: '0' }, wake: { N: '1' } });
  });

  it('pauses and resumes without the lease, and tells the holder', async () => {
    const { store } = fresh();
    await store.acquire(request('a'));
    await store.pause(true);
    await store.acquire(request('b'));
    expect(await store.release(1, 0)).toMatchObject({ outcome: 'woken', paused: true });
    await store.pause(false);
    expect(await store.read()).toMatchObject({ paused: false });
  });

  it('marks a cluster that no tick has seen yet', async () => {
    const { store } = fresh();
    await store.retire(NOW);
    const state = { ...emptyState(), epoch: 1, retiredAt: NOW };
    expect(await store.acquire(request('a'))).toEqual({ held: true, epoch: 1, wake: 0, state });
  });

  const saved = encodeState(STATE);
  const withFirst = (change: Record<string, Plain>) => ({
    ...saved,
    operations: [{ ...encodeOperation(STATE.operations[0] as Operation), ...change }],
  });
  it.each<[string, Record<string, Plain>, RegExp]>([
    ['another version', { ...saved, schema_version: 2 }, /schema_version is 2, but must be 1/],
    ['no version but a state', { operations: [] }, /schema_version/],
    ['a field missing', { schema_version: 1 }, /cooldown_until/],
    [
      'a phase nobody knows',
      withFirst({ phase: 'resting' }),
      /operations\[0\]\.phase is "resting", .* one of requested/,
    ],
    [
      'a time that is text',
      withFirst({ deadline: 'soon' }),
      /operations\[0\]\.deadline is "soon", but must be a number/,
    ],
  ])('stops at an item with %s and gives the lease back', async (_, fields, message) => {
    // GIVEN an item out of shape
    const { name, store } = fresh();
    const Item = toAttributes({ cluster_id: name, ...fields });
    await client.send(new PutItemCommand({ TableName: TABLE, Item }));
    // WHEN / THEN
    await expect(store.acquire(request('b'))).rejects.toThrow(message);
    expect(await read(name)).toMatchObject({ lease_until: { N: '0' } });
  });

  it('refuses to write a state beyond its bounds', async () => {
    const { store } = fresh();
    await store.acquire(request('a'));
    const [operation] = STATE.operations;
    const many = Array.from({ length: 65 }, () => operation as never);
    await expect(store.save(1, { ...STATE, operations: many })).rejects.toThrow(/65 operations/);
    const long = {
      ...STATE,
      unneededSince: Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`node-${i}`, i])),
    };
    await expect(store.save(1, long)).rejects.toThrow(/bounded to 262144/);
  });

  it('writes the timers of a thousand nodes', async () => {
    const { store } = fresh();
    await store.acquire(request('a'));
    const name = (i: number) => `worker-i-${String(i).padStart(17, '0')}`;
    const unneededSince = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [name(i), NOW + i]));
    expect(await store.save(1, { ...STATE, unneededSince })).toBe('saved');
  });

  const entry = (epoch: number) => ({
    at: NOW,
    epoch,
    trigger: 'schedule',
    decision: { code: 'steady', text: 'Nothing.' },
    operations: ['op-1'],
    actions: ['launched 2'],
    plan: 'abc',
    ttlSeconds: 3600,
  });

  it('writes history to its own table, in the order of time, with a time to live in seconds', async () => {
    // GIVEN
    const { name, store } = fresh();
    // WHEN two ticks are recorded, the later one first
    await store.record({ ...entry(8), at: NOW + 60_000 });
    await store.record(entry(7));
    // THEN
    const { Items } = await client.send(
      new QueryCommand({
        TableName: HISTORY,
        KeyConditionExpression: 'cluster_id = :cluster',
        ExpressionAttributeValues: { ':cluster': { S: name } },
      }),
    );
    expect(Items).toEqual([
      {
        cluster_id: { S: name },
        at: { S: '2026-01-05T00:00:00.000Z#7' },
        epoch: { N: '7' },
        trigger: { S: 'schedule' },
        decision: { S: 'steady' },
        text: { S: 'Nothing.' },
        operations: { L: [{ S: 'op-1' }] },
        actions: { L: [{ S: 'launched 2' }] },
        plan: { S: 'abc' },
        expires_at: { N: String(NOW / 1000 + 3600) },
      },
      expect.objectContaining({ at: { S: '2026-01-05T00:01:00.000Z#8' } }),
    ]);
    // THEN the state's table holds nothing of it
    expect(await read(name)).toBeUndefined();
  });

  it('logs a history item that could not be written and goes on', async () => {
    await storeOf('dev', 'no-such-table').record(entry(1));
    expect(logged).toEqual([expect.objectContaining({ level: 'warn', error: expect.any(String) })]);
  });

  it('ends within its deadline on a silent server', async () => {
    // GIVEN a table that never answers
    const silent = await loopback(() => ({ silent: true }));
    process.env.AWS_ENDPOINT_URL_DYNAMODB = silent.url;
    const mute = createDynamoClient('us-east-1', { connectionMs: 100, requestMs: 100, deadlineMs: 250 });
    const tables = { table: TABLE, historyTable: HISTORY };
    const store = new DynamoStore({ client: mute, ...tables, cluster: 'x', log: () => {}, deadlineMs: 250 });
    // WHEN / THEN
    await expect(store.acquire(request('a'))).rejects.toMatchObject({ name: 'TimeoutError' });
    await silent.close();
  });
});
