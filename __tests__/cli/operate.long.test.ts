import { spawn } from 'node:child_process';
import path from 'node:path';
import { type Loopback, loopback, type Received, type Reply } from '../adapters/loopback';

/** The commands as npm scripts start them, against a stand-in of Lambda and DynamoDB. */
jest.setTimeout(60_000);

const ROOT = path.resolve(__dirname, '../..');

let aws: Loopback;
let reply: (request: Received) => Reply;
beforeAll(async () => {
  aws = await loopback((request) => reply(request));
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.requests.length = 0;
  reply = () => ({ body: {} });
});

function start(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts'), ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL_LAMBDA: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: aws.url,
      AWS_MAX_ATTEMPTS: '1',
      ...env,
    },
  });
  const ended = { code: null as number | null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ended.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ended.err += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code })));
}

const dynamoError = (type: string): Reply => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no' },
});
const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);

describe('tick', () => {
  const answer = { decision: { code: 'steady', text: 'Nothing needs to change.' }, actions: ['launched i-1'] };

  it("invokes the stage's function once, signed, and tells its answer", async () => {
    reply = () => ({ body: answer });
    const { code, out } = await start(['tick', '--stage', 'dev-ana']);
    expect(out).toBe('dev-ana: Nothing needs to change.\n  launched i-1\n');
    expect(code).toBe(0);
    expect(aws.requests).toHaveLength(1);
    const [request] = aws.requests;
    expect(request?.url.pathname).toBe('/2015-03-31/functions/k3s-dev-ana-autoscaler/invocations');
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/lambda\/aws4_request, SignedHeaders=[a-z0-9;-]*host/,
    );
    expect(JSON.parse(request?.body ?? '')).toEqual({ action: 'tick' });
  });

  it.each<[string[], unknown]>([
    [['--dry-run'], { action: 'dryRun' }],
    [['--dry-run', '--pod', 'default/web'], { action: 'explain', pod: 'default/web' }],
    [['--dry-run', '--node', 'worker-i-1'], { action: 'explain', node: 'worker-i-1' }],
  ])('%j asks the function for %j, and --json tells the whole answer', async (flags, event) => {
    reply = () => ({ body: answer });
    const { code, out } = await start(['tick', '--stage', 'dev-ana', '--json', ...flags]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(answer);
    expect(JSON.parse(aws.requests[0]?.body ?? '')).toEqual(event);
  });

  it('says in words what a dry run would do', async () => {
    const intents = [
      { kind: 'launch', pool: 'burst', count: 2 },
      { kind: 'remove', node: 'worker-i-1' },
    ];
    reply = () => ({ body: { decision: answer.decision, plan: { intents } } });
    const { out } = await start(['tick', '--stage', 'dev-ana', '--dry-run']);
    expect(out).toContain('  would launch 2 × burst\n  would remove worker-i-1\n');
  });

  it.each<[string, Reply, RegExp]>([
    [
      'a function that failed',
      {
        headers: { 'x-amz-function-error': 'Unhandled' },
        body: { errorType: 'StateItemError', errorMessage: 'bad item' },
      },
      /failed: StateItemError: bad item[\s\S]*\/aws\/lambda\/k3s-dev-ana-autoscaler/,
    ],
    [
      'a stage that is not deployed',
      { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: {} },
      /stage dev-ana must be deployed there[\s\S]*--stage/,
    ],
    [
      'a right that lacks',
      { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException:http://internal' }, body: {} },
      /lambda:InvokeFunction on k3s-dev-ana-autoscaler/,
    ],
    ['a server in trouble', { status: 500, body: { Message: 'oops' } }, /could not be asked: .*500/],
  ])('%s is exit 1, one readable message, and no second try', async (_, failed, message) => {
    reply = () => failed;
    const { code, out, err } = await start(['tick', '--stage', 'dev-ana']);
    expect(err).toMatch(message);
    noStack(err);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(aws.requests).toHaveLength(1);
  });

  it.each<[string[], RegExp]>([
    [['--node', 'worker-i-1'], /--node worker-i-1: .*--dry-run/],
    [['--stage', 'NO'], /must be 2 to 16/],
    [['--bogus'], /unknown option/],
  ])('%j is exit 2, and nobody is asked', async (flags, message) => {
    const { code, err } = await start(['tick', ...flags]);
    expect(err).toMatch(message);
    noStack(err);
    expect(code).toBe(2);
    expect(aws.requests).toEqual([]);
  });
});

describe.each([
  ['pause', true],
  ['resume', false],
])('%s', (command, paused) => {
  it("writes the switch into the stage's item, and nothing else", async () => {
    const { code, out } = await start([command, '--stage', 'dev-ana', '--json']);
    expect(JSON.parse(out)).toEqual({ stage: 'dev-ana', cluster: 'k3s-dev-ana', paused });
    expect(code).toBe(0);
    expect(aws.requests).toHaveLength(1);
    expect(JSON.parse(aws.requests[0]?.body ?? '')).toMatchObject({
      TableName: 'k3s-cluster-state-dev-ana',
      Key: { cluster_id: { S: 'k3s-dev-ana' } },
      ReturnValues: 'NONE',
      UpdateExpression: 'SET #paused = :paused',
      ExpressionAttributeNames: { '#paused': 'paused' },
      ExpressionAttributeValues: { ':paused': { BOOL: paused } },
    });
  });

  it.each([
    ['ResourceNotFoundException', /stage dev-ana must be deployed there/],
    ['AccessDeniedException', /dynamodb:UpdateItem on table\/k3s-cluster-state-dev-ana/],
  ])('says of %s what to do', async (type, message) => {
    reply = () => dynamoError(type);
    const { code, out, err } = await start([command, '--stage', 'dev-ana']);
    expect(err).toMatch(message);
    noStack(err);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it('explains itself', async () => {
    const { code, out } = await start([command, '--help']);
    expect(out).toMatch(/Exit codes: 0 done, 1 .*, 2 /);
    expect(code).toBe(0);
  });
});
