import { Construct } from 'constructs';
import { CloudwatchMetricAlarm } from '#aws/cloudwatch-metric-alarm';
import { SnsTopic } from '#aws/sns-topic';
import { SnsTopicSubscription } from '#aws/sns-topic-subscription';
import { METRICS } from '../autoscaler/names';
import type { ResolvedConfig } from '../config/resolve';
import { alarmName, alarmsOf } from './alarm-list';
import type { StageNames } from './names';

interface Props {
  names: StageNames;
  config: ResolvedConfig;
}

/** Who is told when the autoscaler cannot do its work: a topic, and what sets it off. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { names, config }: Props) {
    super(scope, id);
    const topic = new SnsTopic(this, 'topic', { name: `${names.function}-alarms` });
    for (const endpoint of config.alarms.emails) {
      new SnsTopicSubscription(this, `to-${endpoint}`, { topicArn: topic.arn, protocol: 'email', endpoint });
    }
    for (const [name, alarm] of Object.entries(alarmsOf(names, config))) {
      new CloudwatchMetricAlarm(this, name, {
        alarmName: alarmName(names, name),
        alarmDescription: alarm.description,
        namespace: METRICS.namespace,
        dimensions: { [METRICS.dimension]: names.cluster },
        ...alarm.source,
        metricName: alarm.metric,
        statistic: alarm.statistic,
        period: alarm.period,
        evaluationPeriods: alarm.periods,
        comparisonOperator: alarm.below ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
        threshold: 1,
        treatMissingData: alarm.missing,
        alarmActions: [topic.arn],
        okActions: [topic.arn],
      });
    }
  }
}
