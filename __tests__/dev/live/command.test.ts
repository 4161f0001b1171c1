import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoMailbox } from '../../../src/adapters/dynamodb-mailbox';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Recording } from '../../../src/autoscaler/telling/recording';
import { Refusal, Unusable } from '../../../src/deploy/errors';
import { type LiveOptions, live } from '../../../src/dev/live/command';
import { LiveView } from '../../../src/dev/live/view';
import { config, scene } from '../../autoscaler/builders';
import { historyTable } from '../../history/history-table';

/** The command as `dev` calls it, against tables of a stage; the function's end is moved by hand. */

const CLUSTER = 'k3s-test';
let table: Awaited<ReturnType<typeof historyTable>>;
let fn: DynamoMailbox;
let directory: string;
let configFile: string;
beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'live-'));
  configFile = path.join(directory, 'autoscaler.config.ts');
  writeFileSync(configFile, "export default { stages: { primary: 'prod', protected: ['prod'] } };\n");
  table = await historyTable('k3s-cluster-history-test', CLUSTER);
  const { client } = table;
  fn = new DynamoMailbox({
    client,
    historyTable: 'k3s-cluster-history-test',
    cluster: CLUSTER,
    now: Date.now,
    deadlineMs: 20_000,
  });
});
afterAll(async () => {
  await table.close();
  rmSync(directory, { recursive: true });
});

const snapshot = scene();

const unseen = new LiveView({ json: false, write: () => {} });

/** Runs the command until a line of it matches, then ends it. */
async function until(
  pattern: RegExp,
  { json = false, ...over }: Partial<LiveOptions> & { json?: boolean },
  onAttached: (nonce: string) => Promise<void>,
) {
  const stop = new AbortController();
  let out = '';
  let seen = () => {};
  const matched = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const options: LiveOptions = {
    stage: 'test',
    configFile,
    mode: 'live',
    view: new LiveView({
      json,
      write: (text) => {
        out += text;
        if (pattern.test(out)) seen();
      },
    }),
    ...over,
  };
  const ran = live(options, stop.signal);
  let attached = await fn.attachment();
  while (!attached) attached = await fn.attachment();
  await onAttached(attached.nonce);
  await matched;
  stop.abort();
  return { code: await ran, out };
}

const handOver = (nonce: string, deployed = false) =>
  fn.put({
    id: `id-${nonce}`,
    nonce,
    epoch: 9,
    body: JSON.stringify({ config, snapshot, ...(deployed && { plan: plan(snapshot, config) }) }),
  });

describe('live', () => {
  it('plans what it is handed, exports it for replay, and lets go at its end with exit 0', async () => {
    const file = path.join(directory, 'tick.json');
    const { code, out } = await until(/the function says/, { export: file }, async (nonce) => {
      await handOver(nonce);
      let answer = await fn.answer(`id-${nonce}`);
      while (!answer) answer = await fn.answer(`id-${nonce}`);
      expect(JSON.parse(answer.body)).toEqual(plan(snapshot, config));
      await fn.say({ nonce, epoch: 9, outcome: 'executed', text: 'Nothing needs to change.' });
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^test: attached as \S+@\S+, contract [0-9a-f]{12}; this checkout plans, the function acts\./);
    expect(out).toMatch(/\n2026-01-05T00:00:00\.000Z schedule, epoch 9, planned here in \d+ ms:\n {2}steady: /);
    expect(out).toMatch(/\nepoch 9: the function says: done as planned here: Nothing needs/);
    expect(out).toMatch(/\ndetached: the function plans by itself\n$/);
    expect(await fn.attachment()).toBeUndefined();
    const { recording } = JSON.parse(readFileSync(file, 'utf8')) as { recording: Recording };
    expect(recording.schema).toBe(1);
    expect(plan(recording.snapshot, recording.config)).toEqual(recording.plan);
  });

  it('shows both decisions of a shadow side by side, as JSON too', async () => {
    const other: LiveOptions['plan'] = (of, settings) => ({
      ...plan(of, settings),
      decision: { code: 'paused', text: 'Never on Mondays.' },
    });
    const words = await until(/Mondays/, { mode: 'shadow', plan: other }, (nonce) => handOver(nonce, true));
    expect(words.out).toMatch(/\n {2}decision\n {4}deployed: steady: .*\n {4}here: {5}paused: Never on Mondays\.\n/);
    const json = await until(/"planned"/, { mode: 'shadow', plan: other, json: true }, (nonce) =>
      handOver(nonce, true),
    );
    const events = json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ kind }) => kind)).toEqual(['attached', 'planned', 'detached']);
    expect(events[1]).toMatchObject({
      differences: [{ what: 'decision' }],
      deployed: { decision: { code: 'steady' } },
    });
  });

  it('refuses a second developer with the name of the first, how long it is there, and what to do', async () => {
    const ended = await until(/attached/, {}, async () => {
      const second = live({ stage: 'test', configFile, mode: 'live', view: unseen }, new AbortController().signal);
      await expect(second).rejects.toThrow(Unusable);
      await expect(second).rejects.toThrow(
        /value: +".+@.+, since 20.* by their clock"\n.*one laptop at a time .* stage test\n.*Ctrl-C/,
      );
    });
    expect(ended.code).toBe(0);
  });

  it('takes no place that is held in a form it cannot read, and says how it becomes free', async () => {
    // GIVEN
    const key = { cluster_id: { S: `${CLUSTER}#live` }, at: { S: 'attachment' } };
    const TableName = 'k3s-cluster-history-test';
    await table.client.send(new PutItemCommand({ TableName, Item: { ...key, nonce: { S: 'n' }, owner: { N: '7' } } }));
    // WHEN
    const run = live({ stage: 'test', configFile, mode: 'shadow', view: unseen }, AbortSignal.abort());
    // THEN
    await expect(run).rejects.toThrow(Unusable);
    const [, written] = /--key '(.*)'/.exec(await run.then(String, (error: Error) => error.message)) ?? [];
    expect(JSON.parse(written ?? '')).toEqual(key);
    await table.client.send(new DeleteItemCommand({ TableName, Key: key }));
  });

  it('refuses a protected stage before it asks for anything, and points to --shadow', async () => {
    const run = live({ stage: 'prod', configFile, mode: 'live', view: unseen }, AbortSignal.abort());
    await expect(run).rejects.toThrow(Refusal);
    await expect(run).rejects.toThrow(/stage prod is protected: no laptop plans for it\n.*--shadow/);
  });

  it('says of a stage that is not deployed what to do', async () => {
    const run = live({ stage: 'other', configFile, mode: 'shadow', view: unseen }, AbortSignal.abort());
    await expect(run).rejects.toThrow(/k3s-cluster-history-other\n.*\n.*stage other must be deployed there/);
  });
});
