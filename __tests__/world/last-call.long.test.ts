import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { HISTORY_TABLE, PARAMETER, STATE_TABLE, TAG } from '../../src/autoscaler/names';
import { LOCAL_CLUSTER, resolveConfig, toRuntimeConfig } from '../../src/config';
import { type Artifact, buildArtifact } from '../../src/dev/build/bundle';
import type { InvocationResult, Wire } from '../../src/world/contract';
import { startWire } from '../../src/world/wire';
import { World } from '../../src/world/world';
import { web } from './builders';
import { prometheusPath } from './wire/hand-model';

/** The artifact over the wire, called as Terraform, the function's URL and the schedule call it. */
jest.setTimeout(60_000);

const config = { ...toRuntimeConfig(resolveConfig({}, 'test'), { cluster: LOCAL_CLUSTER }), metrics: true };
const resources = {
  table: STATE_TABLE,
  historyTable: HISTORY_TABLE,
  subnets: { 'us-east-1a': 'subnet-00000000000000001', 'us-east-1b': 'subnet-00000000000000002' },
  launchTemplates: { burst: { id: 'lt-00000000000000001', version: '1' } },
  prometheusUrl: '',
  kubernetesUrl: '',
  parameters: { controllerToken: PARAMETER.controllerToken, ca: PARAMETER.ca },
};
const timings = { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: 5_000, podStartMs: 5_000 };

let artifact: Artifact;
let prometheus: string;
const started: Wire[] = [];

beforeAll(async () => {
  artifact = await buildArtifact({ outdir: 'dist/autoscaler' });
  prometheus = await prometheusPath();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((wire) => wire.stop()));
});

/** A cluster of one base worker, on which 20 pods have waited long enough. */
async function given() {
  const world = new World({ seed: 1, config, resources, baseWorkers: 1, timings });
  const wire = await startWire(world, { bundle: artifact.bundle, prometheus, scrapeMs: 15_000, seed: 1 });
  started.push(wire);
  world.workload(web(20));
  const wait = (ms: number) => world.clock.advanceTo(world.clock.now() + ms);
  wait(60_000);
  let count = 0;
  const invoke = async (...events: Record<string, unknown>[]): Promise<InvocationResult[]> => {
    await wire.flushMetrics();
    return wire.invoke(events.map((event) => ({ id: `r-${++count}`, event })));
  };
  const one = async (event: Record<string, unknown>) => (await invoke(event))[0] as InvocationResult;
  const workers = (role: string) =>
    world.ec2.all().filter(({ tags, state }) => tags[TAG.role] === role && /pending|running/.test(state)).length;
  return { world, wire, wait, invoke, one, workers };
}

const schedule = { trigger: 'schedule' };
const destroy = { tf: { action: 'delete', prev_input: {} } };
const decisionOf = ({ value }: InvocationResult) => (value as { decision: { code: string } }).decision.code;

