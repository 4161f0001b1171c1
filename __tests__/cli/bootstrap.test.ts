import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { planJson, StubTerraform } from '../deploy/stub-terraform';

jest.setTimeout(60_000);

let stub: StubTerraform;
let localState: string;
beforeEach(() => {
  stub = new StubTerraform();
  localState = path.join(stub.beside, 'terraform.bootstrap.tfstate');
});
afterEach(() => stub.remove());

const NO_BUCKET = { code: 1, err: 'Error: operation error S3: ListObjectsV2, StatusCode: 404, NoSuchBucket: \n' };
const outputs = (values: Record<string, string>) => ({
  out: JSON.stringify(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))),
});
const OURS = outputs({ 'state-bucket': 'acme-state' });
const SOMETHING = { plan: { code: 2 }, show: { out: planJson('', [['aws_s3_bucket.state', ['create']]]) } };
const BOOTSTRAP = ['bootstrap', '--bucket', 'acme-state', '--yes'];

const halfMade = (bucket: string) =>
  JSON.stringify({ resources: [{ type: 'aws_s3_bucket', instances: [{ attributes: { bucket } }] }] });

/** The stack as it was synthesized last. */
const stack = (): { terraform: { backend: Record<string, unknown> }; resource: Record<string, unknown> } =>
  JSON.parse(readFileSync(path.join(stub.beside, 'cdktf.out/stacks/k3s-autoscaler-bootstrap/cdk.tf.json'), 'utf8'));

describe('the first run', () => {
  it('makes the bucket with its state in a file, and moves the state into the bucket', async () => {
    // GIVEN no bucket, and an apply that leaves a local state
    const apply = { writes: { file: localState, text: halfMade('acme-state') } };
    stub.answer({ init: [NO_BUCKET, {}], ...SOMETHING, apply, output: OURS });
    // WHEN
    const { code, out } = await stub.here([...BOOTSTRAP, '--json']);
    // THEN
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      bucket: 'acme-state',
      region: 'us-east-1',
      changes: { add: 1 },
      roles: null,
      configLine: "terraform: { stateBucket: 'acme-state' },",
    });
    expect(stub.commands()).toEqual(['init', 'init', 'plan', 'show', 'apply', 'init', 'state', 'output']);
    expect(stub.call('state')?.args).toEqual(['state', 'push', localState, '-no-color']);
    expect(stack().terraform.backend).toEqual({
      s3: {
        bucket: 'acme-state',
        key: 'k3s-autoscaler/bootstrap/terraform.tfstate',
        region: 'us-east-1',
        encrypt: true,
        use_lockfile: true,
      },
    });
    expect(existsSync(localState)).toBe(false);
  });

  it('goes on where it was cut short, by the file it left', async () => {
    // GIVEN a bucket that was made, and a state that did not get into it
    writeFileSync(localState, halfMade('acme-state'));
    stub.answer({ output: OURS });
    // WHEN
    const { code } = await stub.here(BOOTSTRAP);
    // THEN nothing was left to apply, and the state is moved
    expect(code).toBe(0);
    expect(stub.commands()).toEqual(['init', 'plan', 'show', 'init', 'state', 'output']);
  });

  it('does not go on with another bucket than it began with', async () => {
    writeFileSync(localState, halfMade('acme-other'));
    const { code, err } = await stub.here(BOOTSTRAP);
    expect(code).toBe(2);
    expect(err).toMatch(/an earlier run began to make acme-other.*\n +fix: .*--bucket acme-other/);
    expect(stub.commands()).toEqual([]);
  });
});

describe('a later run', () => {
  it('finds its state in the bucket, changes nothing, and says what to write where', async () => {
    stub.answer({ output: OURS });
    const { code, out } = await stub.here(BOOTSTRAP);
    expect(code).toBe(0);
    expect(out).toMatch(/autoscaler\.config\.ts:\n {2}terraform: \{ stateBucket: 'acme-state' \},\n$/);
    expect(stub.commands()).not.toContain('apply');
    expect(stub.commands()).not.toContain('state');
  });

  it('keeps the roles that an earlier one made, and takes them away only when it is told to', async () => {
    // GIVEN a state that remembers GitHub
    const github = JSON.stringify({ repository: 'acme/cluster', environments: ['prod'], provider: 'own' });
    stub.answer({ output: outputs({ 'state-bucket': 'acme-state', github }) });
    // WHEN
    await stub.here(BOOTSTRAP);
    // THEN
    expect(Object.keys(stack().resource.aws_iam_role ?? {})).toHaveLength(3);
    // WHEN
    await stub.here([...BOOTSTRAP, '--no-github']);
    // THEN
    expect(stack().resource.aws_iam_role).toBeUndefined();
  });
});

describe('a bucket that cannot be used is one readable message and exit 1', () => {
  const s3 = (status: number) => ({
    code: 1,
    err: `Error: operation error S3: ListObjectsV2, https response error StatusCode: ${status}, RequestID: x\n`,
  });

  it.each([
    ['is of somebody else', s3(403), /exists, and these credentials may not list it/],
    ['is in another region', s3(301), /exists in another region/],
    [
      'cannot be asked for without credentials',
      { code: 1, err: 'Error: No valid credential sources found\nEC2 IMDS, StatusCode: 403\n' },
      /No valid credential sources found/,
    ],
    ['was not made by this command', {}, /this command has not made it/],
  ])('because it %s', async (_what, init, message) => {
    stub.answer({ init });
    const { code, out, err } = await stub.here(BOOTSTRAP);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
    expect(err).toMatch(/^S3: bucket\n +value: "acme-state"/);
    expect(err).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(stub.commands()).not.toContain('plan');
  });
});

it("takes region and protected stages from the configuration, where nothing else names GitHub's environments", async () => {
  // GIVEN
  const config = stub.config("region: 'eu-west-1', zones: ['eu-west-1a'], stages: { protected: ['live'] },");
  mkdirSync(path.join(stub.beside, 'cdktf.out'), { recursive: true });
  stub.answer({ output: OURS });
  // WHEN
  const { code, out } = await stub.here([...BOOTSTRAP, '--config', config, '--github', 'acme@1/cluster@2']);
  // THEN
  expect(code).toBe(0);
  expect(out).toContain('acme@1/cluster@2: pull requests may plan; live may deploy');
  expect(JSON.stringify(stack())).toContain('repo:acme@1/cluster@2:environment:live');
  expect(stack().terraform.backend).toMatchObject({ s3: { region: 'eu-west-1' } });
});
