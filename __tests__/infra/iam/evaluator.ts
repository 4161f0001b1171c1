import { runSimulation } from '@cloud-copilot/iam-simulate';
import { one, type Synthesized } from '../support';

/** Asks an evaluator that knows IAM's conditions, and which keys each resource has, what a role of the stack may do. */

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

export interface Call {
  action: string;
  resource: string;
  /** Condition keys of the request and of the resource; those that the action does not know are left out, as AWS does. */
  context?: Record<string, string | string[]>;
}

export type Verdict = 'Allowed' | 'ImplicitlyDenied' | 'ExplicitlyDenied';

const arn = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

/** ARNs as AWS would give them to the resources of the stack, by type; `name` tells them apart. */
const ARNS: Record<string, (name: string) => string> = {
  aws_launch_template: (name) => arn('ec2', `launch-template/lt-${name}`),
  aws_subnet: (name) => arn('ec2', `subnet/subnet-${name}`),
  aws_security_group: (name) => arn('ec2', `security-group/sg-${name}`),
  aws_iam_role: (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  aws_dynamodb_table: (name) => arn('dynamodb', `table/${name}`),
  aws_cloudwatch_log_group: (name) => arn('logs', `log-group:${name}`),
  aws_lambda_function: (name) => arn('lambda', `function:${name}`),
  aws_s3_bucket: (name) => `arn:aws:s3:::${name}`,
};

/** The ARN of a resource of the stack by its address in Terraform. */
export function arnOf(stack: Synthesized, type: string, id: string): string {
  const make = ARNS[type];
  const resource = stack.resource[type]?.[id];
  if (make === undefined || resource === undefined) throw new Error(`no ARN for ${type}.${id}`);
  const named = typeof resource.name === 'string' ? resource.name.replaceAll(/^\/|\/$/g, '') : id;
  return make(named);
}

const resolved = (stack: Synthesized, text: string): string =>
  text.replaceAll(/\$\{(aws_[a-z0-9_]+)\.([^.}]+)\.arn\}/g, (_, type: string, id: string) => arnOf(stack, type, id));

/** What IAM says to one call under the role's policy. Throws where the policy itself is invalid, or the call unknown. */
export async function verdictOn(stack: Synthesized, role: string, call: Call): Promise<Verdict> {
  const policy = one(stack, 'aws_iam_role_policy', 'name', role).policy as string;
  const text = resolved(stack, policy);
  if (text.includes('${')) throw new Error(`a reference in the policy of ${role} has no ARN: ${text}`);
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:role/${role}`,
        action: call.action,
        resource: { resource: call.resource, accountId: ACCOUNT },
        contextVariables: call.context ?? {},
      },
      identityPolicies: [{ name: role, policy: JSON.parse(text) as object }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors));
  return answer.overallResult;
}
