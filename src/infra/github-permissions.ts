import { BOOTSTRAP, PLAN_PREFIX, STATE_PREFIX, stateKey } from './backend';
import { arn, partition, type Statement } from './iam';

/**
 * What the three roles for GitHub Actions may do. That of pull requests reads states. The other two: the services that
 * the stack uses and, where a service has names, what is called as the stack calls it. The deploy role makes roles for
 * the nodes and the function and writes their rights, so whoever holds it can reach anything in the account by way of
 * such a role. A permissions boundary on all of them would end that, at the price of one more thing to bootstrap and of
 * a condition on every role; what stands in the way here is that only protected environments of GitHub get the role.
 * See docs/security.md.
 */

export interface GithubPermissionProps {
  /** Of the states. */
  bucketArn: string;
  region: string;
}

/** Everything of a stage that has a name begins so. */
const NAMES = 'k3s-*';

/** ARNs of what a stage is made of, by service. */
function resources(region: string) {
  const global = (service: string, account: string, resource: string) =>
    `arn:${partition(region)}:${service}::${account}:${resource}`;
  return {
    roles: global('iam', '*', `role/${NAMES}`),
    profiles: global('iam', '*', `instance-profile/${NAMES}`),
    // Not `k3s-*`: that could be what somebody calls the bucket of the states.
    nodeFiles: ['k3s-*-nodes-*', 'k3s-*-nodes-*/*'].map((name) => global('s3', '', name)),
    functions: arn('lambda', region, `function:${NAMES}`),
    tables: arn('dynamodb', region, `table/${NAMES}`),
    parameters: arn('ssm', region, 'parameter/k3s/*'),
    // Amazon's own, such as the image that a launch template names; they have no account in their ARN.
    publicParameters: arn('ssm', region, 'parameter/aws/service/*', ''),
    schedules: arn('scheduler', region, `schedule/default/${NAMES}`),
    rules: arn('events', region, `rule/${NAMES}`),
    logs: [`log-group:/aws/lambda/${NAMES}`, `log-group:/aws/lambda/${NAMES}:*`].map((name) =>
      arn('logs', region, name),
    ),
    topics: arn('sns', region, NAMES),
    alarms: arn('cloudwatch', region, `alarm:${NAMES}`),
  };
}

/**
 * Rights that a plan of a pull request needs, made with `-lock=false -refresh=false`: it compares with the state, writes
 * nothing, and asks AWS for nothing. So code that nobody has reviewed gets no token and no way to disturb a deploy.
 */
export function pullRequestStatements({ bucketArn }: Pick<GithubPermissionProps, 'bucketArn'>): Statement[] {
  return [
    { Sid: 'FindStates', Action: ['s3:ListBucket'], Resource: [bucketArn] },
    { Sid: 'ReadStates', Action: ['s3:GetObject'], Resource: [`${bucketArn}/${STATE_PREFIX}/*`] },
  ];
}

/** Taking and giving back the locks of stages. */
function lockStatements(bucketArn: string): Statement[] {
  const lock = `${bucketArn}/${stateKey('*')}.tflock`;
  return [
    { Sid: 'LockStates', Action: ['s3:PutObject', 's3:DeleteObject'], Resource: [lock] },
    {
      // The bucket and these roles are for people to change.
      Sid: 'NotTheirOwnState',
      Effect: 'Deny',
      Action: ['s3:PutObject', 's3:DeleteObject'],
      Resource: [`${bucketArn}/${STATE_PREFIX}/${BOOTSTRAP}/*`],
    },
  ];
}

/**
 * Rights that a plan of the main branch needs. Among them is reading the parameters with the tokens: the provider asks
 * for the decrypted value when it refreshes a parameter, although it keeps none that is write-only (seen with 5.100).
 */
export function planStatements({ bucketArn, region }: GithubPermissionProps): Statement[] {
  const of = resources(region);
  return [
    ...pullRequestStatements({ bucketArn }),
    ...lockStatements(bucketArn),
    // Written and not read: a deploy takes a plan by the sum of its bytes, so nobody can put another in its place.
    { Sid: 'KeepPlans', Action: ['s3:PutObject'], Resource: [`${bucketArn}/${PLAN_PREFIX}/*`] },
    {
      // These have no names to hold on to, or are asked for as lists.
      Sid: 'Look',
      Action: [
        'ec2:Describe*',
        'ec2:GetSubnetCidrReservations',
        'ssm:DescribeParameters',
        'logs:DescribeLogGroups',
        'cloudwatch:DescribeAlarms',
        'sns:GetSubscriptionAttributes',
      ],
      Resource: ['*'],
    },
    {
      Sid: 'Read',
      Action: [
        'iam:Get*',
        'iam:List*',
        's3:Get*',
        's3:ListBucket',
        'lambda:Get*',
        'lambda:List*',
        'dynamodb:Describe*',
        'dynamodb:ListTagsOfResource',
        'ssm:GetParameter',
        'ssm:GetParameters',
        'ssm:ListTagsForResource',
        'scheduler:GetSchedule',
        'events:Describe*',
        'events:List*',
        'logs:ListTagsForResource',
        'sns:Get*',
        'sns:List*',
        'cloudwatch:ListTagsForResource',
      ],
      Resource: [
        of.roles,
        of.profiles,
        ...of.nodeFiles,
        of.functions,
        of.tables,
        of.parameters,
        of.publicParameters,
        of.schedules,
        of.rules,
        ...of.logs,
        of.topics,
        of.alarms,
      ],
    },
  ];
}

export function deployStatements({ bucketArn, region }: GithubPermissionProps): Statement[] {
  const of = resources(region);
  return [
    ...planStatements({ bucketArn, region }),
    { Sid: 'TakePlans', Action: ['s3:GetObject'], Resource: [`${bucketArn}/${PLAN_PREFIX}/*`] },
    { Sid: 'WriteStates', Action: ['s3:PutObject'], Resource: [`${bucketArn}/${stateKey('*')}`] },
    {
      // Networks, volumes and instances have ids and no names, and many calls know no tags.
      Sid: 'Ec2OfTheRegion',
      Action: ['ec2:*'],
      Resource: ['*'],
      Condition: { StringEquals: { 'aws:RequestedRegion': region } },
    },
    {
      Sid: 'NamedThings',
      Action: ['s3:*', 'lambda:*', 'dynamodb:*', 'ssm:*', 'scheduler:*', 'events:*', 'logs:*', 'sns:*', 'cloudwatch:*'],
      Resource: [
        ...of.nodeFiles,
        of.functions,
        of.tables,
        of.parameters,
        of.schedules,
        of.rules,
        ...of.logs,
        of.topics,
        of.alarms,
      ],
    },
    {
      // No policy can be attached: the stack writes its own, and `AdministratorAccess` is one word away otherwise.
      Sid: 'RolesOfStages',
      Action: [
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:UpdateRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:PutRolePolicy',
        'iam:DeleteRolePolicy',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:AddRoleToInstanceProfile',
        'iam:RemoveRoleFromInstanceProfile',
        'iam:TagInstanceProfile',
        'iam:UntagInstanceProfile',
      ],
      Resource: [of.roles, of.profiles],
    },
    {
      Sid: 'HandRolesToServices',
      Action: ['iam:PassRole'],
      Resource: [of.roles],
      Condition: {
        StringEquals: {
          'iam:PassedToService': ['ec2.amazonaws.com', 'lambda.amazonaws.com', 'scheduler.amazonaws.com'],
        },
      },
    },
  ];
}
