import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { planJson, StubTerraform } from '../deploy/stub-terraform';

jest.setTimeout(60_000);

let stub: StubTerraform;
beforeEach(() => {
  stub = new StubTerraform();
});
afterEach(() => stub.remove());

const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);

describe('plan', () => {
  it('synthesizes, initializes and plans, with all of Terraform on stderr and the result on stdout', async () => {
    // GIVEN a plan that replaces the server and makes a bucket
    stub.answer({
      init: { out: 'Initializing\n' },
      plan: { code: 2, out: 'Plan: 2 to add\n' },
      show: {
        out: planJson('test', [
          ['aws_s3_bucket.files', ['create']],
          ['aws_instance.server', ['delete', 'create'], 'replace_by_request'],
          ['aws_vpc.vpc', ['no-op']],
        ]),
      },
    });
    // WHEN
    const { code, out, err } = await stub.run(['plan', '--stage', 'test', '--json', '--replace', 'server']);
    // THEN
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      stage: 'test',
      changes: { add: 2, change: 0, destroy: 1, replace: 1, forget: 0, import: 0, move: 0 },
      planFile: null,
      refused: [],
      resources: [
        { address: 'aws_instance.server', type: 'aws_instance', action: 'replace', reason: 'replace_by_request' },
        { address: 'aws_s3_bucket.files', type: 'aws_s3_bucket', action: 'add' },
      ],
    });
    expect(err).toContain('Initializing\nPlan: 2 to add\n');
    expect(stub.commands()).toEqual(['init', 'plan', 'show']);
    expect(stub.call('plan')?.args).toContain('-replace=aws_instance.server');
    // AND what was only to be seen is not kept
    expect(existsSync(path.join(stub.beside, '.terraform/test/plan.tfplan'))).toBe(false);
  });

  it('asks nothing, phones nobody, and keeps data and lock file beside cdktf.out, by stage', async () => {
    // GIVEN a workspace left in the shell and a configuration of the user's for Terraform
    stub.env.TF_WORKSPACE = 'other';
    stub.env.TF_CLI_CONFIG_FILE = '/their/terraform.rc';
    // WHEN
    await stub.here(['plan', '--stage', 'test']);
    // THEN
    expect(stub.call('plan')).toMatchObject({
      chdir: path.join(stub.beside, 'cdktf.out/stacks/k3s-autoscaler-test'),
      env: {
        TF_DATA_DIR: path.join(stub.beside, '.terraform/test'),
        TF_INPUT: '0',
        TF_IN_AUTOMATION: '1',
        CHECKPOINT_DISABLE: '1',
        TF_CLI_CONFIG_FILE: '/their/terraform.rc',
      },
    });
    expect(stub.call('plan')?.env).not.toHaveProperty('TF_WORKSPACE');
    expect(stub.call('init')?.args).toEqual(['init', '-input=false', '-no-color']);
    expect(readFileSync(path.join(stub.beside, '.terraform.lock.hcl'), 'utf8')).toBe('# locked');
  });

  it('says what a deploy of it will refuse', async () => {
    stub.answer({
      plan: { code: 2 },
      show: { out: planJson('test', [['aws_vpc.network_vpc', ['delete', 'create']]]) },
    });
    const words = await stub.here(['plan', '--stage', 'test']);
    expect(words.code).toBe(0);
    expect(words.out).toMatch(/deploy will refuse to replace aws_vpc\.network_vpc\n +rule: .*\n +fix: .*vpcCidr/);
    const { out } = await stub.here(['plan', '--stage', 'test', '--json']);
    expect(JSON.parse(out)).toMatchObject({ refused: [{ address: 'aws_vpc.network_vpc', action: 'replace' }] });
  });

  it('saves the plan where --out says, relative to the working directory', async () => {
    const file = path.join(stub.folder, 'saved.tfplan');
    const { code, out } = await stub.here(['plan', '--stage', 'test', '--out', path.relative('', file)]);
    expect(code).toBe(0);
    expect(out).toContain('test: 0 to add, 0 to change, 0 to destroy\n');
    expect(readFileSync(file, 'utf8')).toBe('a plan');
    expect(stub.call('plan')?.args).toContain(`-out=${file}`);
  });

  it('is exit 1 when Terraform fails, whatever its code, and tells how to run it by hand', async () => {
    stub.answer({ plan: { code: 11, err: 'Error: no credentials\n' } });
    const { code, out, err } = await stub.run(['plan', '--stage', 'test']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('Error: no credentials\nterraform plan failed with exit code 11. To run it by hand:\n');
    expect(err).toMatch(/TF_DATA_DIR=\S+\/\.terraform\/test terraform -chdir=\S+k3s-autoscaler-test plan/);
    noStack(err);
  });

  it('takes the state out of the bucket that the configuration names', async () => {
    // GIVEN
    const config = stub.config("terraform: { stateBucket: 'acme-state' },");
    // WHEN in CI
    stub.env.CI = 'true';
    const { code } = await stub.here(['plan', '--stage', 'test', '--config', config]);
    // THEN
    expect(code).toBe(0);
    const stack = readFileSync(path.join(stub.call('plan')?.chdir ?? '', 'cdk.tf.json'), 'utf8');
    expect(JSON.parse(stack)).toMatchObject({
      terraform: { backend: { s3: { bucket: 'acme-state', key: 'k3s-autoscaler/test/terraform.tfstate' } } },
    });
  });
});

