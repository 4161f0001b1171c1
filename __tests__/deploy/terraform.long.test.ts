import { existsSync } from 'node:fs';
import path from 'node:path';
import { AwsProvider } from '#aws/provider';
import { SsmParameter } from '#aws/ssm-parameter';
import { TerraformStack } from '#cdk';
import { resolveConfig } from '../../src/config/resolve';
import { findTerraform } from '../../src/deploy/binary';
import { TerraformFailed } from '../../src/deploy/errors';
import { placeOf } from '../../src/deploy/place';
import { applyPlan, makePlan } from '../../src/deploy/plan';
import { Terraform } from '../../src/deploy/terraform';
import { addBackend } from '../../src/infra/backend';
import { writeStack } from '../../src/infra/synth';
import { type Moto, missingMoto, startMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { cliConfig, missingTerraform } from '../support/terraform';
import { JOBS } from '../workflows/workflow';
import { Workplace } from './workplace';

/** The commands with the real Terraform and provider, against moto. */

const missing = missingTerraform() ?? missingMoto();
const PULL_REQUEST = JOBS.find(({ at }) => at === 'plan/plan')?.job.env as NodeJS.ProcessEnv | undefined;
/** Most of it is the provider waiting until S3 surely knows a lifecycle rule. */
const SLOW = 300_000;
const KEY = 'k3s-autoscaler/test/terraform.tfstate';

let moto: Moto;
let work: Workplace;
beforeAll(async () => {
  if (missing !== undefined) return;
  moto = await startMoto();
}, 60_000);
afterAll(() => moto?.stop());
beforeEach(() => {
  work = new Workplace();
  if (missing !== undefined) return;
  work.env = {
    TF_CLI_CONFIG_FILE: cliConfig(work.folder),
    // An address, no name: then the provider and the backend put the bucket into the path, as moto wants it.
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
});
afterEach(() => work.remove());

const inS3 = (bucket: string, key = ''): string => `${moto.endpoint}/${bucket}/${key}`;

async function put(url: string, body = ''): Promise<void> {
  const response = await fetch(url, { method: 'PUT', body });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

describe('bootstrap', () => {
  itOrSkip(
    missing,
    'makes the bucket with its own state in it, and plans nothing when it runs again',
    async () => {
      const bootstrap = ['bootstrap', '--bucket', 'acme-state', '--yes', '--json'];
      // WHEN there is no bucket
      const first = await work.run([...bootstrap, '--github', 'acme/cluster']);
      // THEN
      expect(first).toMatchObject({ code: 0 });
      expect(JSON.parse(first.out)).toMatchObject({
        changes: { change: 0, destroy: 0 },
        roles: {
          pullRequest: 'arn:aws:iam::123456789012:role/github-k3s-autoscaler-pull-request',
          plan: 'arn:aws:iam::123456789012:role/github-k3s-autoscaler-plan',
          deploy: 'arn:aws:iam::123456789012:role/github-k3s-autoscaler-deploy',
        },
      });
      const saved = moto
        .requests()
        .find(({ method, url }) => method === 'PUT' && url.includes('k3s-autoscaler/bootstrap/terraform.tfstate?'));
      expect(saved?.body).toContain('"aws_s3_bucket"');
      expect(existsSync(path.join(work.beside, 'terraform.bootstrap.tfstate'))).toBe(false);

      // WHEN it runs again, on a machine that knows nothing, and without the words about GitHub
      const elsewhere = new Workplace();
      elsewhere.env = work.env;
      const again = await elsewhere.run(bootstrap);
      elsewhere.remove();
      // THEN
      expect(again).toMatchObject({ code: 0 });
      expect(JSON.parse(again.out)).toMatchObject({
        changes: { add: 0, change: 0, destroy: 0 },
        github: { repository: 'acme/cluster', environments: ['prod'] },
      });
      expect(again.err).toContain('No changes.');
    },
    SLOW,
  );

  itOrSkip(
    missing,
    'leaves a bucket alone that it did not make',
    async () => {
      await put(inS3('somebodys-bucket'));
      const { code, err } = await work.run(['bootstrap', '--bucket', 'somebodys-bucket', '--yes']);
      expect(code).toBe(1);
      expect(err).toContain('this command has not made it');
    },
    SLOW,
  );
});

describe('a state in S3', () => {
  /** A stage of one parameter: what matters is where its state goes. */
  async function smallStage(more: NodeJS.ProcessEnv = {}): Promise<Terraform> {
    const config = resolveConfig({ terraform: { stateBucket: 'locks' } }, 'x');
    const directory = writeStack('small', path.join(work.beside, 'cdktf.out'), (app) => {
      const stack = new TerraformStack(app, 'small');
      addBackend(stack, { stage: 'test', config });
      new AwsProvider(stack, 'aws', { region: config.region });
      new SsmParameter(stack, 'parameter', { name: '/small', type: 'String', value: 'x' });
    });
    const env = { ...process.env, ...work.env, ...more } as NodeJS.ProcessEnv;
    const voice = { say: () => {}, color: false };
    return new Terraform(await findTerraform(env), placeOf('test', directory), voice, env);
  }

  itOrSkip(
    missing,
    'is locked by a file beside it while it is changed, and a lock that is held is respected',
    async () => {
      // GIVEN
      await put(inS3('locks'));
      const terraform = await smallStage();
      await terraform.init();
      // WHEN
      const plan = await makePlan(terraform);
      await applyPlan(terraform, plan.file);
      // THEN
      const requests = moto.requests().filter(({ url }) => url.includes(KEY));
      const locks = requests.filter(({ url }) => url.includes('.tflock'));
      expect(locks.map(({ method }) => method)).toEqual(expect.arrayContaining(['PUT', 'DELETE']));
      expect(requests.filter(({ method }) => method === 'PUT').length).toBeGreaterThan(
        locks.filter(({ method }) => method === 'PUT').length,
      );
      expect((await makePlan(terraform)).changesAnything).toBe(false);

      // WHEN somebody else holds the lock
      const lock = { ID: 'x', Operation: 'OperationTypeApply', Who: 'ana@laptop', Created: '2026-01-05T00:00:00Z' };
      await put(inS3('locks', `${KEY}.tflock`), JSON.stringify(lock));
      // THEN
      await expect(makePlan(terraform)).rejects.toThrow(TerraformFailed);

      // WHEN it is planned as the workflow of pull requests does
      const [before, name] = [moto.requests().length, 'TF_CLI_ARGS_plan'];
      const reader = await smallStage({ [name]: PULL_REQUEST?.[name] });
      await reader.init();
      // THEN the lock is of no concern, and the state is read and nothing else: the role may do no more
      expect((await makePlan(reader)).changesAnything).toBe(false);
      const asked = moto.requests().slice(before);
      const others = asked.filter(({ method, url }) => !(/^(GET|HEAD)$/.test(method) && url.includes('/locks')));
      expect(others.filter(({ body }) => !body.includes('Action=GetCallerIdentity'))).toEqual([]);
    },
    SLOW,
  );
});

describe('plan and deploy', () => {
  itOrSkip(
    missing,
    'plan the whole stage, and take a saved plan for its own stage alone',
    async () => {
      // WHEN
      const file = path.join(work.folder, 'test.tfplan');
      const planned = await work.run(['plan', '--stage', 'test', '--out', file, '--json']);
      // THEN
      expect(planned).toMatchObject({ code: 0 });
      const { stage, changes, resources } = JSON.parse(planned.out);
      expect(stage).toBe('test');
      expect(changes).toEqual({
        add: resources.length,
        change: 0,
        destroy: 0,
        replace: 0,
        forget: 0,
        import: 0,
        move: 0,
      });
      expect(resources).toContainEqual({ address: 'aws_instance.server', type: 'aws_instance', action: 'add' });

      // WHEN
      const other = await work.run(['deploy', '--stage', 'other', '--plan', file]);
      // THEN
      expect(other.code).toBe(2);
      expect(other.err).toContain('must be a plan of stage other, and is of test');
    },
    SLOW,
  );
});
