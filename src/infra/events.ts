import { Construct } from 'constructs';
import { CloudwatchEventRule } from '#aws/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '#aws/cloudwatch-event-target';
import type { LambdaFunction } from '#aws/lambda-function';
import { LambdaPermission } from '#aws/lambda-permission';
import type { ITerraformDependable } from '#cdk';
import { NO_RETRIES } from './function';

/** `detail-type` of EC2's events, and what must hold in `detail`. */
const EVENTS: Record<string, { detailType: string; detail?: Record<string, string[]> }> = {
  interruption: { detailType: 'EC2 Spot Instance Interruption Warning' },
  rebalance: { detailType: 'EC2 Instance Rebalance Recommendation' },
  // An instance that starts changes nothing yet; one that ends leaves a Node and pods behind.
  'state-change': {
    detailType: 'EC2 Instance State-change Notification',
    detail: { state: ['shutting-down', 'stopped', 'terminated'] },
  },
};

interface Props {
  name: string;
  lambda: LambdaFunction;
  /** Nothing may tick any more when the function retires: the rules go before it. */
  lifecycle: ITerraformDependable;
}

/**
 * What happens to instances, told at once. The events of EC2 bear no tags, so they come for every instance of the
 * account; each is a tick like any other, which looks at the whole cluster.
 */
export class Events extends Construct {
  constructor(scope: Construct, id: string, { name, lambda, lifecycle }: Props) {
    super(scope, id);
    for (const [event, { detailType, detail }] of Object.entries(EVENTS)) {
      const rule = new CloudwatchEventRule(this, event, {
        name: `${name}-${event}`,
        description: `${detailType}: a tick of ${name}`,
        eventPattern: JSON.stringify({
          source: ['aws.ec2'],
          'detail-type': [detailType],
          ...(detail === undefined ? {} : { detail }),
        }),
        dependsOn: [lifecycle],
      });
      const permission = new LambdaPermission(this, `${event}-permission`, {
        action: 'lambda:InvokeFunction',
        functionName: lambda.functionName,
        principal: 'events.amazonaws.com',
        sourceArn: rule.arn,
      });
      new CloudwatchEventTarget(this, `${event}-target`, {
        rule: rule.name,
        arn: lambda.arn,
        retryPolicy: NO_RETRIES,
        dependsOn: [permission],
      });
    }
  }
}