describe('the last call of a destroy', () => {
  it('ends every worker that was launched, and no tick launches again, though the pods wait', async () => {
    // GIVEN a tick that launched
    const { world, wire, wait, one, workers } = await given();
    expect(decisionOf(await one(schedule))).toBe('pending-pods');
    expect(workers('worker')).toBeGreaterThan(0);
    wait(10_000);
    // WHEN the stack is destroyed
    const { outcome, value } = await one(destroy);
    // THEN
    expect(outcome).toBe('done');
    expect([workers('worker'), workers('base'), workers('server')]).toEqual([0, 1, 1]);
    const ended = world.ec2.all().filter(({ tags }) => tags[TAG.role] === 'worker');
    expect((value as { terminated: string[] }).terminated.sort()).toEqual(ended.map(({ id }) => id).sort());
    expect(await wire.readState()).toMatchObject({
      retired: expect.any(Number),
      retired_iso: expect.stringMatching(/^2026-01-05T00:01:/),
      scaling_in_progress: false,
      operations: [],
      node_count: 1,
      lease_until: 0,
    });
    // THEN a tick that comes all the same does nothing
    wait(120_000);
    const calls = { ...wire.calls };
    expect(decisionOf(await one(schedule))).toBe('retired');
    expect(workers('worker')).toBe(0);
    expect(wire.calls).toEqual({
      ...calls,
      'dynamodb.UpdateItem': (calls['dynamodb.UpdateItem'] ?? 0) + 2,
      'dynamodb.PutItem': (calls['dynamodb.PutItem'] ?? 0) + 1,
    });
    // THEN the call may be repeated
    expect(await one(destroy)).toMatchObject({ outcome: 'done', value: { terminated: [] } });
  });

  it('fails while EC2 hides what was launched a moment ago, and ends it when it is repeated', async () => {
    // GIVEN a tick that launched this very second
    const { wait, one, workers } = await given();
    await one(schedule);
    // WHEN
    const first = await one(destroy);
    // THEN Terraform is told whom to wait for
    expect(first).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringMatching(/EC2 does not show i-[0-9a-f]{17} now.* Run destroy again/) },
    });
    expect(workers('worker')).toBeGreaterThan(0);
    // WHEN it is repeated
    wait(10_000);
    expect(await one(destroy)).toMatchObject({ outcome: 'done' });
    // THEN
    expect(workers('worker')).toBe(0);
  });

  it('names the tick that runs at the same instant, which then launches nothing; repeated, it leaves nothing', async () => {
    const { wait, invoke, one, workers } = await given();
    // WHEN both come at once, the tick first
    const [tick, call] = await invoke(schedule, destroy);
    // THEN the one that found the lease held says so, and no two acted
    expect(tick?.outcome).toBe('done');
    expect(call).toMatchObject({
      outcome: 'failed',
      error: {
        message: expect.stringMatching(/The lease is held by r-1\/\S+ until 2026-01-05T\S+ .* Run destroy again/),
      },
    });
    // WHEN it is repeated
    wait(10_000);
    expect(await one(destroy)).toMatchObject({ outcome: 'done' });
    // THEN
    expect(workers('worker')).toBe(0);
  });

  it('ends what a launch brought whose answer was lost', async () => {
    // GIVEN EC2 launched, and nobody was told
    const { wait, wire, one, workers } = await given();
    const fault = { kind: 'service', atMs: 0, service: 'ec2', operation: 'RunInstances' } as const;
    wire.addFaults([{ ...fault, fault: 'lost-response' }]);
    await one(schedule);
    expect(workers('worker')).toBeGreaterThan(0);
    // WHEN the stack is destroyed before EC2 shows it
    expect(await one(destroy)).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringMatching(/EC2 never answered launch-\S+ for \d+/) },
    });
    // THEN once it is shown it is ended
    wait(10_000);
    expect(await one(destroy)).toMatchObject({ outcome: 'done' });
    expect(workers('worker')).toBe(0);
  });
});

describe('whoever else calls', () => {
  it('ends nothing by the URL, whatever the body says, and learns nothing of the cluster', async () => {
    const { wire, wait, one, workers } = await given();
    await one(schedule);
    wait(10_000);
    const before = workers('worker');
    // WHEN
    const { value, logs } = await one({
      requestContext: { http: { method: 'POST', path: '/' } },
      body: JSON.stringify(destroy),
    });
    // THEN
    expect(value).toEqual({ statusCode: 202, body: '{"status":"accepted"}' });
    expect(logs).toContainEqual(expect.objectContaining({ trigger: 'alert' }));
    expect(workers('worker')).toBe(before);
    expect(await wire.readState()).not.toHaveProperty('retired');
  });

  it.each(['create', 'update'])('makes no call at all for Terraform at %s', async (action) => {
    const { wire, one } = await given();
    expect(await one({ tf: { action, prev_input: {} } })).toMatchObject({ outcome: 'done', logs: [] });
    expect(wire.calls).toEqual({});
  });
});

describe('the first minutes of a cluster', () => {
  it('know Kubernetes as soon as the server has written its parameters, in the same sandbox', async () => {
    // GIVEN parameters as Terraform makes them
    const { world, wait, one } = await given();
    const written = [...world.parameters];
    for (const [name, { type }] of written) world.parameters.set(name, { type, value: 'pending' });
    // WHEN / THEN
    const blind = await one(schedule);
    expect(decisionOf(blind)).toBe('data-doubtful');
    expect(blind.logs).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/not-yet: .*holds 'pending': the K3s server has not/) }),
    );
    // WHEN the server writes them
    for (const [name, parameter] of written) world.parameters.set(name, parameter);
    wait(30_000);
    // THEN
    expect(decisionOf(await one(schedule))).toBe('pending-pods');
  });
});

describe('the metrics', () => {
  it('are one valid line beside the line of each tick, at the time of the tick', async () => {
    const { world, one } = await given();
    const file = path.join(__dirname, '../fixtures/embedded-metric-format.schema.json');
    const schema = z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')));
    const at = world.clock.now();
    // WHEN
    const { logs } = await one(schedule);
    // THEN
    expect(logs).toHaveLength(2);
    expect(schema.safeParse(logs[1]).error).toBeUndefined();
    expect(logs[1]).toMatchObject({ _aws: { Timestamp: at }, Cluster: LOCAL_CLUSTER, GoodTicks: 1, UnknownData: 0 });
  });
});
