/** What a pretended AWS holds, by kind: asked of AWS's own APIs, so that nothing depends on what Terraform believes. */

interface Question {
  service: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Finds the name or id of each thing in the answer. */
  names: RegExp;
}

const ec2 = (action: string, tag: string, filter = ''): Question => ({
  service: 'ec2',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: `Action=${action}&Version=2016-11-15${filter}`,
  names: new RegExp(`<${tag}>(.*?)</${tag}>`, 'g'),
});

const form = (service: string, version: string, action: string, tag: string): Question => ({
  ...ec2(action, tag),
  service,
  body: `Action=${action}&Version=${version}`,
});

const json = (service: string, target: string, field: string): Question => ({
  service,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
  body: '{}',
  names: new RegExp(`"${field}": ?"(.*?)"`, 'g'),
});

const rest = (service: string, path: string, names: RegExp): Question => ({ service, path, names });

/** What is gone stays on the list for a while, as it does on AWS. */
const inState = (filter: string, ...states: string[]): string =>
  [`&Filter.1.Name=${filter}`, ...states.map((state, index) => `&Filter.1.Value.${index + 1}=${state}`)].join('');
const LIVE_INSTANCES = inState('instance-state-name', 'pending', 'running', 'stopping', 'stopped');
const LIVE_ENDPOINTS = inState('vpc-endpoint-state', 'pending', 'available', 'deleting');

const QUESTIONS: Record<string, Question> = {
  vpcs: ec2('DescribeVpcs', 'vpcId'),
  subnets: ec2('DescribeSubnets', 'subnetId'),
  gateways: ec2('DescribeInternetGateways', 'internetGatewayId'),
  'egress-only gateways': ec2('DescribeEgressOnlyInternetGateways', 'egressOnlyInternetGatewayId'),
  endpoints: ec2('DescribeVpcEndpoints', 'vpcEndpointId', LIVE_ENDPOINTS),
  'route tables': ec2('DescribeRouteTables', 'routeTableId'),
  'security groups': ec2('DescribeSecurityGroups', 'groupId'),
  instances: ec2('DescribeInstances', 'instanceId', LIVE_INSTANCES),
  volumes: ec2('DescribeVolumes', 'volumeId'),
  'launch templates': ec2('DescribeLaunchTemplates', 'launchTemplateId'),
  roles: form('iam', '2010-05-08', 'ListRoles', 'RoleName'),
  'instance profiles': form('iam', '2010-05-08', 'ListInstanceProfiles', 'InstanceProfileName'),
  tables: { ...json('dynamodb', 'DynamoDB_20120810.ListTables', ''), names: /"([^"]*k3s[^"]*)"/g },
  parameters: json('ssm', 'AmazonSSM.DescribeParameters', 'Name'),
  functions: rest('lambda', '/2015-03-31/functions/', /"FunctionName": ?"(.*?)"/g),
  'log groups': json('logs', 'Logs_20140328.DescribeLogGroups', 'logGroupName'),
  schedules: rest('scheduler', '/schedules', /"Arn": ?"(.*?)"/g),
  rules: json('events', 'AWSEvents.ListRules', 'Name'),
  buckets: rest('s3', '/', /<Name>(.*?)<\/Name>/g),
  topics: form('sns', '2010-03-31', 'ListTopics', 'TopicArn'),
  alarms: form('monitoring', '2010-08-01', 'DescribeAlarms', 'AlarmName'),
};

async function answer(endpoint: string, { service, path = '/', headers, body, names }: Question): Promise<string[]> {
  const response = await fetch(`${endpoint}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    // moto reads the service and the region out of it, and believes it.
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/${service}/aws4_request, Signature=none`,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service} ${body ?? path} answered ${response.status}: ${text.slice(0, 300)}`);
  return [...new Set([...text.matchAll(names)].map((match) => match[1] ?? ''))].sort();
}

/** Names and ids by kind. */
export async function inventory(endpoint: string): Promise<Record<string, string[]>> {
  const entries = Object.entries(QUESTIONS).map(async ([kind, question]) => [kind, await answer(endpoint, question)]);
  return Object.fromEntries(await Promise.all(entries));
}
