import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { InvocationResult, Wire } from '../../../src/world/contract';
import { START } from '../../../src/world/scenario/types';
import { startWire } from '../../../src/world/wire';
import { HandModel, prometheusPath } from '../wire/hand-model';

/** A bundle that does what its event tells it, with real SDK clients. */
const BUNDLE = `
const { EC2Client, RunInstancesCommand } = require(${JSON.stringify(require.resolve('@aws-sdk/client-ec2'))});
const crypto = require('node:crypto');
const ec2 = new EC2Client({ maxAttempts: 1 });
let warm = 0;
const launch = (options) => ec2.send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateId: 'lt-1' } }), options);
const prometheus = () => fetch(JSON.parse(process.env.AUTOSCALER_RESOURCES).prometheusUrl + '/api/v1/query?query=1');
const acts = {
  time: async (_event, context) => {
    const before = [Date.now(), new Date().toISOString(), context.getRemainingTimeInMillis()];
    await launch();
    return { before, after: [Date.now(), context.getRemainingTimeInMillis()], warm: warm++ };
  },
  random: async () => [crypto.randomUUID(), globalThis.crypto.randomUUID(), Math.random(), crypto.randomBytes(4).toString('hex')],
  log: async () => { console.log(JSON.stringify({ level: 'info', text: 'a' })); console.error('plain'); },
  env: async () => Object.keys(process.env).sort(),
  fail: async () => { throw new RangeError('too far'); },
  launch: async () => { console.log('before'); await launch(); return 'launched'; },
  ask: async () => {
    const answer = await prometheus().catch(() => 'refused');
    return answer.status ?? answer;
  },
  abort: async () => {
    const url = JSON.parse(process.env.AUTOSCALER_RESOURCES).prometheusUrl + '/api/v1/query?query=1';
    const said = await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(() => 'answered', (error) => error.name);
    await new Promise((done) => setTimeout(done, 200));
    await launch();
    return said;
  },
  launchSoon: () => launch({ abortSignal: AbortSignal.timeout(1_000) }).then(() => 'launched', (error) => error.name),
  launchSlowly: async () => {
    for (const end = performance.now() + 1_500; performance.now() < end; );
    await launch();
    return 'launched';
  },
  wait: () => prometheus(),
  spin: async () => { for (;;); },
};
exports.handler = (event, context) => acts[event.act](event, context);
`;

/** Fights for a lease after some reads; without the SDK, for twenty cold starts would take most of a minute. */
const RACE = `
const ask = async (service, headers, body) => {
  const answer = await fetch(process.env['AWS_ENDPOINT_URL_' + service], { method: 'POST', headers, body });
  return { ok: answer.ok, text: await answer.text() };
};
const ec2 = (form) => ask('EC2', {}, 'Version=2016-11-15&' + form);
const acquire = (owner) => ask('DYNAMODB', {
  'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.UpdateItem', 'x-amz-date': '20260105T000000Z',
  authorization: 'AWS4-HMAC-SHA256 Credential=a/20260105/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
}, JSON.stringify({
  TableName: 'k3s-cluster-state', Key: { cluster_id: { S: 'demo' } },
  UpdateExpression: 'SET lease_owner = :me ADD epoch :one', ConditionExpression: 'attribute_not_exists(lease_owner)',
  ExpressionAttributeValues: { ':me': { S: owner }, ':one': { N: '1' } },
}));
exports.handler = async (_event, { awsRequestId }) => {
  // Different numbers of reads, so that the clocks differ: the fourth reads least.
  for (let i = 0; i < (Number(awsRequestId.slice(1)) * 3 + 1) % 5; i++) await ec2('Action=DescribeInstances');
  const { ok, text } = await acquire(awsRequestId);
  if (!ok) return JSON.parse(text).__type.split('#')[1];
  await ec2('Action=RunInstances&MinCount=1&MaxCount=1&LaunchTemplate.LaunchTemplateId=lt-1');
  return 'won at ' + new Date().toISOString();
};
`;

const folder = mkdtempSync(join(tmpdir(), 'k3s-autoscaler-test-'));
const bundle = join(folder, 'index.js');
const started: Wire[] = [];

