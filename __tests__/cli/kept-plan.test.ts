import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { resolveConfig } from '../../src/config/resolve';
import { keepPlan } from '../../src/deploy/kept-plans';
import { MadeBucket } from '../deploy/made-bucket';
import { planJson, StubTerraform } from '../deploy/stub-terraform';

jest.setTimeout(60_000);

const PLAN = 'PK: a plan';
const SUM = createHash('sha256').update(PLAN).digest('hex');
const KEY = `/acme-state/k3s-autoscaler-plans/test/${SUM}.tfplan`;

let stub: StubTerraform;
let bucket: MadeBucket;
let flags: string[];
beforeEach(async () => {
  bucket = await MadeBucket.start();
  stub = new StubTerraform();
  Object.assign(stub.env, {
    AWS_ENDPOINT_URL_S3: bucket.endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  stub.answer({ show: { out: planJson('test', [['aws_sns_topic.a', ['create']]]) } });
  flags = ['--stage', 'test', '--config', stub.config("terraform: { stateBucket: 'acme-state' },")];
});
afterEach(async () => {
  stub.remove();
  await bucket.stop();
});

const keep = (file = path.join(stub.folder, 'stage.tfplan')) => {
  writeFileSync(file, PLAN);
  return stub.here(['keep-plan', ...flags, '--plan', file]);
};
const kept = path.join('.terraform/test/kept.tfplan');

describe('a plan that is kept', () => {
  it('lies beside the states by its sum, and a deploy applies just that', async () => {
    // WHEN
    const { code, out } = await keep();
    // THEN the line is one of GITHUB_OUTPUT
    expect({ code, out }).toEqual({ code: 0, out: `plan=${SUM}\n` });
    expect(bucket.requests).toEqual([{ method: 'PUT', path: KEY, signed: true }]);
    // WHEN
    const deployed = await stub.here(['deploy', ...flags, '--kept', SUM]);
    // THEN
    expect(deployed.code).toBe(0);
    expect(stub.commands().slice(-4)).toEqual(['init', 'show', 'apply', 'output']);
    expect(stub.call('apply')?.args.at(-2)).toBe(path.join(stub.beside, kept));
    // AND nothing of it stays
    expect(existsSync(path.join(stub.beside, kept))).toBe(false);
  });

  it.each([
    ['us-gov-west-1', 's3.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 's3.cn-north-1.amazonaws.com.cn'],
  ])('lies in %s at the host of its partition', async (region, host) => {
    // GIVEN
    const file = path.join(stub.folder, 'stage.tfplan');
    writeFileSync(file, PLAN);
    const config = resolveConfig({ terraform: { stateBucket: 'acme-state' } }, 'the test');
    const owner = { stage: 'test', config: { ...config, region }, source: 'the test', env: {} };
    const asked = jest.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response());
    const { env } = process;
    process.env = { ...env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    // WHEN
    try {
      await keepPlan(owner, file);
      // THEN
      expect(String(asked.mock.calls[0]?.[0])).toBe(`https://${host}${KEY}`);
    } finally {
      process.env = env;
      asked.mockRestore();
    }
  });

  it('is none where the plan changes nothing, so that nobody is asked for a review', async () => {
    stub.answer({ show: { out: planJson('test', []) } });
    expect(await keep()).toMatchObject({ code: 0, out: 'plan=\n' });
    expect(bucket.requests).toEqual([]);
  });

  it('is none that the deploy would refuse: it is refused in the same words, before anybody is asked', async () => {
    stub.answer({ show: { out: planJson('test', [['aws_dynamodb_table.state_table_1', ['delete', 'create']]]) } });
    // WHEN
    const { code, out, err } = await keep();
    // THEN
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/the plan: aws_dynamodb_table\.state_table_1\n.*replace.*\n.*open launches and removals/);
    expect(bucket.requests).toEqual([]);
    // AND the deploy says the same
    bucket.objects.set(KEY, Buffer.from(PLAN));
    const deployed = await stub.here(['deploy', ...flags, '--kept', SUM]);
    expect(deployed.err.slice(deployed.err.indexOf('the plan:'))).toBe(err.slice(err.indexOf('the plan:')));
  });

  it('is kept where it only moves an address, which a deploy has to write down', async () => {
    const moved = { address: 'a.b', previous_address: 'a.c', type: 'a', change: { actions: ['no-op'] } };
    stub.answer({ show: { out: JSON.stringify({ ...JSON.parse(planJson('test', [])), resource_changes: [moved] }) } });
    expect(await keep()).toMatchObject({ code: 0, out: `plan=${SUM}\n` });
  });

  it('is not applied when another was put in its place', async () => {
    bucket.objects.set(KEY, Buffer.from('PK: another'));
    const { code, err } = await stub.here(['deploy', ...flags, '--kept', SUM]);
    expect(code).toBe(1);
    expect(err).toContain('it is not the plan that was reviewed');
    expect(stub.commands()).toEqual(['init']);
  });

  it('is not applied for another stage', async () => {
    await keep();
    stub.answer({ show: { out: planJson('other', []) } });
    const { code, err } = await stub.here(['deploy', ...flags, '--kept', SUM]);
    expect(code).toBe(2);
    expect(err).toMatch(/command line: --kept\n.*\n.*must be a plan of stage test, and is of other/);
    expect(stub.commands()).not.toContain('apply');
  });

  it('is missed with a word about how long it is kept', async () => {
    const { code, err } = await stub.here(['deploy', ...flags, '--kept', SUM]);
    expect(code).toBe(1);
    expect(err).toContain('a plan is kept for a week');
  });

  it('is out of reach without the right, which is named', async () => {
    bucket.refuses = 'AccessDenied';
    const { code, err } = await keep();
    expect(code).toBe(1);
    expect(err).toContain(`your credentials must allow s3:PutObject on ${KEY.slice(1)}`);
    expect(err).not.toMatch(/^\s+at .*:\d+:\d+/m);
  });
});

describe('refused is', () => {
  it('a plan without a bucket to keep it in', async () => {
    flags = ['--stage', 'test', '--config', stub.config('')];
    const { code, err } = await keep();
    expect(code).toBe(2);
    expect(err).toContain('terraform.stateBucket');
  });

  it.each([
    [['--kept', 'latest'], 'must be the sum of a plan'],
    [['--kept', SUM, '--plan', 'x'], '--plan and --kept exclude each other'],
    [['--kept', SUM, '--replace', 'server'], '--kept and --replace exclude each other'],
  ])('deploy %j', async (more, said) => {
    const { code, err } = await stub.here(['deploy', ...flags, ...more]);
    expect(code).toBe(2);
    expect(err).toContain(said);
  });
});
