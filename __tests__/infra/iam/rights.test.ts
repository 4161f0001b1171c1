import { synthesized } from '../support';
import { ACCOUNT, type Call, REGION, verdictOn } from './evaluator';
import { arnLike, functionArn, instance, type Launch, launch, parameter } from './launch';

const stack = synthesized();
const FUNCTION = 'k3s-test-autoscaler';
const WORKER = 'k3s-test-worker';
const SERVER = 'k3s-test-server';
const bucket = (key: string): string => `${arnLike(stack, 'aws_s3_bucket', 'files')}/${key}`;
const table = (part: string): string => arnLike(stack, 'aws_dynamodb_table', part);

/** Denied as soon as one of the rights that a launch needs is. */
async function launchVerdicts(change: Launch): Promise<string[]> {
  const verdicts = await Promise.all(launch(stack, change).map((call) => verdictOn(stack, FUNCTION, call)));
  return [...new Set(verdicts)];
}

describe('the function may launch', () => {
  it.each<[string, Launch]>([
    ['a worker of a pool', {}],
    ['its second type', { instanceType: 't3a.medium' }],
    ['a spot instance', { market: 'spot' }],
    ['into the second zone', { subnet: arnLike(stack, 'aws_subnet', 'public-us-east-1b') }],
  ])('%s', async (_, change) => {
    expect(await launchVerdicts(change)).toEqual(['Allowed']);
  });
});

describe('the function may not launch', () => {
  const tags = { 'k3s-autoscaler:cluster': 'k3s-test', 'k3s-autoscaler:role': 'worker' };
  it.each<[string, Launch]>([
    ['another type', { instanceType: 'p4d.24xlarge' }],
    ['without a template', { template: '' }],
    ["from somebody else's template", { template: `arn:aws:ec2:${REGION}:${ACCOUNT}:launch-template/lt-other` }],
    ["from the server's template", { template: arnLike(stack, 'aws_launch_template', 'server') }],
    ['into another subnet', { subnet: `arn:aws:ec2:${REGION}:${ACCOUNT}:subnet/subnet-other` }],
    ['into its own subnet', { subnet: arnLike(stack, 'aws_subnet', 'function-us-east-1a') }],
    ["somebody else's image", { imageOwner: '999999999999' }],
    ['without tags', { tags: {} }],
    ['for another cluster', { tags: { ...tags, 'k3s-autoscaler:cluster': 'k3s-prod' } }],
    ['a server', { tags: { ...tags, 'k3s-autoscaler:role': 'server' } }],
    ['with a tag of another kind', { tags: { ...tags, CostCenter: 'theirs' } }],
    ['on hardware of its own', { tenancy: 'dedicated' }],
    ['with a larger disk', { volume: { gib: 21 } }],
    ['with a disk of another kind', { volume: { type: 'io2' } }],
    ['with a disk that is not encrypted', { volume: { encrypted: false } }],
    ['with version 1 of the metadata service', { httpTokens: 'optional' }],
  ])('%s', async (_, change) => {
    expect(await launchVerdicts(change)).toContain('ImplicitlyDenied');
  });
});

type Case = [expected: 'Allowed' | 'ImplicitlyDenied' | 'ExplicitlyDenied', what: string, call: Call];

const ours = { 'k3s-autoscaler:cluster': 'k3s-test', 'k3s-autoscaler:role': 'worker' };