describe('deploy', () => {
  it('plans, applies that very plan, and prints the outputs, but none that is sensitive', async () => {
    // GIVEN
    stub.answer({
      plan: { code: 2 },
      show: { out: planJson('test', [['aws_vpc.vpc', ['create']]]) },
      output: {
        out: JSON.stringify({ table: { value: 't', sensitive: false }, token: { value: 's', sensitive: true } }),
      },
    });
    // WHEN
    const { code, out } = await stub.here(['deploy', '--stage', 'test', '--yes']);
    // THEN
    expect({ code, out }).toEqual({
      code: 0,
      out: 'test: deployed; there was 1 to add, 0 to change, 0 to destroy\n  table = t\n',
    });
    const file = stub
      .call('plan')
      ?.args.find((arg) => arg.startsWith('-out='))
      ?.slice('-out='.length);
    expect(stub.call('apply')?.args).toEqual(['apply', '-input=false', file, '-no-color']);
  });

  it('applies nothing when the plan is empty, and still prints the outputs', async () => {
    stub.answer({ output: { out: JSON.stringify({ table: { value: 't', sensitive: false } }) } });
    const { code, out } = await stub.here(['deploy', '--stage', 'test', '--yes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      stage: 'test',
      applied: false,
      changes: { add: 0, change: 0, destroy: 0, replace: 0, forget: 0, import: 0, move: 0 },
      outputs: { table: 't' },
    });
    expect(stub.commands()).not.toContain('apply');
  });

  it('applies a saved plan without planning anew and without --yes', async () => {
    const file = path.join(stub.folder, 'reviewed.tfplan');
    writeFileSync(file, 'reviewed');
    const { code } = await stub.here(['deploy', '--stage', 'test', '--plan', file]);
    expect(code).toBe(0);
    expect(stub.commands()).toEqual(['init', 'show', 'apply', 'output']);
    expect(stub.call('apply')?.args).toContain(file);
  });

  it('refuses a saved plan of another stage', async () => {
    const file = path.join(stub.folder, 'prod.tfplan');
    writeFileSync(file, 'reviewed');
    stub.answer({ show: { out: planJson('prod', []) } });
    const { code, err } = await stub.here(['deploy', '--stage', 'test', '--plan', file]);
    expect(code).toBe(2);
    expect(err).toContain('must be a plan of stage test, and is of prod');
    expect(stub.commands()).not.toContain('apply');
  });

  const moved = planJson('test', [
    ['aws_ebs_volume.server_data', ['delete', 'create']],
    ['aws_instance.server', ['delete', 'create']],
    ['aws_lambda_function.autoscaler_function', ['update']],
  ]);

  it('refuses a plan that loses the data volume and replaces the server, and asks nobody', async () => {
    stub.answer({ plan: { code: 2 }, show: { out: moved } });
    const { code, out, err } = await stub.here(['deploy', '--stage', 'test', '--yes']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      /the plan: aws_ebs_volume\.server_data\n +value: "replace"\n +rule: .*K3s' data.*aws_instance\.server\n +fix: .*zones/,
    );
    expect(stub.commands()).not.toContain('apply');
  });

  it('refuses such a plan also where it was saved and reviewed', async () => {
    const file = path.join(stub.folder, 'reviewed.tfplan');
    writeFileSync(file, 'reviewed');
    stub.answer({ show: { out: moved } });
    expect(await stub.here(['deploy', '--stage', 'test', '--plan', file])).toMatchObject({ code: 2 });
    expect(stub.commands()).not.toContain('apply');
  });

  it('replaces the server where somebody asks for it', async () => {
    const replaced = planJson('test', [['aws_instance.server', ['delete', 'create'], 'replace_by_request']]);
    stub.answer({ plan: { code: 2 }, show: { out: replaced } });
    expect(await stub.here(['deploy', '--stage', 'test', '--yes', '--replace', 'server'])).toMatchObject({ code: 0 });
    expect(stub.commands()).toContain('apply');
  });

  it('is exit 1 when the apply fails', async () => {
    stub.answer({ plan: { code: 2 }, apply: { code: 1, err: 'Error: quota\n' } });
    const { code, out, err } = await stub.run(['deploy', '--stage', 'test', '--yes']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('Error: quota\nterraform apply failed with exit code 1');
  });

  it('lets an apply save its state at Ctrl-C, of which it hears from us alone', async () => {
    // GIVEN an apply that goes on
    stub.answer({ plan: { code: 2 }, apply: { hangs: true } });
    const done = new Set<string>();
    const once = (what: string, action: () => void) => {
      if (done.has(what)) return;
      done.add(what);
      action();
    };
    // WHEN the terminal signals launcher and command: that its size changed, and Ctrl-C, twice
    const { code, err } = await stub.run(['deploy', '--stage', 'test', '--yes'], (err, toGroup) => {
      const pid = /hanging as (\d+)/.exec(err)?.[1];
      if (pid === undefined) return;
      once('first', () => {
        toGroup('SIGWINCH');
        toGroup('SIGINT');
      });
      if (!err.includes('Interrupted: waiting') || !err.includes('got SIGINT')) return;
      once('second', () => {
        toGroup('SIGINT');
        process.kill(Number(pid), 'SIGUSR1');
      });
    });
    // THEN what the terminal sent to the group went past it
    expect(code).toBe(130);
    expect(stub.calls().flatMap(({ signal }) => signal ?? [])).toEqual(['SIGINT']);
    expect(err).toContain('Interrupted; terraform has stopped.');
  });

  it('moves the state of a first try into the bucket when it is told to, and not before', async () => {
    // GIVEN a stage with a local state, and now a bucket
    const state = path.join(stub.beside, 'terraform.test.tfstate');
    writeFileSync(state, JSON.stringify({ resources: [{ type: 'aws_vpc' }] }));
    const config = stub.config("terraform: { stateBucket: 'acme-state' },");
    const deploy = ['deploy', '--stage', 'test', '--yes', '--config', config];
    // WHEN
    const refused = await stub.here(deploy);
    // THEN
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('the state of stage test is still in');
    expect(stub.commands()).toEqual([]);
    // WHEN
    const moved = await stub.here([...deploy, '--move-state']);
    // THEN
    expect(moved.code).toBe(0);
    expect(stub.commands()).toEqual(['init', 'state', 'plan', 'show', 'output']);
    expect(stub.call('state')?.args).toEqual(['state', 'push', state, '-no-color']);
    expect(existsSync(state)).toBe(false);
    expect(existsSync(`${state}.moved`)).toBe(true);
  });
});

describe('destroy', () => {
  it('plans the destruction and applies it', async () => {
    stub.answer({ plan: { code: 2 }, show: { out: planJson('test', [['aws_vpc.vpc', ['delete']]]) } });
    const { code, out } = await stub.here(['destroy', '--stage', 'test', '--yes']);
    expect({ code, out }).toEqual({ code: 0, out: 'test: destroyed; resources: 1\n' });
    expect(stub.call('plan')?.args).toContain('-destroy');
    expect(stub.commands()).toContain('apply');
  });

  it('tells by --json whether anything was destroyed', async () => {
    const empty = await stub.here(['destroy', '--stage', 'test', '--yes', '--json']);
    expect(JSON.parse(empty.out)).toMatchObject({ applied: false });
    stub.answer({ plan: { code: 2 }, show: { out: planJson('test', [['aws_vpc.vpc', ['delete']]]) } });
    const done = await stub.here(['destroy', '--stage', 'test', '--yes', '--json']);
    expect(JSON.parse(done.out)).toMatchObject({ applied: true });
  });

  it('names the file that it has read in what it refuses', async () => {
    const file = stub.config("stages: { protected: ['mine'] },");
    const { err } = await stub.here(['destroy', '--stage', 'mine', '--yes', '--config', file]);
    expect(err).toContain(`${path.relative('', file)}: stages.protected`);
  });

  it('refuses a protected stage by exit 2, with what, where, rule and fix, before Terraform is asked', async () => {
    const { code, out, err } = await stub.here(['destroy', '--stage', 'prod', '--yes']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      /autoscaler\.config\.ts: stages\.protected\n +value: \["prod"\]\n +rule: .*prod is protected.*\n +fix: .*'prod'/,
    );
    expect(stub.calls()).toEqual([]);
  });

  it("passes Terraform's words on when the function cannot retire the cluster now", async () => {
    stub.answer({ plan: { code: 2 }, apply: { code: 1, err: 'Error: a tick holds the lease; try again in 90 s\n' } });
    const { code, err } = await stub.run(['destroy', '--stage', 'test', '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('a tick holds the lease; try again in 90 s');
  });
});
