import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ROOT } from '../support';
import { ACCOUNT, REGION } from './evaluator';

/** The rights of whoever runs `doctor`, as docs/security.md writes them. */

const page = readFileSync(path.join(ROOT, 'docs/security.md'), 'utf8');
const [, policy = ''] = /## What doctor may ask[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];
const arn = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const table = (name: string): string => arn('dynamodb', `table/${name}`);

async function verdict(action: string, resource: string) {
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:user/ana`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: {},
      },
      identityPolicies: [{ name: 'doctor', policy: { Version: '2012-10-17', Statement: JSON.parse(policy) } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors));
  return answer.overallResult;
}

describe('whoever runs doctor', () => {
  it.each([
    ['ec2:DescribeInstances', '*'],
    ['servicequotas:GetServiceQuota', arn('servicequotas', 'ec2/L-1216C47A')],
    ['lambda:GetAccountSettings', '*'],
    ['lambda:GetFunctionConfiguration', arn('lambda', 'function:k3s-dev-ana-autoscaler')],
    ['ssm:DescribeParameters', '*'],
    ['ssm:GetParameter', arn('ssm', 'parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64')],
    ['iam:GetRole', `arn:aws:iam::${ACCOUNT}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot`],
    ['dynamodb:GetItem', table('k3s-cluster-state-dev-ana')],
    ['dynamodb:Query', table('k3s-cluster-history-dev-ana')],
    ['cloudwatch:DescribeAlarms', arn('cloudwatch', 'alarm:k3s-dev-ana-autoscaler-errors')],
  ])('may %s on %s', async (action, resource) => {
    expect(await verdict(action, resource)).toBe('Allowed');
  });

  it.each([
    ['ssm:GetParameter', arn('ssm', 'parameter/k3s/join-token/dev-ana')],
    ['lambda:InvokeFunction', arn('lambda', 'function:k3s-dev-ana-autoscaler')],
    ['dynamodb:UpdateItem', table('k3s-cluster-state-dev-ana')],
    ['dynamodb:GetItem', table('k3s-cluster-state')],
    ['ec2:TerminateInstances', arn('ec2', 'instance/i-0abc')],
    ['iam:GetRole', `arn:aws:iam::${ACCOUNT}:role/admin`],
  ])('may not %s on %s', async (action, resource) => {
    expect(await verdict(action, resource)).toBe('ImplicitlyDenied');
  });

  it('may do nothing but look', () => {
    const actions = (JSON.parse(policy) as { Action: string | string[] }[]).flatMap(({ Action }) => Action);
    expect(actions.filter((action) => !/:(Get|Describe|Query)/.test(action))).toEqual([]);
  });
});
