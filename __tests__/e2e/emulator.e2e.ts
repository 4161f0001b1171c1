import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SignatureV4 } from '@smithy/signature-v4';
import { itOrSkip } from '../support/skips';
import { LambdaFunction } from './support/lambda/function';
import { FunctionUrl } from './support/lambda/function-url';
import { missingNode, type NodeRuntime, nodeFor } from './support/lambda/node-runtime';
import { missingShare } from './support/lambda/processor-share';

/** Lambda's own manners, which the other cases rely on. */

const HANDLER = `
const kept = { calls: 0 };
exports.handler = async (event, context) => {
  kept.calls++;
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event.fill) kept.filled = Array.from({ length: event.fill }, () => Buffer.alloc(2 ** 20, 1));
  if (event.block) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, event.block);
  if (event.compute) {
    const begun = performance.now();
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 1000 * event.compute);
    return { ms: performance.now() - begun };
  }
  if (event.exit) {
    console.log('said before its end');
    process.exit(event.exit);
  }
  if (event.fail) throw new TypeError(event.fail);
  if (event.answer) return 'x'.repeat(event.answer);
  if (event.body !== undefined) return { statusCode: 202, body: JSON.stringify({ path: event.rawPath, by: event.requestContext.http.method }) };
  console.log(JSON.stringify({ message: 'said', requestId: context.awsRequestId }));
  return { calls: kept.calls, left: context.getRemainingTimeInMillis(), told: process.env.TOLD, node: process.version };
};
`;

const missing = missingNode();

describe('the function on this machine', () => {
  let folder: string;
  let node: NodeRuntime;
  let lambda: LambdaFunction;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'handler-'));
    writeFileSync(path.join(folder, 'index.js'), HANDLER);
    if (missing === undefined) node = await nodeFor('nodejs22.x', (line) => process.stderr.write(`${line}\n`));
  }, 300_000);

  beforeEach(() => {
    lambda = new LambdaFunction(
      {
        name: 'e2e',
        arn: 'arn:aws:lambda:us-east-1:123456789012:function:e2e',
        region: 'us-east-1',
        handler: 'index.handler',
        memoryMb: 256,
        timeoutMs: 30_000,
        environment: { TOLD: 'by the test' },
        code: folder,
      },
      node,
    );
  });
  afterEach(() => lambda.stop());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const answerOf = (report: { end: { kind: string; body?: string } }) => JSON.parse(report.end.body ?? 'null');

  itOrSkip(missing, 'is loaded once for invocations one after the other, and anew when it has gone cold', async () => {
    const first = await lambda.invoke({});
    const second = await lambda.invoke({});
    await lambda.cool();
    const third = await lambda.invoke({});
    expect([first, second, third].map(({ isCold }) => isCold)).toEqual([true, false, true]);
    expect([first, second, third].map((report) => answerOf(report).calls)).toEqual([1, 2, 1]);
    expect(answerOf(first)).toMatchObject({ told: 'by the test', node: node.version });
    expect(first.lines).toEqual([{ message: 'said', requestId: first.requestId }]);
    expect(first.peakMb).toBeGreaterThan(20);
  });

  itOrSkip(missing, 'has a sandbox for each of two invocations at once', async () => {
    const both = await Promise.all([lambda.invoke({ sleep: 300 }), lambda.invoke({ sleep: 300 })]);
    expect(both.map(({ isCold }) => isCold)).toEqual([true, true]);
  });

  itOrSkip(missing, 'is killed when its time is over, and is cold after it', async () => {
    const hasty = new LambdaFunction({ ...lambda.settings, timeoutMs: 2_000 }, node);
    const late = await hasty.invoke({ sleep: 10_000 });
    const next = await hasty.invoke({});
    await hasty.stop();
    expect(late.end).toMatchObject({ kind: 'failed', type: 'Sandbox.Timedout' });
    expect(next.isCold).toBe(true);
  });

  itOrSkip(missing, 'may compute for longer than a server of Node’s keeps an idle connection open, 5 s', async () => {
    const { end } = await lambda.invoke({ block: 6_500 });
    expect(end).toMatchObject({ kind: 'done' });
  });

  itOrSkip(missing ?? missingShare(), 'has the share of a processor that Lambda gives for its memory', async () => {
    // GIVEN 256 of the 1769 MB for which there is a whole core: a seventh
    const { end, hasShare } = await lambda.invoke({ compute: 100 });
    const { ms } = JSON.parse(end.kind === 'done' ? end.body : '{}') as { ms: number };
    expect({ hasShare, isSlow: ms > 5 * 100 }).toEqual({ hasShare: true, isSlow: true });
  });

  itOrSkip(missing, 'tells how it has ended, and what it said last', async () => {
    const { end } = await lambda.invoke({ exit: 7 });
    const message = expect.stringMatching(/exit status 7\n(.*\n)*said before its end/);
    expect(end).toEqual({ kind: 'failed', type: 'Runtime.ExitError', message });
  });

  itOrSkip(missing, 'is killed when it takes more memory than it has', async () => {
    const { end } = await lambda.invoke({ fill: 400, sleep: 1_000 });
    expect(end).toMatchObject({ kind: 'failed', type: expect.stringMatching(/OutOfMemory|ExitError/) });
  });

  itOrSkip(missing, 'fails with the error that the handler throws, and stays warm', async () => {
    const { end } = await lambda.invoke({ fail: 'no' });
    expect(end).toEqual({ kind: 'failed', type: 'TypeError', message: 'no' });
    expect((await lambda.invoke({})).isCold).toBe(false);
  });

  itOrSkip(missing, 'fails with an answer of more than 6 MB', async () => {
    const { end } = await lambda.invoke({ answer: 7 * 2 ** 20 });
    expect(end).toMatchObject({ kind: 'failed', type: 'Function.ResponseSizeTooLarge' });
  });

  describe('called at its URL', () => {
    const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' };
    let url: FunctionUrl;
    beforeEach(async () => {
      url = await FunctionUrl.start(async () => lambda, credentials);
    });
    afterEach(() => url.stop());

    async function post(service: string, secretAccessKey = credentials.secretAccessKey) {
      const { hostname, host, port, protocol } = new URL(url.address);
      const signer = new SignatureV4({
        service,
        region: 'us-east-1',
        credentials: { ...credentials, secretAccessKey },
        sha256: new EC2Client({ region: 'us-east-1' }).config.sha256,
      });
      const body = '[{"labels":{}}]';
      const { headers } = await signer.sign({
        method: 'POST',
        protocol,
        hostname,
        port: Number(port),
        path: '/api/v2/alerts',
        headers: { host, 'content-type': 'application/json' },
        body,
      });
      return fetch(`${url.address}/api/v2/alerts`, { method: 'POST', headers, body });
    }

    itOrSkip(missing, 'answers what is signed for Lambda', async () => {
      const response = await post('lambda');
      expect(response.status).toBe(202);
      expect(await response.json()).toEqual({ path: '/api/v2/alerts', by: 'POST' });
    });

    itOrSkip(missing, 'refuses a signature for another service, by another secret, and none', async () => {
      const answers = await Promise.all([post('aps'), post('lambda', 'other'), fetch(url.address, { method: 'POST' })]);
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
      expect(lambda.reports).toEqual([]);
    });
  });
});
