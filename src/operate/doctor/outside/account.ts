import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type Asker, ask, askFor, clientOptions } from './ask';
import type { Outside } from './outside';

/** Whose credentials these are, and what the account may have. */
export function accountOutside(
  asker: Asker,
): Pick<Outside, 'identity' | 'quota' | 'concurrency' | 'hasRole'> & { destroy: () => void } {
  const options = clientOptions(asker);
  const [sts, iam, quotas, lambda] = [
    new STSClient(options),
    new IAMClient(options),
    new ServiceQuotasClient(options),
    new LambdaClient(options),
  ];
  return {
    identity: async () => {
      const where = { service: 'STS', name: 'credentials', right: 'sts:GetCallerIdentity' };
      const { Account = '', Arn = '' } = await ask(asker, where, (o) => sts.send(new GetCallerIdentityCommand({}), o));
      return { account: Account, arn: Arn };
    },
    quota: async (QuotaCode) => {
      const input = { ServiceCode: 'ec2', QuotaCode };
      const where = (action: string) => ({
        service: 'Service Quotas',
        name: QuotaCode,
        right: `servicequotas:${action}`,
      });
      // Of an account for which nobody ever asked for another value there may be the default alone
      // (https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html).
      const nothing = ['NoSuchResourceException'];
      const applied = await askFor(asker, where('GetServiceQuota'), nothing, (o) =>
        quotas.send(new GetServiceQuotaCommand(input), o),
      );
      if (applied?.Quota?.Value !== undefined) return applied.Quota.Value;
      const standard = await askFor(asker, where('GetAWSDefaultServiceQuota'), nothing, (o) =>
        quotas.send(new GetAWSDefaultServiceQuotaCommand(input), o),
      );
      return standard?.Quota?.Value;
    },
    concurrency: async () => {
      // Not by Service Quotas (L-B99A9384), which long knew nothing of a value that was never changed, and never knows
      // what functions have reserved (https://docs.aws.amazon.com/lambda/latest/api/API_AccountLimit.html).
      const where = { service: 'Lambda', name: 'account settings', right: 'lambda:GetAccountSettings' };
      const { AccountLimit } = await ask(asker, where, (o) => lambda.send(new GetAccountSettingsCommand({}), o));
      return {
        all: AccountLimit?.ConcurrentExecutions ?? 0,
        unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
      };
    },
    hasRole: async (RoleName) => {
      const where = { service: 'IAM', name: RoleName, right: 'iam:GetRole' };
      const nothing = ['NoSuchEntityException', 'NoSuchEntity'];
      const found = await askFor(asker, where, nothing, (o) => iam.send(new GetRoleCommand({ RoleName }), o));
      return found !== undefined;
    },
    destroy: () => {
      for (const client of [sts, iam, quotas, lambda]) client.destroy();
    },
  };
}
