import { all, type Synthesized } from '../support';
import { ACCOUNT, arnOf, type Call, REGION } from './evaluator';

/**
 * RunInstances asks for a right on every kind of resource that it touches, and all of them have to be granted
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
 */

export interface Launch {
  template?: string;
  instanceType?: string;
  subnet?: string;
  /** Owner of the image. */
  imageOwner?: string;
  tags?: Record<string, string>;
  httpTokens?: 'required' | 'optional';
  tenancy?: string;
  volume?: { type?: string; gib?: number; encrypted?: boolean };
  market?: 'spot';
}

const idOf = (stack: Synthesized, type: string, part: string): string => {
  const found = Object.keys(stack.resource[type] ?? {}).filter((id) => id.includes(part));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of ${type} with ${part}`);
  return found[0];
};

export const arnLike = (stack: Synthesized, type: string, part: string): string =>
  arnOf(stack, type, idOf(stack, type, part));

/** The launch of a worker as the function asks for it, with what a case changes. */
export function launch(stack: Synthesized, change: Launch = {}): Call[] {
  const ec2 = (resource: string): string => `arn:aws:ec2:${REGION}:${ACCOUNT}:${resource}`;
  const template = change.template ?? arnLike(stack, 'aws_launch_template', 'pools_burst');
  const tags = change.tags ?? {
    'k3s-autoscaler:cluster': 'k3s-test',
    'k3s-autoscaler:role': 'worker',
    'k3s-autoscaler:pool': 'burst',
    'k3s-autoscaler:operation': 'launch-1',
  };
  const context = {
    ...(template === '' ? {} : { 'ec2:LaunchTemplate': template }),
    'ec2:InstanceType': change.instanceType ?? 't3.medium',
    'ec2:MetadataHttpTokens': change.httpTokens ?? 'required',
    'ec2:Owner': change.imageOwner ?? 'amazon',
    'ec2:Tenancy': change.tenancy ?? 'default',
    'ec2:VolumeType': change.volume?.type ?? 'gp3',
    'ec2:VolumeSize': String(change.volume?.gib ?? 20),
    'ec2:Encrypted': String(change.volume?.encrypted ?? true),
    ...(change.market && { 'ec2:InstanceMarketType': change.market }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': Object.keys(tags),
  };
  const asks = (resource: string): Call => ({ action: 'ec2:RunInstances', resource, context });
  const tagged = (resource: string): Call => ({
    action: 'ec2:CreateTags',
    resource,
    context: { ...context, 'ec2:CreateAction': 'RunInstances' },
  });
  return [
    asks(ec2('instance/i-0123456789abcdef0')),
    asks(ec2('volume/vol-0123456789abcdef0')),
    asks(ec2('network-interface/eni-0123456789abcdef0')),
    asks(`arn:aws:ec2:${REGION}::image/ami-0123456789abcdef0`),
    asks(change.subnet ?? arnLike(stack, 'aws_subnet', 'public-us-east-1a')),
    asks(arnLike(stack, 'aws_security_group', 'nodes')),
    ...(template === '' ? [] : [asks(template)]),
    tagged(ec2('instance/i-0123456789abcdef0')),
    tagged(ec2('volume/vol-0123456789abcdef0')),
    {
      action: 'iam:PassRole',
      resource: arnLike(stack, 'aws_iam_role', 'roles_worker'),
      context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    },
    {
      action: 'ssm:GetParameters',
      // Amazon's own has no account in its ARN; the evaluator knows no such ARN, and the policy has a wildcard there.
      resource: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64`,
    },
  ];
}

export const parameter = (name: string): string => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;

export const instance = (tags: Record<string, string>): Pick<Call, 'resource' | 'context'> => ({
  resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-0123456789abcdef0`,
  context: Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
});

export const functionArn = (stack: Synthesized): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${all(stack, 'aws_lambda_function')[0]?.function_name as string}`;