describe('the function', () => {
  it.each<Case>([
    ['Allowed', 'terminates its own worker', { action: 'ec2:TerminateInstances', ...instance(ours) }],
    ['ImplicitlyDenied', 'terminates an untagged instance', { action: 'ec2:TerminateInstances', ...instance({}) }],
    [
      'ImplicitlyDenied',
      'terminates a base worker',
      { action: 'ec2:TerminateInstances', ...instance({ ...ours, 'k3s-autoscaler:role': 'base' }) },
    ],
    [
      'ImplicitlyDenied',
      "terminates another cluster's worker",
      { action: 'ec2:TerminateInstances', ...instance({ ...ours, 'k3s-autoscaler:cluster': 'k3s-prod' }) },
    ],
    [
      'ImplicitlyDenied',
      'retags a foreign instance',
      {
        action: 'ec2:CreateTags',
        resource: instance({}).resource,
        context: { 'aws:RequestTag/k3s-autoscaler:cluster': 'k3s-test', 'aws:TagKeys': ['k3s-autoscaler:cluster'] },
      },
    ],
    ['ImplicitlyDenied', 'stops an instance', { action: 'ec2:StopInstances', ...instance(ours) }],
    [
      'ImplicitlyDenied',
      'changes a launch template',
      {
        action: 'ec2:CreateLaunchTemplateVersion',
        resource: arnLike(stack, 'aws_launch_template', 'pools_burst'),
      },
    ],
    [
      'ImplicitlyDenied',
      "passes the server's role",
      {
        action: 'iam:PassRole',
        resource: arnLike(stack, 'aws_iam_role', 'roles_server'),
        context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      },
    ],
    [
      'ImplicitlyDenied',
      "passes the worker's role to another service",
      {
        action: 'iam:PassRole',
        resource: arnLike(stack, 'aws_iam_role', 'roles_worker'),
        context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
      },
    ],
    [
      'Allowed',
      'reads its own token',
      { action: 'ssm:GetParameter', resource: parameter('/k3s/controller-token/test') },
    ],
    [
      'ImplicitlyDenied',
      "reads the workers' token",
      { action: 'ssm:GetParameter', resource: parameter('/k3s/join-token/test') },
    ],
    [
      'ImplicitlyDenied',
      "reads another stage's token",
      { action: 'ssm:GetParameter', resource: parameter('/k3s/controller-token/two') },
    ],
    ['Allowed', 'writes the state', { action: 'dynamodb:UpdateItem', resource: table('state_table') }],
    ['ImplicitlyDenied', 'deletes the state', { action: 'dynamodb:DeleteItem', resource: table('state_table') }],
    ['Allowed', 'adds to the history', { action: 'dynamodb:PutItem', resource: table('state_history') }],
    [
      'Allowed',
      'reads the mailbox of a laptop',
      {
        action: 'dynamodb:GetItem',
        resource: table('state_history'),
        context: { 'dynamodb:LeadingKeys': ['k3s-test#live'] },
      },
    ],
    [
      'ImplicitlyDenied',
      'reads the history',
      {
        action: 'dynamodb:GetItem',
        resource: table('state_history'),
        context: { 'dynamodb:LeadingKeys': ['k3s-test'] },
      },
    ],
    ['ImplicitlyDenied', 'asks the history', { action: 'dynamodb:Query', resource: table('state_history') }],
    ['ImplicitlyDenied', 'overwrites the whole state', { action: 'dynamodb:PutItem', resource: table('state_table') }],
    ['ImplicitlyDenied', 'updates a history item', { action: 'dynamodb:UpdateItem', resource: table('state_history') }],
    [
      'ImplicitlyDenied',
      'changes the scripts that nodes run',
      { action: 's3:PutObject', resource: bucket('userdata/worker.sh') },
    ],
    [
      'ExplicitlyDenied',
      'takes a network interface away by its own code',
      {
        action: 'ec2:DeleteNetworkInterface',
        resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:network-interface/eni-0123456789abcdef0`,
        context: { 'lambda:SourceFunctionArn': functionArn(stack) },
      },
    ],
  ])('%s: %s', async (expected, _, call) => {
    expect(await verdictOn(stack, FUNCTION, call)).toBe(expected);
  });
});

describe('a worker', () => {
  it.each<Case>([
    ['Allowed', 'reads the join token', { action: 'ssm:GetParameter', resource: parameter('/k3s/join-token/test') }],
    [
      'ImplicitlyDenied',
      "reads the controller's token",
      { action: 'ssm:GetParameter', resource: parameter('/k3s/controller-token/test') },
    ],
    [
      'ImplicitlyDenied',
      'writes the join token',
      { action: 'ssm:PutParameter', resource: parameter('/k3s/join-token/test') },
    ],
    ['Allowed', 'reads its script', { action: 's3:GetObject', resource: bucket('userdata/worker.sh') }],
    ['Allowed', "reads its pool's settings", { action: 's3:GetObject', resource: bucket('settings/pool-burst.env') }],
    [
      'ImplicitlyDenied',
      "reads the server's settings",
      { action: 's3:GetObject', resource: bucket('settings/server.env') },
    ],
    ['ImplicitlyDenied', 'changes a script', { action: 's3:PutObject', resource: bucket('userdata/worker.sh') }],
    ['ImplicitlyDenied', 'invokes the function', { action: 'lambda:InvokeFunction', resource: functionArn(stack) }],
    ['ImplicitlyDenied', 'calls the URL', { action: 'lambda:InvokeFunctionUrl', resource: functionArn(stack) }],
    ['ImplicitlyDenied', 'terminates a worker', { action: 'ec2:TerminateInstances', ...instance(ours) }],
    ['ImplicitlyDenied', 'runs a command', { action: 'ssm:SendCommand', resource: instance(ours).resource }],
  ])('%s: %s', async (expected, _, call) => {
    expect(await verdictOn(stack, WORKER, call)).toBe(expected);
  });
});

describe('the server', () => {
  it.each<Case>([
    ['Allowed', 'writes the tokens', { action: 'ssm:PutParameter', resource: parameter('/k3s/join-token/test') }],
    [
      'ImplicitlyDenied',
      "writes another stage's token",
      { action: 'ssm:PutParameter', resource: parameter('/k3s/join-token/two') },
    ],
    [
      'ImplicitlyDenied',
      'reads a parameter of somebody else',
      { action: 'ssm:GetParameter', resource: parameter('/app/db-password') },
    ],
    ['Allowed', 'reads its settings', { action: 's3:GetObject', resource: bucket('settings/server.env') }],
    ['ImplicitlyDenied', 'changes a manifest', { action: 's3:PutObject', resource: bucket('k8s/kustomization.yaml') }],
    [
      'Allowed',
      'calls the URL',
      {
        action: 'lambda:InvokeFunctionUrl',
        resource: functionArn(stack),
        context: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' },
      },
    ],
    [
      'Allowed',
      'invokes by the URL',
      {
        action: 'lambda:InvokeFunction',
        resource: functionArn(stack),
        context: { 'lambda:InvokedViaFunctionUrl': 'true' },
      },
    ],
    [
      'ImplicitlyDenied',
      'invokes the function directly',
      { action: 'lambda:InvokeFunction', resource: functionArn(stack) },
    ],
    [
      'ImplicitlyDenied',
      'invokes the function directly and says so',
      {
        action: 'lambda:InvokeFunction',
        resource: functionArn(stack),
        context: { 'lambda:InvokedViaFunctionUrl': 'false' },
      },
    ],
    [
      'ImplicitlyDenied',
      'invokes another function',
      {
        action: 'lambda:InvokeFunction',
        resource: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:other`,
        context: { 'lambda:InvokedViaFunctionUrl': 'true' },
      },
    ],
    ['ImplicitlyDenied', 'terminates a worker', { action: 'ec2:TerminateInstances', ...instance(ours) }],
  ])('%s: %s', async (expected, _, call) => {
    expect(await verdictOn(stack, SERVER, call)).toBe(expected);
  });
});

describe('the schedule', () => {
  const role = `${FUNCTION}-schedule`;
  it('invokes the function and no other', async () => {
    const invoke = (resource: string) => verdictOn(stack, role, { action: 'lambda:InvokeFunction', resource });
    expect(await invoke(arnLike(stack, 'aws_lambda_function', 'autoscaler'))).toBe('Allowed');
    expect(await invoke(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:other`)).toBe('ImplicitlyDenied');
  });
});

describe('the role for spot', () => {
  const make = (service: string): Call => ({
    action: 'iam:CreateServiceLinkedRole',
    resource: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/${service}/AWSServiceRoleForEC2Spot`,
    context: { 'iam:AWSServiceName': service },
  });
  const spot = synthesized({ pools: { burst: { market: 'spot-then-on-demand' } } });

  it('may be made by the function where a pool buys spot, and no other role', async () => {
    expect(await verdictOn(spot, FUNCTION, make('spot.amazonaws.com'))).toBe('Allowed');
    expect(await verdictOn(spot, FUNCTION, make('eks.amazonaws.com'))).toBe('ImplicitlyDenied');
    expect(await verdictOn(stack, FUNCTION, make('spot.amazonaws.com'))).toBe('ImplicitlyDenied');
  });
});
