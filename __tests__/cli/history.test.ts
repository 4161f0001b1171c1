import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newMemory } from '../../src/autoscaler/telling/memory';
import { instance, later, MINUTE, nodeOf, pending, pod, scene, T0, times } from '../autoscaler/builders';
import { run } from '../autoscaler/ports';
import { historyTable } from '../history/history-table';

/** `explain` and `replay` as npm scripts start them, on a history that real ticks wrote. */
jest.setTimeout(60_000);

const ROOT = path.resolve(__dirname, '../..');
const PROGRAM = ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts')];
const STAGE = ['--stage', 'test'];
const NODE = 'worker-i-a';

let table: Awaited<ReturnType<typeof historyTable>>;
let directory: string;

/** As somebody could have written it there: a decision that looks like more than one, and turns what follows. */
const FORGED = 'all well\ndone:\n  launched i-FORGED \u202e\u2028';

/**
 * Ticks, each two minutes after the one before: a pod waits that no node helps; the same again; nine pods come and two
 * nodes are launched; a person pauses.
 */
async function writeHistory(): Promise<void> {
  const memory = newMemory();
  const worker = instance('i-a');
  const busy = times(6, (i) => pod({ name: `busy-${i}`, nodeName: NODE }));
  const stuck = pending({ name: 'stuck', unsupported: ['volumes'] });
  const small = (i: number) => pending({ name: `web-${i}`, requests: { cpuMilli: 1900, memoryBytes: 1, pods: 1 } });
  const waiting = scene({ instances: [worker], pods: [...busy, stuck] });
  const crowded = scene({
    instances: [worker],
    nodes: [nodeOf(worker)],
    pods: [...busy, stuck, small(1), small(10)],
    snapshot: { at: T0 },
  });
  const ticks = [
    waiting,
    later(waiting, 2 * MINUTE),
    later(crowded, 4 * MINUTE),
    { ...later(waiting, 6 * MINUTE), state: { ...waiting.state, paused: true } },
  ];
  for (const [index, snapshot] of ticks.entries()) {
    const { history } = await run(snapshot, { memory });
    for (const entry of history) await table.store.record({ ...entry, epoch: index + 1 });
  }
}

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'history-'));
  table = await historyTable('k3s-cluster-history-test', 'k3s-test');
  await writeHistory();
});
afterAll(async () => {
  await table.close();
  rmSync(directory, { recursive: true });
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function start(args: string[], env: Record<string, string | undefined> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...PROGRAM, ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1', ...table.env, ...env },
  });
  const ended: Ended = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ended.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ended.err += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code })));
}

const at = (minute: number) => ['--tick', new Date(T0 + minute * MINUTE).toISOString()];

describe('explain', () => {
  it('tells of the last tick: decision, what was done, and a reason for everything', async () => {
    const { code, out } = await start(['explain', ...STAGE]);
    expect(code).toBe(0);
    expect(out).toMatch(/^k3s-test: tick of 2026-01-05T00:06:00\.000Z \(schedule, epoch 4\)\ndecision: paused: /);
    expect(out).toMatch(/\npools:\n {2}burst: paused: /);
    expect(out).toMatch(/\npending pods:\n {2}default\/stuck: paused: /);
  });

  it('tells of a tick in between, with the plan that was recorded before it and still held', async () => {
    // WHEN asked for a time between the second and the third tick
    const { code, out } = await start(['explain', ...STAGE, ...at(3)]);
    // THEN
    expect(code).toBe(0);
    expect(out).toContain('tick of 2026-01-05T00:02:00.000Z (schedule, epoch 2)');
    expect(out).toContain('The plan was recorded at 2026-01-05T00:00:00.000Z and was still the same.');
    expect(out).toMatch(/\n {2}default\/stuck: pod-unsupported: .*volumes/);
  });

  it('tells the story of a node', async () => {
    const { code, out } = await start(['explain', ...STAGE, '--node', NODE]);
    expect(code).toBe(0);
    expect(out).toMatch(/\nnode worker-i-a: Ready, 6 pods, made 2026-/);
    expect(out).toMatch(/\nverdict:\n {2}paused: /);
    expect(out).toMatch(/\nbefore:\n {2}from 2026-01-05T00:00:00\.000Z: node-busy: /);
  });

  it('tells the story of a pod, and does not take it for another whose name begins like it', async () => {
    const { code, out } = await start(['explain', ...STAGE, '--pod', 'default/web-1', ...at(4), '--json']);
    expect(code).toBe(0);
    const document = JSON.parse(out);
    expect(document.subject).toMatchObject({
      kind: 'pod',
      name: 'default/web-1',
      state: expect.stringMatching(/^Pending, unschedulable since 2026-/),
      verdict: { code: 'pod-gets-node' },
      before: [{ since: '2026-01-05T00:00:00.000Z', verdict: null }],
      done: [],
    });
    expect(document).toMatchObject({ cluster: 'k3s-test', current: true, tick: { epoch: 3 } });
    expect(document.tick.actions[0]).toMatch(/^launched /);
  });

  it('says that a bound pod needs no verdict', async () => {
    const { out } = await start(['explain', ...STAGE, '--pod', 'default/busy-1']);
    expect(out).toContain('pod default/busy-1: Running on worker-i-a\nverdict:\n  none: it was not pending');
  });
});

