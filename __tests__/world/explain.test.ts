import { spawn } from 'node:child_process';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { buildArtifact } from '../../src/dev/build/bundle';
import { findPrometheus } from '../../src/dev/prometheus/find';
import { play } from '../../src/world/play';
import { readScenario } from '../../src/world/scenario/parse';
import { START } from '../../src/world/scenario/types';
import { makeToken } from '../../src/world/wire/certificates';

jest.setTimeout(60_000);

const ROOT = path.resolve(__dirname, '../..');
const MINUTE = 60_000;

function explain(dynamodb: string, args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const program = ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts'), 'explain', '--world', dynamodb, ...args];
  const { env } = process;
  const child = spawn(process.execPath, program, { cwd: ROOT, env });
  const ended = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ended.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ended.err += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code })));
}

/** All items of the history table in plain text, the recordings unpacked. */
async function allOf(endpoint: string): Promise<string> {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'k3s-cluster-history-local' }));
  client.destroy();
  return Items.map((item) => (item.data?.B ? gunzipSync(item.data.B).toString() : JSON.stringify(item))).join('\n');
}

it('the history that the deployed bytes write is explained while the simulated cluster runs', async () => {
  // GIVEN two pods that wait from minute 3 on because there may be no more nodes, and a run that stops at minute 9
  const { bundle } = await buildArtifact({ outdir: 'dist/autoscaler' });
  const prometheus = (await findPrometheus((line) => process.stderr.write(`${line}\n`))).path;
  let dynamodb = '';
  let passed = 0;
  let written = '';
  const answers: Awaited<ReturnType<typeof explain>>[] = [];
  // WHEN people ask meanwhile
  await play(readScenario(path.join(ROOT, '__tests__/scenarios/at-the-limit.yaml')), {
    bundle,
    prometheus,
    onEvent: (event) => {
      if (event.kind === 'started') dynamodb = event.addresses.dynamodb ?? '';
    },
    pace: async (ms) => {
      passed += ms;
      if (passed < 9 * MINUTE || answers.length > 0) return ms;
      answers.push(await explain(dynamodb, []));
      const [, pod = ''] = /\n {2}(default\/web-\S+): pod-over-limit/.exec(answers[0]?.out ?? '') ?? [];
      answers.push(await explain(dynamodb, ['--pod', pod]));
      written = await allOf(dynamodb);
      return ms;
    },
  });
  // THEN no secret was written: neither the token nor the certificate of the API
  expect(written).toContain('"pod-over-limit"');
  expect(written).not.toContain(makeToken(1));
  expect(written).not.toMatch(/BEGIN CERTIFICATE|Bearer/);
  // THEN the last tick is the one of minute 8, and the pod learns what it waits for
  const [last, pod] = answers;
  expect(last).toMatchObject({ code: 0, err: '' });
  expect(last?.out).toContain(`tick of ${new Date(START + 8 * MINUTE).toISOString().slice(0, 19)}`);
  expect(last?.out).toMatch(/\ndecision: at-maximum: /);
  expect(pod).toMatchObject({ code: 0, err: '' });
  expect(pod?.out).toMatch(/\nverdict:\n {2}pod-over-limit: .*limits\.maxNodes/);
});
