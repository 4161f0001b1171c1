import { mailboxKey, TAG } from '../autoscaler/names';
import type { ResolvedConfig } from '../config/resolve';
import { arn, partition, type Statement } from './iam';
import { imageParameter } from './image';
import type { StageNames } from './names';
import type { Network } from './network';
import type { NodeRoles } from './node-roles';
import { ROOT_VOLUME } from './node-template';
import type { Pools } from './pools';
import type { Security } from './security';
import type { StateTables } from './state';

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
  roles: NodeRoles;
  pools: Pools;
  tables: StateTables;
  logGroupArn: string;
}

const poolTypes = ({ pools }: ResolvedConfig): string[] =>
  [...new Set(Object.values(pools).flatMap((pool) => pool.instanceTypes))].sort();

function launching({ names, config, network, security, roles, pools }: PermissionProps): Statement[] {
  const ec2 = (resource: string): string => arn('ec2', config.region, resource);
  const templates = [...pools.templates.values()].map((template) => template.arn);
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
        // What a request may say over its template and would cost. Where EC2 does not tell, the template has said it:
        // a condition that fails for want of its key would keep every worker from being launched.
        StringEqualsIfExists: { 'ec2:Tenancy': 'default' },
      },
    },
    {
      Sid: 'LaunchWithDisks',
      Action: ['ec2:RunInstances'],
      Resource: [ec2('volume/*')],
      Condition: {
        ...fromTemplate,
        StringEqualsIfExists: { 'ec2:VolumeType': ROOT_VOLUME.type },
        NumericLessThanEqualsIfExists: { 'ec2:VolumeSize': String(ROOT_VOLUME.gib) },
        BoolIfExists: { 'ec2:Encrypted': 'true' },
      },
    },
    {
      Sid: 'LaunchWithInterfaces',
      Action: ['ec2:RunInstances'],
      Resource: [ec2('network-interface/*')],
      Condition: fromTemplate,
    },
    {
      Sid: 'LaunchFromAndInto',
      Action: ['ec2:RunInstances'],
      Resource: [...templates, ...[...network.nodeSubnets.values()].map((subnet) => subnet.arn), security.nodes.arn],
    },
    {
      // A template's image is a parameter that EC2 reads, so its id is nobody's to know here; but it is Amazon's own.
      // Images have no account in their ARN.
      Sid: 'LaunchImagesOfAmazon',
      Action: ['ec2:RunInstances'],
      Resource: [arn('ec2', config.region, 'image/*', '')],
      Condition: { StringEquals: { 'ec2:Owner': 'amazon' } },
    },
    {
      // Only while launching: else the function could tag any instance into its own reach.
      Sid: 'TagAtLaunch',
      Action: ['ec2:CreateTags'],
      Resource: [ec2('instance/*'), ec2('volume/*')],
      Condition: {
        StringEquals: { 'ec2:CreateAction': 'RunInstances' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': [...Object.values(TAG), 'Name'] },
      },
    },
    {
      Sid: 'HandOverWorkerRole',
      Action: ['iam:PassRole'],
      Resource: [roles.worker.arn],
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    {
      // Amazon's parameters have no account in their ARN; the wildcard of `arn` matches that too.
      Sid: 'ReadImage',
      Action: ['ssm:GetParameters'],
      Resource: [...new Set(Object.values(config.pools).map((pool) => imageParameter(pool.instanceTypes)))]
        .sort()
        .map((name) => arn('ssm', config.region, `parameter${name}`)),
    },
  ];
}

/**
 * An account that never asked for spot lacks the role under which EC2 looks after such instances, and refuses the first
 * request of whoever may not make it. (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html)
 */
function spotRole({ config }: PermissionProps): Statement[] {
  if (Object.values(config.pools).every((pool) => pool.market === 'on-demand')) return [];
  return [
    {
      Sid: 'FirstSpotRequest',
      Action: ['iam:CreateServiceLinkedRole'],
      Resource: [
        `arn:${partition(config.region)}:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot`,
      ],
      Condition: { StringEquals: { 'iam:AWSServiceName': 'spot.amazonaws.com' } },
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
  const { names, config, tables, logGroupArn } = props;
  const ssm = (name: string): string => arn('ssm', config.region, `parameter${name}`);
  return [
    { Sid: 'State', Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], Resource: [tables.state.arn] },
    { Sid: 'History', Action: ['dynamodb:PutItem'], Resource: [tables.history.arn] },
    {
      // The mailbox of an attached laptop (docs/dev-loop.md) is in the same table, under a key of its own: of the history
      // itself the function reads nothing.
      Sid: 'Mailbox',
      Action: ['dynamodb:GetItem'],
      Resource: [tables.history.arn],
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [mailboxKey(names.cluster)] } },
    },
    { Sid: 'SeeInstances', Action: ['ec2:DescribeInstances'], Resource: ['*'] },
    ...launching(props),
    ...spotRole(props),
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
