import { TAG } from '../autoscaler/names';
import type { ResolvedConfig } from '../config/resolve';
import { arn, type Statement } from './iam';
import type { StageNames } from './names';
import type { Network } from './network';
import { imageParameter, type Nodes } from './nodes';
import type { Security } from './security';

/**
 * What the function may do, statement by statement. A condition key that a resource type does not have makes the whole
 * statement not match, hence one statement for each kind of resource that RunInstances touches
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html).
 */

export interface PermissionProps {
  names: StageNames;
  config: ResolvedConfig;
  network: Network;
  security: Security;
  nodes: Nodes;
  tableArn: string;
  logGroupArn: string;
}

const poolTypes = ({ pools }: ResolvedConfig): string[] =>
  [...new Set(Object.values(pools).flatMap((pool) => pool.instanceTypes))].sort();

function launching({ names, config, network, security, nodes }: PermissionProps): Statement[] {
  const ec2 = (resource: string): string => arn('ec2', config.region, resource);
  const templates = [...nodes.poolTemplates.values()].map((template) => template.arn);
  const fromTemplate = { ArnEquals: { 'ec2:LaunchTemplate': templates } };
  return [
    {
      Sid: 'LaunchWorkers',
      Action: ['ec2:RunInstances'],
      Resource: [ec2('instance/*')],
      Condition: {
        ...fromTemplate,
        StringEquals: {
          [`aws:RequestTag/${TAG.cluster}`]: names.cluster,
          [`aws:RequestTag/${TAG.role}`]: 'worker',
          'ec2:InstanceType': poolTypes(config),
          'ec2:MetadataHttpTokens': 'required',
        },
      },
    },
    {
      Sid: 'LaunchWithDisksAndInterfaces',
      Action: ['ec2:RunInstances'],
      Resource: [ec2('volume/*'), ec2('network-interface/*')],
      Condition: fromTemplate,
    },
    {
      Sid: 'LaunchFromAndInto',
      Action: ['ec2:RunInstances'],
      Resource: [
        ...templates,
        ...[...network.nodeSubnets.values()].map((subnet) => subnet.arn),
        security.nodes.arn,
        // Images of Amazon have no account in their ARN.
        arn('ec2', config.region, 'image/*', ''),
      ],
    },
    {
      // Only while launching: else the function could tag any instance into its own reach.
      Sid: 'TagAtLaunch',
      Action: ['ec2:CreateTags'],
      Resource: [ec2('instance/*'), ec2('volume/*')],
      Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    },
    {
      Sid: 'HandOverWorkerRole',
      Action: ['iam:PassRole'],
      Resource: [nodes.workerRole.arn],
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      Sid: 'ReadImage',
      Action: ['ssm:GetParameters'],
      Resource: [...new Set(Object.values(config.pools).map((pool) => imageParameter(pool.instanceTypes)))]
        .sort()
        .map((name) => arn('ssm', config.region, `parameter${name}`, '')),
    },
  ];
}

/** Lambda itself makes the function's network interfaces, with the function's role; the code must not. */
function networkInterfaces({ names, config }: PermissionProps): Statement[] {
  const Action = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ];
  return [
    { Sid: 'InterfacesForLambda', Action, Resource: ['*'] },
    {
      // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
      Sid: 'InterfacesNotForTheCode',
      Effect: 'Deny',
      Action,
      Resource: ['*'],
      Condition: {
        ArnLike: { 'lambda:SourceFunctionArn': arn('lambda', config.region, `function:${names.function}`) },
      },
    },
  ];
}

export function functionStatements(props: PermissionProps): Statement[] {
  const { names, config, tableArn, logGroupArn } = props;
  const ssm = (name: string): string => arn('ssm', config.region, `parameter${name}`);
  return [
    {
      Sid: 'State',
      Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      Resource: [tableArn],
    },
    { Sid: 'SeeInstances', Action: ['ec2:DescribeInstances'], Resource: ['*'] },
    ...launching(props),
    {
      Sid: 'TerminateOwnWorkers',
      Action: ['ec2:TerminateInstances'],
      Resource: [arn('ec2', config.region, 'instance/*')],
      Condition: {
        StringEquals: {
          [`aws:ResourceTag/${TAG.cluster}`]: names.cluster,
          [`aws:ResourceTag/${TAG.role}`]: 'worker',
        },
      },
    },
    {
      Sid: 'ReadClusterAccess',
      Action: ['ssm:GetParameter'],
      Resource: [ssm(names.parameters.controllerToken), ssm(names.parameters.ca)],
    },
    { Sid: 'Logs', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: [`${logGroupArn}:*`] },
    ...networkInterfaces(props),
  ];
}
