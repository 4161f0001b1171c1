import { createHash } from 'node:crypto';
import { itOrSkip } from '../support/skips';
import { missingTerraform } from '../support/terraform';
import { NO_ACCOUNT, NOWHERE, Workspace } from './harness';
import { planned } from './plan';

/** The real AWS provider without an account and without a network: nobody listens at the address that stands for AWS. */

const missing = missingTerraform();
const MINUTE = 60_000;
const QUIET = ['-input=false', '-no-color'];
const arn = (service: string, resource: string, where = 'us-east-1:123456789012') => ({
  arn: `arn:aws:${service}:${where}:${resource}`,
});

/** A mocked provider invents what AWS would answer; where that has a form that others check, it is given here. */
const MOCKED: Record<string, Record<string, string | number>> = {
  aws_cloudwatch_event_rule: arn('events', 'rule/mock'),
  aws_cloudwatch_log_group: arn('logs', 'log-group:mock'),
  aws_dynamodb_table: arn('dynamodb', 'table/mock'),
  aws_iam_instance_profile: arn('iam', 'instance-profile/mock', ':123456789012'),
  aws_iam_role: arn('iam', 'role/mock', ':123456789012'),
  aws_lambda_function: arn('lambda', 'function:mock'),
  aws_lambda_function_url: { function_url: 'https://mock.lambda-url.us-east-1.on.aws/' },
  aws_launch_template: { ...arn('ec2', 'launch-template/lt-0'), id: 'lt-0', latest_version: 7 },
  aws_s3_bucket: arn('s3', 'mock', ':'),
  aws_security_group: arn('ec2', 'security-group/sg-0'),
  aws_sns_topic: arn('sns', 'mock'),
  aws_subnet: arn('ec2', 'subnet/subnet-0'),
  aws_vpc: { ipv6_cidr_block: '2001:db8:0:1200::/56' },
};

const mocks = (): string =>
  Object.entries(MOCKED)
    .map(([type, defaults]) => `  mock_resource "${type}" {\n    defaults = ${JSON.stringify(defaults)}\n  }\n`)
    .join('');

interface Synthesized {
  resource: Record<string, Record<string, Record<string, unknown>>>;
}

describe('the stack without an account', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    if (missing !== undefined) return;
    // Everything that a configuration can add.
    const config = {
      alarms: { enabled: true, emails: ['ops@example.org'] },
      server: { apiCidrs: ['192.0.2.0/24', '2001:db8::/32'] },
      network: { functionEgress: 'interface-endpoints' },
      pools: { arm: { instanceTypes: ['t4g.medium'], market: 'spot-then-on-demand', failedBoot: 'keep' } },
    };
    workspace = new Workspace(NOWHERE, config, NO_ACCOUNT);
    workspace.synth();
    await workspace.init();
  }, 2 * MINUTE);
  afterAll(() => workspace?.remove());

  const resources = (type: string) => (JSON.parse(workspace.read('cdk.tf.json')) as Synthesized).resource[type] ?? {};

  itOrSkip(
    missing,
    'is valid, without a warning',
    async () => {
      const answer = JSON.parse((await workspace.try('validate', '-json')).stdout);
      expect(answer).toMatchObject({ valid: true, diagnostics: [] });
    },
    MINUTE,
  );

  itOrSkip(
    missing,
    'is planned: everything is to be created',
    async () => {
      const changes = planned(await workspace.terraform('plan', '-json', ...QUIET));
      const { resource } = JSON.parse(workspace.read('cdk.tf.json')) as Synthesized;
      const wanted = Object.values(resource).flatMap((each) => Object.keys(each));
      expect(changes.filter((change) => change.startsWith('create '))).toHaveLength(wanted.length);
      expect(changes).toHaveLength(wanted.length);
    },
    MINUTE,
  );

  itOrSkip(
    missing,
    'is applied with a mocked provider, and hands the function and the nodes what they need',
    async () => {
      // GIVEN addresses as CDKTF made them
      const only = (type: string, pattern = /./) => {
        const [name, ...more] = Object.keys(resources(type)).filter((each) => pattern.test(each));
        if (name === undefined || more.length > 0)
          throw new Error(`${more.length} more than one of ${type} ${pattern}`);
        return `${type}.${name}`;
      };
      const lambda = only('aws_lambda_function');
      const told = `jsondecode(${lambda}.environment[0].variables.AUTOSCALER_RESOURCES)`;
      const settings = only('aws_s3_object', /settings-server-env/);
      const sums = only('aws_s3_object', /files_sums/);
      const asserted = {
        'the function knows its tables': `${told}.table == "k3s-cluster-state-test"`,
        'the function launches from a fixed version of a template': `${told}.launchTemplates.burst.version == "7"`,
        'the server knows where to push': `strcontains(${settings}.content, "ALERT_URL='https://mock.lambda-url.us-east-1.on.aws/'")`,
        'the sums hold for what Terraform filled in': `strcontains(${sums}.content, "\${sha256(${settings}.content)}  settings/server.env\\n")`,
        'the function has a network of IPv4 only': `!${lambda}.vpc_config[0].ipv6_allowed_for_dual_stack`,
      };
      const asserts = Object.entries(asserted).map(
        ([message, condition]) => `  assert {\n    condition     = ${condition}\n    error_message = "${message}"\n  }`,
      );
      workspace.write(
        'stack.tftest.hcl',
        `mock_provider "aws" {\n${mocks()}}\nrun "apply" {\n  command = apply\n${asserts.join('\n')}\n}\n`,
      );
      // WHEN
      const { status, stdout, stderr } = await workspace.try('test', '-no-color');
      // THEN
      expect({ status, output: `${stdout}${stderr}` }).toEqual({
        status: 0,
        output: expect.stringContaining('1 passed, 0 failed'),
      });
    },
    2 * MINUTE,
  );

  itOrSkip(missing, 'lists in its sums what lies in the bucket', () => {
    // GIVEN the objects that need nothing of Terraform
    const objects = Object.values(resources('aws_s3_object'));
    const lines = String(objects.find(({ key }) => key === 'SHA256SUMS')?.content)
      .trimEnd()
      .split('\n');
    const listed = new Map(lines.map((line) => line.split('  ').reverse() as [string, string]));
    // THEN each is listed, and with the sum of its content
    const others = objects.filter(({ key }) => key !== 'SHA256SUMS');
    expect([...listed.keys()]).toEqual(others.map(({ key }) => key).sort());
    for (const { key, source } of others) {
      if (typeof source !== 'string') continue;
      const sum = createHash('sha256').update(workspace.read(source)).digest('hex');
      expect({ key, sum: listed.get(String(key)) }).toEqual({ key, sum });
    }
  });
});