beforeAll(() => {
  const source = join(folder, 'source.js');
  writeFileSync(source, BUNDLE);
  // One file, as the artifact is: the SDK's many files would take most of the time of a cold start.
  buildSync({
    entryPoints: [source],
    bundle: true,
    minify: true,
    platform: 'node',
    outfile: bundle,
    logLevel: 'error',
  });
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((wire) => wire.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

const start = async (timeoutMs?: number, program = bundle) => {
  const model = new HandModel(timeoutMs);
  const wire = await startWire(model, {
    bundle: program,
    prometheus: await prometheusPath(),
    scrapeMs: 15_000,
    seed: 7,
  });
  started.push(wire);
  const invoke = async (act: string, id = 'r1') => (await wire.invoke([{ id, event: { act } }]))[0] as InvocationResult;
  return { model, wire, invoke };
};

describe('the sandbox', () => {
  it("shows the invocation's own clock, which the answers move", async () => {
    const { model, invoke } = await start();
    // WHEN
    const result = await invoke('time');
    // THEN
    expect(result).toMatchObject({ outcome: 'done', startedAt: START, endedAt: START + 600 });
    expect(result.value).toEqual({
      before: [START, '2026-01-05T00:00:00.000Z', 60_000],
      after: [START + 600, 59_400],
      warm: 0,
    });
    expect(model.clock.now()).toBe(START + 600);
    // THEN the next one is warm
    expect((await invoke('time')).value).toMatchObject({ before: [START + 600, expect.anything(), 60_000], warm: 1 });
  });

  it('gives the same randomness to the same invocation of the same seed', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const [a, b] = await Promise.all([one.invoke('random'), two.invoke('random')]);
    expect(a.value).toEqual(b.value);
    expect((await one.invoke('random', 'r2')).value).not.toEqual(a.value);
    // THEN a duplicate delivery is somebody else
    expect((await one.invoke('random')).value).not.toEqual(a.value);
  });

  it('passes on no more than what Lambda would, and gathers what it says', async () => {
    const { invoke } = await start();
    expect((await invoke('env')).value).not.toContain('PATH');
    expect((await invoke('log')).logs).toEqual([{ level: 'info', text: 'a' }, 'plain']);
    expect(await invoke('fail')).toMatchObject({
      outcome: 'failed',
      error: { name: 'RangeError', message: 'too far' },
    });
  });
});

describe('faults of an invocation', () => {
  const lambda = { kind: 'service', atMs: 0, service: 'lambda', fault: 'crash' } as const;
  const prometheus = { kind: 'service', atMs: 0, service: 'prometheus' } as const;

  it('kills it before or after an effect, and the next one starts cold', async () => {
    const { model, wire, invoke } = await start();
    wire.addFaults([
      { ...lambda, before: 'ec2.RunInstances' },
      { ...lambda, after: 'ec2.RunInstances' },
    ]);
    expect(await invoke('launch')).toMatchObject({ outcome: 'crashed', logs: ['before'] });
    expect(model.instances).toHaveLength(0);
    expect(await invoke('launch')).toMatchObject({ outcome: 'crashed' });
    expect(model.instances).toHaveLength(1);
    expect((await invoke('time')).value).toMatchObject({ warm: 0 });
  });

  it('starts each one with the bytes of the beginning, though another build replaces the file', async () => {
    // GIVEN a world that has not asked the function yet
    const program = join(folder, 'replaced.js');
    writeFileSync(program, "exports.handler = async () => 'old';");
    const { invoke } = await start(undefined, program);
    // WHEN another command builds newer sources to the same place
    writeFileSync(program, "exports.handler = async () => 'new';");
    // THEN
    expect((await invoke('time')).value).toBe('old');
  });

  it('ends it at its deadline when an answer comes too late', async () => {
    const { wire, invoke } = await start();
    wire.addFaults([{ ...prometheus, fault: 'slow', byMs: 61_000 }]);
    expect(await invoke('wait')).toMatchObject({ outcome: 'timeout', endedAt: START + 60_000 });
  });

  it.each(['wait', 'spin'])('ends it at its deadline when it does not end by itself (%s)', async (act) => {
    const { wire, invoke } = await start(700);
    wire.addFaults([{ ...prometheus, fault: 'hang' }]);
    expect(await invoke(act)).toMatchObject({ outcome: 'timeout', endedAt: START + 700 });
  });

  it('lets it give up an answer that never comes, which costs its patience', async () => {
    const { wire, invoke } = await start();
    wire.addFaults([{ ...prometheus, fault: 'hang' }]);
    expect(await invoke('abort')).toMatchObject({ outcome: 'done', value: 'TimeoutError', endedAt: START + 1_600 });
  });

  it('ends no patience by the time that a machine takes', async () => {
    const { wire } = await start();
    // WHEN one has to wait for another's turn for longer than its patience
    const acts = ['launchSoon', 'launchSlowly'].map((act, i) => ({ id: `r${i}`, event: { act } }));
    const results = await wire.invoke(acts);
    // THEN
    expect(results.map(({ value }) => value)).toEqual(['launched', 'launched']);
  });

  it('tears the connection, or answers an error, as long as it lasts', async () => {
    const { wire, invoke } = await start();
    wire.addFaults([
      { ...prometheus, fault: 'down' },
      { ...prometheus, error: '503' },
    ]);
    expect((await invoke('ask')).value).toBe('refused');
    expect((await invoke('ask')).value).toBe(503);
    expect((await invoke('ask')).value).toBe(200);
  });

  it('refuses an invocation before it has begun', async () => {
    const { wire, invoke } = await start();
    wire.addFaults([{ kind: 'service', atMs: 0, service: 'lambda', error: 'TooManyRequestsException' }]);
    expect(await invoke('log')).toMatchObject({
      outcome: 'failed',
      error: { name: 'TooManyRequestsException' },
      logs: [],
    });
  });
});

it('runs many invocations at once, and comes to the same end each time', async () => {
  // GIVEN 20 invocations that fight for one lease
  const program = join(folder, 'race.js');
  writeFileSync(program, RACE);
  const play = async () => {
    const { model, wire } = await start(undefined, program);
    const requests = Array.from({ length: 20 }, (_, i) => ({ id: `r${i}`, event: {} }));
    const results = await wire.invoke(requests);
    return {
      results: results.map(({ wallMs: _, ...result }) => result),
      calls: wire.calls,
      launchedAt: model.launchedAt,
      state: await wire.readState(),
    };
  };
  // WHEN they run twice
  const [one, two] = [await play(), await play()];
  // THEN one wins: of those that read least, the first
  expect(one).toEqual(two);
  expect(one.results[3]).toMatchObject({ value: 'won at 2026-01-05T00:00:00.605Z' });
  expect(one.results.filter(({ value }) => value === 'ConditionalCheckFailedException')).toHaveLength(19);
  expect(one.state).toEqual({ cluster_id: 'demo', lease_owner: 'r3', epoch: 1 });
  expect(one.launchedAt).toEqual([START + 5]);
  expect(one.calls['dynamodb.UpdateItem']).toBe(20);
});