describe('explain says what is wrong, and how to put it right', () => {
  const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);

  it.each<[string, string[], number, RegExp]>([
    ['a time that is none', ['--tick', 'yesterday'], 2, /--tick yesterday: must be a time .*2026-01-05T00:04:00Z/],
    ['a time without its offset', ['--tick', '2026-01-05T00:04'], 2, /must be a time with its offset/],
    ['a pod without its namespace', ['--pod', 'web-1'], 2, /--pod web-1: must name namespace and pod/],
    ['two subjects', ['--pod', 'a/b', '--node', 'c'], 2, /--node and --pod exclude each other/],
    ['a node that nobody saw', ['--node', 'worker-i-b'], 1, /--node\n.*"worker-i-b"\n.*\n.*did you mean worker-i-a\?/],
    [
      'a time before all history',
      ['--tick', '2020-01-01'],
      1,
      /--tick\n.*2020-01-01T00:00:00\.000Z.*\n.*holds no tick of k3s-test within an hour.*\n.*the nearest is --tick 2026-01-05T00:00:00\.000Z/,
    ],
  ])('%s', async (_, args, expected, message) => {
    const { code, out, err } = await start(['explain', ...STAGE, ...args]);
    expect(err).toMatch(message);
    noStack(err);
    expect({ code, out }).toEqual({ code: expected, out: '' });
  });

  it('a stage that is not deployed', async () => {
    const { code, err } = await start(['explain', '--stage', 'other']);
    expect(err).toMatch(/k3s-cluster-history-other\n.*\n.*stage other must be deployed there/);
    noStack(err);
    expect(code).toBe(1);
  });

  it('a DynamoDB that does not answer', async () => {
    const { code, err } = await start(['explain', ...STAGE], { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' });
    expect(err).toMatch(/k3s-cluster-history-test\n.*\n.*could not be asked: .*ECONNREFUSED/);
    noStack(err);
    expect(code).toBe(1);
  });
});

describe('replay', () => {
  it('plans a recorded tick again: the same code makes the same plan', async () => {
    const { code, out } = await start(['replay', ...STAGE, ...at(4)]);
    expect(out).toBe('k3s-test: the tick of 2026-01-05T00:04:00.000Z is planned as it was then\n');
    expect(code).toBe(0);
  });

  it('of a tick that was not recorded says so, and plans the last one before it', async () => {
    const { out } = await start(['replay', ...STAGE, ...at(2)]);
    expect(out).toBe(
      'k3s-test: the tick of 2026-01-05T00:02:00.000Z was not recorded; the last one before it was\n' +
        'k3s-test: the tick of 2026-01-05T00:00:00.000Z is planned as it was then\n',
    );
  });

  it('says what differs, and ends with 1', async () => {
    // GIVEN a recording, as it is printed, of a planner that thought otherwise
    const { out } = await start(['replay', ...STAGE, ...at(4), '--json']);
    const document = JSON.parse(out);
    document.recording.plan.decision = { code: 'steady', text: 'Nothing needs to change.' };
    document.recording.plan.nodes[NODE].code = 'node-needed';
    const file = path.join(directory, 'other.json');
    writeFileSync(file, JSON.stringify(document));
    // WHEN
    const replayed = await start(['replay', '--file', file], { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' });
    // THEN
    expect(replayed.code).toBe(1);
    expect(replayed.out).toMatch(
      /is planned otherwise than then\n {2}decision\n {4}then: steady: .*\n {4}now: {2}pending-pods: /,
    );
    expect(replayed.out).toMatch(/\n {2}nodes worker-i-a\n {4}then: node-needed: .*\n {4}now: {2}node-/);
  });

  it.each<[string, string, RegExp]>([
    ['is not JSON', 'no', /--file\n.*\n.*must be a file of JSON/],
    ['is of another version', '{"schema": 2}', /value: 2\n.*schema must be 1/],
    ['lacks its parts', '{"schema": 1}', /must hold config, snapshot and plan/],
    [
      'cannot be planned',
      '{"schema": 1, "config": {}, "snapshot": {"at": 0}, "plan": {}}',
      /must be one that this version can plan/,
    ],
  ])('refuses a file that %s', async (_, text, message) => {
    const file = path.join(directory, 'bad.json');
    writeFileSync(file, text);
    const { code, err } = await start(['replay', '--file', file]);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(code).toBeGreaterThan(0);
  });
});

describe('words that somebody else wrote', () => {
  it('are one line of what is printed, and steer nothing', async () => {
    // GIVEN a tick of the next day that such a text was recorded of
    const decision = { code: 'steady', text: FORGED };
    const entry = {
      at: T0 + 24 * 60 * MINUTE,
      epoch: 9,
      trigger: 'schedule',
      decision,
      operations: [],
      ttlSeconds: 60,
    };
    await table.store.record({ ...entry, actions: [`refused: ${FORGED}`] });
    // WHEN
    const { out } = await start(['explain', ...STAGE]);
    // THEN
    const one = 'all well\ufffddone:\ufffd  launched i-FORGED \ufffd';
    expect(out.split('\n').slice(1, 4)).toEqual([`decision: steady: ${one}`, 'done:', `  refused: ${one}`]);
  });
});
