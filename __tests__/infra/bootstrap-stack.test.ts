import { Testing } from '#cdk';
import { type BootstrapProps, BootstrapStack } from '../../src/infra/bootstrap-stack';
import type { GithubAccess } from '../../src/infra/github-roles';
import { type Call, REGION, type Verdict, verdictOn } from './iam/evaluator';
import { all, one, type Synthesized } from './support';

const GITHUB: GithubAccess = { repository: 'acme@1/cluster@2', environments: ['prod', 'staging'], provider: 'own' };

interface Bootstrapped extends Synthesized {
  terraform: { backend: Record<string, Record<string, unknown>> };
  data?: Record<string, unknown>;
}

function bootstrapped(props: Partial<BootstrapProps> = {}): Bootstrapped {
  const stack = new BootstrapStack(Testing.app({ stubVersion: true }), 'stack', {
    bucket: 'acme-state',
    region: REGION,
    stateInBucket: true,
    ...props,
  });
  const text = Testing.synth(stack, true);
  return { text, ...(JSON.parse(text) as Omit<Bootstrapped, 'text'>) };
}

describe('the state bucket', () => {
  const stack = bootstrapped();

  it('is versioned, encrypted, closed, by TLS alone, and Terraform refuses to delete it', () => {
    expect(one(stack, 'aws_s3_bucket')).toMatchObject({ bucket: 'acme-state', lifecycle: { prevent_destroy: true } });
    expect(one(stack, 'aws_s3_bucket_versioning').versioning_configuration).toEqual({ status: 'Enabled' });
    expect(JSON.stringify(one(stack, 'aws_s3_bucket_server_side_encryption_configuration'))).toContain('AES256');
    expect(one(stack, 'aws_s3_bucket_public_access_block')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(JSON.parse(one(stack, 'aws_s3_bucket_policy').policy as string)).toMatchObject({
      Statement: [{ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
    });
  });

  it('lets old versions expire, and the markers that released locks leave', () => {
    expect(one(stack, 'aws_s3_bucket_lifecycle_configuration').rule).toEqual([
      expect.objectContaining({
        noncurrent_version_expiration: [{ noncurrent_days: 90 }],
        expiration: [{ expired_object_delete_marker: true }],
      }),
      expect.anything(),
    ]);
  });

  it('keeps the plans that wait for a review for a week', () => {
    expect(one(stack, 'aws_s3_bucket_lifecycle_configuration').rule).toContainEqual(
      expect.objectContaining({ filter: [{ prefix: 'k3s-autoscaler-plans/' }], expiration: [{ days: 7 }] }),
    );
  });

  it('keeps its own state in a file until it exists, and inside itself from then on', () => {
    expect(bootstrapped({ stateInBucket: false }).terraform.backend).toEqual({
      local: { path: '../../../terraform.bootstrap.tfstate' },
    });
    expect(stack.terraform.backend.s3).toMatchObject({
      bucket: 'acme-state',
      key: 'k3s-autoscaler/bootstrap/terraform.tfstate',
      use_lockfile: true,
      encrypt: true,
    });
  });

  it('comes alone where nobody asked for GitHub', () => {
    expect(stack.text).not.toContain('aws_iam');
  });
});

describe('the roles for GitHub', () => {
  const stack = bootstrapped({ github: GITHUB });

  const trust = (purpose: string) => {
    const role = one(stack, 'aws_iam_role', 'name', `github-k3s-autoscaler-${purpose}`);
    return (JSON.parse(role.assume_role_policy as string) as { Statement: { Condition: object }[] }).Statement;
  };

  it('trust pull requests, the main branch and named environments, each with its own, of this repository and no other', () => {
    const host = 'token.actions.githubusercontent.com';
    const only = (...who: string[]) => [
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRoleWithWebIdentity',
        Principal: { Federated: expect.any(String) },
        // No pattern anywhere: a workflow that mentions an environment makes it, without protection.
        Condition: {
          StringEquals: {
            [`${host}:aud`]: 'sts.amazonaws.com',
            [`${host}:sub`]: who.map((each) => `repo:acme@1/cluster@2:${each}`),
          },
        },
      },
    ];
    expect(trust('pull-request')).toEqual(only('pull_request'));
    expect(trust('plan')).toEqual(only('ref:refs/heads/main'));
    expect(trust('deploy')).toEqual(only('environment:prod', 'environment:staging'));
  });

  it("use the account's provider where there is one already", () => {
    expect(all(stack, 'aws_iam_openid_connect_provider')).toHaveLength(1);
    const shared = bootstrapped({ github: { ...GITHUB, provider: 'existing' } });
    expect(all(shared, 'aws_iam_openid_connect_provider')).toEqual([]);
    expect(shared.text).toContain(':oidc-provider/token.actions.githubusercontent.com');
    expect(shared.data).toHaveProperty('aws_caller_identity');
  });

  it('fit into what IAM allows for the inline policies of a role', () => {
    const sizes = all(stack, 'aws_iam_role_policy').map(({ policy }) => (policy as string).length);
    expect(Math.max(...sizes)).toBeLessThan(10_240);
  });

  const account = '123456789012';
  const state = `arn:aws:s3:::${Object.keys(stack.resource.aws_s3_bucket ?? {})[0]}`;
  const key = (stage: string) => `${state}/k3s-autoscaler/${stage}/terraform.tfstate`;
  const kept = `${state}/k3s-autoscaler-plans/prod/${'0'.repeat(64)}.tfplan`;
  const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
  const parameter = (name: string) => `arn:aws:ssm:${REGION}:${account}:parameter${name}`;
  const instance = `arn:aws:ec2:${REGION}:${account}:instance/i-1`;
  const call = (action: string, resource: string, context?: Call['context']): Call => ({
    action,
    resource,
    ...(context === undefined ? {} : { context }),
  });
  const here = { 'aws:RequestedRegion': REGION };
  const passed = (service: string) => ({ 'iam:PassedToService': `${service}.amazonaws.com` });

  it.each<[string, 'pull-request' | 'plan' | 'deploy', Call, Verdict]>([
    ['pull request: read a state', 'pull-request', call('s3:GetObject', key('prod')), 'Allowed'],
    ['pull request: find a state', 'pull-request', call('s3:ListBucket', state), 'Allowed'],
    ['pull request: take its lock', 'pull-request', call('s3:PutObject', `${key('prod')}.tflock`), 'ImplicitlyDenied'],
    [
      'pull request: break its lock',
      'pull-request',
      call('s3:DeleteObject', `${key('prod')}.tflock`),
      'ImplicitlyDenied',
    ],
    ['pull request: keep a plan', 'pull-request', call('s3:PutObject', kept), 'ImplicitlyDenied'],
    ['pull request: take a plan', 'pull-request', call('s3:GetObject', kept), 'ImplicitlyDenied'],
    [
      'pull request: read a token',
      'pull-request',
      call('ssm:GetParameter', parameter('/k3s/join-token')),
      'ImplicitlyDenied',
    ],
    ['pull request: look at instances', 'pull-request', call('ec2:DescribeInstances', '*'), 'ImplicitlyDenied'],
    ['plan: look at instances', 'plan', call('ec2:DescribeInstances', '*'), 'Allowed'],
    ['plan: read a state', 'plan', call('s3:GetObject', key('prod')), 'Allowed'],
    ['plan: take its lock', 'plan', call('s3:PutObject', `${key('prod')}.tflock`), 'Allowed'],
    ['plan: write a state', 'plan', call('s3:PutObject', key('prod')), 'ImplicitlyDenied'],
    ['plan: keep a plan', 'plan', call('s3:PutObject', kept), 'Allowed'],
    ['plan: take a plan', 'plan', call('s3:GetObject', kept), 'ImplicitlyDenied'],
    ['deploy: take a plan', 'deploy', call('s3:GetObject', kept), 'Allowed'],
    ['plan: refresh a parameter', 'plan', call('ssm:GetParameter', parameter('/k3s/join-token')), 'Allowed'],
    ["plan: read others' parameters", 'plan', call('ssm:GetParameter', parameter('/db/password')), 'ImplicitlyDenied'],
    ["plan: read others' buckets", 'plan', call('s3:GetObject', 'arn:aws:s3:::salaries/all.csv'), 'ImplicitlyDenied'],
    ['plan: change an instance', 'plan', call('ec2:TerminateInstances', instance, here), 'ImplicitlyDenied'],
    ['plan: put itself into a role', 'plan', call('iam:PutRolePolicy', role('k3s-prod-server')), 'ImplicitlyDenied'],
    ['deploy: write a state', 'deploy', call('s3:PutObject', key('prod')), 'Allowed'],
    ['deploy: write the state of bootstrap', 'deploy', call('s3:PutObject', key('bootstrap')), 'ExplicitlyDenied'],
    ['deploy: delete a state', 'deploy', call('s3:DeleteObject', key('prod')), 'ImplicitlyDenied'],
    ['deploy: delete the state bucket', 'deploy', call('s3:DeleteBucket', state), 'ImplicitlyDenied'],
    [
      'deploy: make the bucket of node files',
      'deploy',
      call('s3:CreateBucket', 'arn:aws:s3:::k3s-prod-nodes-1'),
      'Allowed',
    ],
    ['deploy: change an instance', 'deploy', call('ec2:TerminateInstances', instance, here), 'Allowed'],
    [
      'deploy: change an instance elsewhere',
      'deploy',
      call('ec2:TerminateInstances', instance.replace(REGION, 'eu-west-1'), { 'aws:RequestedRegion': 'eu-west-1' }),
      'ImplicitlyDenied',
    ],
    ['deploy: write a role of a stage', 'deploy', call('iam:PutRolePolicy', role('k3s-prod-worker')), 'Allowed'],
    [
      'deploy: attach a policy to it',
      'deploy',
      call('iam:AttachRolePolicy', role('k3s-prod-worker')),
      'ImplicitlyDenied',
    ],
    [
      'deploy: widen its own rights',
      'deploy',
      call('iam:PutRolePolicy', role('github-k3s-autoscaler-deploy')),
      'ImplicitlyDenied',
    ],
    ['deploy: make a user', 'deploy', call('iam:CreateUser', `arn:aws:iam::${account}:user/me`), 'ImplicitlyDenied'],
    ['deploy: hand a role to EC2', 'deploy', call('iam:PassRole', role('k3s-prod-server'), passed('ec2')), 'Allowed'],
    [
      'deploy: hand it to another service',
      'deploy',
      call('iam:PassRole', role('k3s-prod-server'), passed('glue')),
      'ImplicitlyDenied',
    ],
    [
      'deploy: hand another role to EC2',
      'deploy',
      call('iam:PassRole', role('admin'), passed('ec2')),
      'ImplicitlyDenied',
    ],
  ])('%s', async (_what, purpose, asked, verdict) => {
    expect(await verdictOn(stack, `github-k3s-autoscaler-${purpose}`, asked)).toBe(verdict);
  });
});
