import type { Construct } from 'constructs';
import { IamRole } from '#aws/iam-role';
import { IamRolePolicy } from '#aws/iam-role-policy';

/** Roles and statements, and ARNs that need no look-up, so that a plan needs no account. */

export interface Statement {
  Sid: string;
  Effect?: 'Allow' | 'Deny';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export const policyDocument = (statements: Statement[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });

export function partition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** What the names of AWS' hosts end with (https://docs.amazonaws.cn/en_us/general/latest/gr/rande.html). */
export const dnsSuffix = (region: string): string =>
  partition(region) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';

/** Any account: a role's rights end at its own, unless a resource policy elsewhere lets it in. */
export const arn = (service: string, region: string, resource: string, account = '*'): string =>
  `arn:${partition(region)}:${service}:${region}:${account}:${resource}`;

export interface ServiceRoleConfig {
  name: string;
  /** `lambda.amazonaws.com`. */
  service: string;
  statements: Statement[];
  trustCondition?: Statement['Condition'];
}

export interface ServiceRole {
  role: IamRole;
  /** Whatever needs the rights as soon as it is made depends on it: the role alone has none. */
  policy: IamRolePolicy;
}

/** A role that one service assumes, with one inline policy. */
export function serviceRole(scope: Construct, id: string, config: ServiceRoleConfig): ServiceRole {
  const { name, service, statements, trustCondition } = config;
  const trust = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: service },
    ...(trustCondition === undefined ? {} : { Condition: trustCondition }),
  };
  const role = new IamRole(scope, id, {
    name,
    assumeRolePolicy: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
  });
  const policy = new IamRolePolicy(scope, `${id}-policy`, {
    name,
    role: role.name,
    policy: policyDocument(statements),
  });
  return { role, policy };
}
