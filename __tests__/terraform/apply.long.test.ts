import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CreateVolumeCommand, DeleteVolumeCommand, EC2Client } from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { strFromU8, unzipSync } from 'fflate';
import { lossesIn } from '../../src/deploy/losses';
import { type PlanJson, type Summary, summaryOf } from '../../src/deploy/summary';
import { synthesized } from '../infra/support';
import { type Moto, missingMoto, startMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { missingTerraform } from '../support/terraform';
import { CLUSTER, Workspace } from './harness';
import { inventory } from './inventory';
import { type Dependencies, dependencies, planned, type Step, steps } from './plan';

/**
 * The whole stack in a pretended account: Terraform, the AWS provider and their API calls are real. What moto cannot do:
 * it boots no instance and never runs the function, whose invocations it answers with an echo; no event and no schedule
 * ever fires, IAM allows everything, and nothing takes time to be deleted.
 */

const missing = missingTerraform() ?? missingMoto();
const MINUTE = 60_000;
const QUIET = ['-input=false', '-no-color'];
/** Values that occur nowhere else. */
const SECRETS = {
  '/k3s/join-token/test': 'K10joinsecret6f1b::server:9c2e',
  '/k3s/controller-token/test': 'eyJcontrollersecret7d40',
  '/k3s/ca/test': '-----BEGIN CERTIFICATE-----casecret51ab',
};

describe('the stack in a pretended account', () => {
  let moto: Moto;
  let workspace: Workspace;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    if (missing !== undefined) return;
    moto = await startMoto();
    before = await inventory(moto.endpoint);
    workspace = new Workspace(moto.endpoint, { alarms: { enabled: true, emails: ['ops@example.org'] } });
    workspace.synth();
    await workspace.init();
    await workspace.terraform('apply', '-auto-approve', '-json', ...QUIET);
  }, 6 * MINUTE);

  afterAll(async () => {
    await moto?.stop();
    workspace?.remove();
  });

  const client = () => ({
    region: 'us-east-1',
    endpoint: moto.endpoint,
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' },
  });

  const invocations = () =>
    moto
      .requests()
      .filter(({ url }) => url.includes(`/functions/${CLUSTER}-autoscaler/invocations`))
      .map(({ body }) => JSON.parse(body) as unknown);

  /** What would change if the checkout, the code or the synthesized stack were different. */
  async function plannedWith(different: { files?: string[]; handler?: string; stack?: (text: string) => string }) {
    for (const file of different.files ?? []) appendFileSync(path.join(workspace.checkout, file), '\n# changed\n');
    workspace.synth(different.handler);
    if (different.stack) workspace.write('cdk.tf.json', different.stack(workspace.read('cdk.tf.json')));
    const output = await workspace.terraform('plan', '-json', '-refresh=false', ...QUIET);
    workspace.restore();
    return planned(output);
  }

  itOrSkip(missing, 'is made, all of it', async () => {
    const now = await inventory(moto.endpoint);
    const grown = Object.keys(before).filter((kind) => (now[kind]?.length ?? 0) > (before[kind]?.length ?? 0));
    expect(grown).toEqual(Object.keys(before));
    expect(now.tables).toEqual(['k3s-cluster-history-test', 'k3s-cluster-state-test']);
    expect(now.parameters).toEqual(expect.arrayContaining(Object.keys(SECRETS)));
    expect(now.instances).toHaveLength(2);
  });

  itOrSkip(missing, 'calls the function when it is made, for nothing', () => {
    expect(invocations()).toEqual([{ tf: { action: 'create', prev_input: null } }]);
  });

  const isPlannedEmpty = async () => {
    const { status, stdout } = await workspace.try('plan', '-detailed-exitcode', ...QUIET);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('No changes.') });
  };

  itOrSkip(missing, 'is planned empty the second time', isPlannedEmpty, MINUTE);

  itOrSkip(
    missing,
    'is planned by its state alone where nothing is refreshed, which is all that a pull request may',
    async () => {
      // GIVEN
      const before = moto.requests().length;
      // WHEN
      const changes = await plannedWith({
        handler: 'exports.handler = async () => "second";',
        files: ['k8s/kustomization.yaml', 'userdata/server.sh', 'userdata/bootstrap.sh'],
      });
      // THEN AWS is asked for nothing that takes a right
      expect(changes.length).toBeGreaterThan(4);
      const asked = moto.requests().slice(before);
      expect(asked.filter(({ body }) => !body.includes('Action=GetCallerIdentity'))).toEqual([]);
    },
    MINUTE,
  );

  itOrSkip(
    missing,
    'changes nothing but the function when its code has changed',
    async () => {
      const changes = await plannedWith({ handler: 'exports.handler = async () => "second";' });
      expect(changes).toEqual(['update aws_lambda_function.autoscaler_function']);
    },
    MINUTE,
  );

  itOrSkip(
    missing,
    'changes their objects and the list of sums when a manifest and a script have changed, and no node',
    async () => {
      const changes = await plannedWith({ files: ['k8s/kustomization.yaml', 'userdata/server.sh'] });
      expect(changes).toEqual([
        'update aws_s3_object.files_k8s-kustomization-yaml',
        'update aws_s3_object.files_sums',
        'update aws_s3_object.files_userdata-server-sh',
      ]);
    },
    MINUTE,
  );

  itOrSkip(
    missing,
    'changes the templates when image and bootstrap have changed, for nodes to come, and no node that stands',
    async () => {
      const changes = await plannedWith({
        files: ['userdata/bootstrap.sh'],
        stack: (text) => text.replaceAll('al2023-ami-kernel-default', 'al2023-ami-kernel-6.12'),
      });
      expect(changes).toEqual([
        // May read the image's parameter.
        'update aws_iam_role_policy.autoscaler_role-policy',
        // Names the version of the template that it launches from.
        'update aws_lambda_function.autoscaler_function',
        'update aws_launch_template.base_template',
        'update aws_launch_template.pools_burst',
        'update aws_launch_template.server_template',
      ]);
    },
    MINUTE,
  );

  /** What a deploy of that configuration would do, as our commands read it. */
  async function summaryWith(changed: object): Promise<Summary> {
    workspace.synth(undefined, changed);
    const file = path.join(workspace.folder, 'changed.tfplan');
    await workspace.terraform('plan', `-out=${file}`, '-refresh=false', ...QUIET);
    const summary = summaryOf(JSON.parse(await workspace.terraform('show', '-json', file)) as PlanJson);
    workspace.synth();
    return summary;
  }

  const STANDING = ['aws_instance', 'aws_ebs_volume', 'aws_vpc', 'aws_subnet'];

  itOrSkip(
    missing,
    'is changed without a loss when a zone and a pool are added, the way out is another, the data volume grows and base workers go',
    async () => {
      const { changes, resources } = await summaryWith({
        zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
        network: { functionEgress: 'interface-endpoints' },
        pools: { burst: {}, batch: { instanceTypes: ['c7g.large'] } },
        server: { dataVolumeGib: 40 },
        baseWorkers: { count: 0 },
      });
      expect(lossesIn(resources)).toEqual([]);
      const touched = resources.filter(({ type }) => STANDING.includes(type));
      expect(touched.map(({ action, type }) => `${action} ${type}`).sort()).toEqual([
        'add aws_subnet',
        'add aws_subnet',
        'change aws_ebs_volume',
        'destroy aws_instance',
      ]);
      const added = resources.filter(({ action }) => action === 'add').map(({ type }) => type);
      expect(added).toEqual(expect.arrayContaining(['aws_launch_template', 'aws_vpc_endpoint']));
      expect(changes.destroy).toBeGreaterThan(0);
    },
    MINUTE,
  );

  const refused: [when: string, changed: object, types: string[]][] = [
    ['a zone goes', { zones: ['us-east-1a'] }, ['aws_subnet']],
    ['the first zone is another', { zones: ['us-east-1b', 'us-east-1a'] }, ['aws_ebs_volume', 'aws_instance']],
    ['another stage is the primary one', { stages: { primary: 'test' } }, ['aws_dynamodb_table', 'aws_ssm_parameter']],
    ['the network is another', { vpcCidr: '10.9.0.0/16' }, ['aws_instance', 'aws_subnet', 'aws_vpc']],
  ];
  for (const [when, changed, types] of refused) {
    itOrSkip(
      missing,
      `is refused to be deployed when ${when}`,
      async () => {
        const { resources } = await summaryWith(changed);
        const lost = new Set(lossesIn(resources).map(({ address }) => address.split('.')[0]));
        expect([...lost].sort()).toEqual(types);
      },
      MINUTE,
    );
  }

  itOrSkip(
    missing,
    'takes a volume that was made of a snapshot in the place of the data volume, with a new server, and loses nothing',
    async () => {
      // GIVEN such a volume, and what docs/guide.md does about it, to a copy of the state
      const folder = path.join(workspace.folder, 'restored');
      mkdirSync(folder);
      const state = path.join(folder, 'copy.tfstate');
      copyFileSync(path.join(workspace.folder, 'terraform.test.tfstate'), state);
      const [name] = Object.keys(synthesized().resource.aws_ebs_volume ?? {});
      const address = `aws_ebs_volume.${name}`;
      const ec2 = new EC2Client(client());
      const restored = await ec2.send(
        new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 20, VolumeType: 'gp3', Encrypted: true }),
      );
      await workspace.terraform('state', 'rm', `-state=${state}`, address);
      await workspace.terraform('import', `-state=${state}`, ...QUIET, address, restored.VolumeId ?? '');
      // WHEN
      const file = path.join(folder, 'plan.tfplan');
      const flags = [`-state=${state}`, '-replace=aws_instance.server', '-refresh=false', `-out=${file}`];
      await workspace.terraform('plan', ...flags, ...QUIET);
      const { resources } = summaryOf(JSON.parse(await workspace.terraform('show', '-json', file)) as PlanJson);
      await ec2.send(new DeleteVolumeCommand({ VolumeId: restored.VolumeId }));
      ec2.destroy();
      // THEN
      expect(lossesIn(resources)).toEqual([]);
      const touched = resources.filter(({ type }) => [...STANDING, 'aws_volume_attachment'].includes(type));
      expect(touched.map(({ action, type }) => `${action} ${type}`).sort()).toEqual([
        'change aws_ebs_volume',
        'replace aws_instance',
        'replace aws_volume_attachment',
      ]);
    },
    2 * MINUTE,
  );

  describe('after the server has put its tokens into the parameters', () => {
    beforeAll(async () => {
      if (missing !== undefined) return;
      const ssm = new SSMClient(client());
      for (const [Name, Value] of Object.entries(SECRETS)) {
        await ssm.send(new PutParameterCommand({ Name, Value, Overwrite: true }));
      }
      ssm.destroy();
      workspace.synth();
    });

    itOrSkip(missing, 'is planned empty', isPlannedEmpty, MINUTE);

    itOrSkip(
      missing,
      'has no token in state, plan or log, though Terraform has read them',
      async () => {
        // GIVEN a plan, and a state written after it
        workspace.synth('exports.handler = async () => "third";');
        await workspace.terraform('plan', '-out=plan', ...QUIET);
        const planJson = await workspace.terraform('show', '-json', 'plan');
        await workspace.terraform('apply', ...QUIET, 'plan');
        const stateJson = await workspace.terraform('show', '-json');
        const reads = moto.requests().filter(({ headers }) => headers['X-Amz-Target'] === 'AmazonSSM.GetParameter');
        expect(reads.some(({ body }) => body.includes('"WithDecryption":true'))).toBe(true);
        // WHEN everything that Terraform has written is searched
        const states = readdirSync(workspace.folder).filter((name) => name.includes('.tfstate'));
        const plan = Object.values(unzipSync(readFileSync(path.join(workspace.directory, 'plan'))));
        const written: Record<string, string> = {
          plan: plan.map((file) => strFromU8(file, true)).join('\n'),
          planJson,
          stateJson,
          logs: workspace.logs.join('\n'),
          ...Object.fromEntries(states.map((name) => [name, readFileSync(path.join(workspace.folder, name), 'utf8')])),
        };
        // THEN the parameters are found in all of it, and their values in none
        expect(states).toEqual(['terraform.test.tfstate', 'terraform.test.tfstate.backup']);
        const found = (text: string) => Object.values(SECRETS).filter((secret) => text.includes(secret));
        for (const [name, text] of Object.entries(written)) {
          expect({ name, mentioned: text.includes('/k3s/join-token/test'), found: found(text) }).toEqual({
            name,
            mentioned: true,
            found: [],
          });
        }
      },
      2 * MINUTE,
    );
  });

  describe('destroyed', () => {
    const LAST_CALL = 'aws_lambda_invocation.last-call';
    let order: Step[] = [];
    let needs: Dependencies;
    let callsBefore = 0;
    beforeAll(async () => {
      if (missing !== undefined) return;
      callsBefore = invocations().length;
      needs = dependencies(await workspace.terraform('graph'));
      order = steps(await workspace.terraform('destroy', '-auto-approve', '-json', ...QUIET));
    }, 6 * MINUTE);

    const at = (event: Step['event'], address: string) =>
      order.findIndex((step) => step.event === event && step.address === address);

    function destroyed(pattern: RegExp): string[] {
      const found = new Set(order.map(({ address }) => address).filter((address) => pattern.test(address)));
      if (found.size === 0) throw new Error(`nothing was destroyed that matches ${pattern}`);
      return [...found];
    }

    itOrSkip(missing, 'leaves nothing', async () => {
      expect(await inventory(moto.endpoint)).toEqual(before);
    });

    itOrSkip(missing, 'calls the function once more, to retire', () => {
      expect(invocations().slice(callsBefore)).toEqual([{ tf: { action: 'delete', prev_input: {} } }]);
    });

    // What was seen once may be luck, so the dependencies must be there, too.
    for (const [what, pattern] of Object.entries({
      'the schedule': /^aws_scheduler_schedule\./,
      'the rules': /^aws_cloudwatch_event_rule\./,
      'their targets': /^aws_cloudwatch_event_target\./,
      'the URL': /^aws_lambda_function_url\./,
    })) {
      itOrSkip(missing, `has taken ${what} away before that call`, () => {
        for (const address of destroyed(pattern)) {
          expect([...(needs.get(address) ?? [])]).toContain(LAST_CALL);
          expect(at('apply_complete', address)).toBeLessThan(at('apply_start', LAST_CALL));
        }
      });
    }

    for (const [what, pattern] of Object.entries({
      'the function': /^aws_lambda_function\./,
      'its rights': /^aws_iam_role_policy\.autoscaler_/,
      'its log': /^aws_cloudwatch_log_group\./,
      'its state': /^aws_dynamodb_table\.state_table/,
      'its subnets': /^aws_subnet\.network_function/,
      'its routes': /^aws_route(_table_association)?\.network_function/,
      'its gateway': /^aws_egress_only_internet_gateway\./,
      'its way to the tables': /^aws_vpc_endpoint\.network_dynamodb/,
      'its way out': /^aws_vpc_security_group_egress_rule\.security_function/,
    })) {
      itOrSkip(missing, `takes ${what} away after that call`, () => {
        for (const address of destroyed(pattern)) {
          expect([...(needs.get(LAST_CALL) ?? [])]).toContain(address);
          expect(at('apply_complete', LAST_CALL)).toBeLessThan(at('apply_start', address));
        }
      });
    }
  });
});
