import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, paginateDescribeParameters } from '@aws-sdk/client-ssm';
import { DynamoStore } from '../../../adapters/dynamodb';
import { History } from '../../../adapters/dynamodb-history';
import { createSsmClient } from '../../../adapters/ssm';
import type { RuntimeResources } from '../../../config/runtime';
import { lookUp } from '../../../history/look-up';
import { LAPTOP_TIMEOUTS, laptopClient } from '../../stage';
import { type Asker, ask, askFor, clientOptions } from './ask';
import type { Outside } from './outside';

type OfStack = Pick<Outside, 'image' | 'deployedFunction' | 'history' | 'state' | 'parameters' | 'alarms'>;

/** What the stage's stack made, and what the function has written. */
export function stackOutside(asker: Asker): OfStack & { destroy: () => void } {
  const { stage } = asker;
  const { cluster, region, table, historyTable, function: FunctionName } = stage;
  const lambda = new LambdaClient(clientOptions(asker));
  const cloudwatch = new CloudWatchClient(clientOptions(asker));
  const ssm = createSsmClient({ region, dualStack: false, timeouts: LAPTOP_TIMEOUTS });
  const dynamo = laptopClient(region);
  const ofFunction = (action: string) => ({
    service: 'Lambda',
    name: FunctionName,
    right: `lambda:${action} on ${FunctionName}`,
  });
  return {
    image: async (Name) => {
      const where = { service: 'SSM', name: Name, right: `ssm:GetParameter on ${Name}` };
      const found = await askFor(asker, where, ['ParameterNotFound'], (o) =>
        ssm.send(new GetParameterCommand({ Name }), o),
      );
      return found?.Parameter?.Value;
    },
    deployedFunction: async () => {
      const nothing = ['ResourceNotFoundException'];
      const found = await askFor(asker, ofFunction('GetFunctionConfiguration'), nothing, (o) =>
        lambda.send(new GetFunctionConfigurationCommand({ FunctionName }), o),
      );
      if (found === undefined) return undefined;
      const concurrency = await askFor(asker, ofFunction('GetFunctionConcurrency'), nothing, (o) =>
        lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }), o),
      );
      return {
        state: found.State ?? 'Active',
        update: found.LastUpdateStatus ?? 'Successful',
        reason: found.StateReason ?? found.LastUpdateStatusReason,
        changedAt: Date.parse(found.LastModified ?? ''),
        reserved: concurrency?.ReservedConcurrentExecutions,
        launchTemplates: templatesIn(found.Environment?.Variables?.AUTOSCALER_RESOURCES),
      };
    },
    history: () => {
      const where = { service: 'DynamoDB', name: historyTable, right: `dynamodb:Query on table/${historyTable}` };
      return ask(asker, where, () => lookUp(new History({ client: dynamo, historyTable, cluster }), undefined, 1));
    },
    state: () => {
      const where = { service: 'DynamoDB', name: table, right: `dynamodb:GetItem on table/${table}` };
      const store = new DynamoStore({
        client: dynamo,
        table,
        historyTable,
        cluster,
        log: () => {},
        deadlineMs: LAPTOP_TIMEOUTS.deadlineMs,
      });
      return ask(asker, where, () => store.read());
    },
    parameters: (names) => {
      const where = { service: 'SSM', name: 'parameters', right: 'ssm:DescribeParameters' };
      return ask(asker, where, async (o) => {
        const ParameterFilters = [{ Key: 'Name', Option: 'Equals', Values: [...names] }];
        const found = [];
        for await (const page of paginateDescribeParameters({ client: ssm }, { ParameterFilters }, o)) {
          found.push(...(page.Parameters ?? []));
        }
        return found.map(({ Name = '', Version = 0, LastModifiedDate }) => ({
          name: Name,
          version: Version,
          writtenAt: LastModifiedDate?.getTime() ?? 0,
        }));
      });
    },
    alarms: (AlarmNamePrefix) => {
      const where = { service: 'CloudWatch', name: `${AlarmNamePrefix}*`, right: 'cloudwatch:DescribeAlarms' };
      return ask(asker, where, async (o) => {
        const found = [];
        const pages = paginateDescribeAlarms(
          { client: cloudwatch },
          { AlarmNamePrefix, AlarmTypes: ['MetricAlarm'] },
          o,
        );
        for await (const { MetricAlarms = [] } of pages) found.push(...MetricAlarms);
        return found.map((alarm) => ({
          name: alarm.AlarmName ?? '',
          state: alarm.StateValue ?? '',
          reason: alarm.StateReason ?? '',
          description: alarm.AlarmDescription ?? '',
          since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime(),
        }));
      });
    },
    destroy: () => {
      for (const client of [lambda, cloudwatch, ssm, dynamo]) client.destroy();
    },
  };
}

/** Lambda tells no environment that it could not decrypt. */
function templatesIn(resources: string | undefined): Record<string, string> | undefined {
  try {
    const { launchTemplates } = JSON.parse(resources ?? '{}') as Partial<RuntimeResources>;
    return launchTemplates && Object.fromEntries(Object.entries(launchTemplates).map(([pool, { id }]) => [pool, id]));
  } catch {
    return undefined;
  }
}
