import type { _InstanceType, RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import type { LaunchRequest } from '../autoscaler/state';

/** The frozen request as EC2 spells it. Nothing but the request goes in: same request, same ClientToken, same call. */
export function toRunInstancesInput(request: LaunchRequest, clientToken: string): RunInstancesCommandInput {
  const Tags = Object.entries(request.tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([Key, Value]) => ({ Key, Value }));
  return {
    LaunchTemplate: { LaunchTemplateId: request.templateId, Version: request.templateVersion },
    InstanceType: request.instanceType as _InstanceType,
    SubnetId: request.subnet,
    MinCount: 1,
    MaxCount: request.count,
    ClientToken: clientToken,
    ...(request.market === 'spot'
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
          },
        }
      : {}),
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
    ],
  };
}
