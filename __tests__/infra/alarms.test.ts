import { all, one, synthesized } from './support';

describe('alarms', () => {
  it('are not there unless they are asked for: CloudWatch charges for them', () => {
    const stack = synthesized();
    expect(all(stack, 'aws_cloudwatch_metric_alarm')).toEqual([]);
    expect(all(stack, 'aws_sns_topic')).toEqual([]);
  });

  const stack = synthesized({
    schedule: { every: '2m' },
    alarms: { enabled: true, emails: ['ops@example.com'], unknownTicks: 4 },
  });
  const alarm = (name: string) =>
    one(stack, 'aws_cloudwatch_metric_alarm', 'alarm_name', `k3s-test-autoscaler-${name}`);

  it('all tell one topic, when they begin and when they end', () => {
    const alarms = all(stack, 'aws_cloudwatch_metric_alarm');
    expect(alarms).toHaveLength(6);
    for (const each of alarms) {
      expect(each.alarm_actions).toEqual([expect.stringContaining('aws_sns_topic')]);
      expect(each.ok_actions).toEqual(each.alarm_actions);
    }
    expect(one(stack, 'aws_sns_topic_subscription')).toMatchObject({ protocol: 'email', endpoint: 'ops@example.com' });
  });

  it('fire when no tick ended well in three intervals, also when there is no metric at all', () => {
    expect(alarm('no-good-tick')).toMatchObject({
      namespace: 'k3s-autoscaler',
      metric_name: 'GoodTicks',
      dimensions: { Cluster: 'k3s-test' },
      statistic: 'Sum',
      period: 360,
      evaluation_periods: 1,
      comparison_operator: 'LessThanThreshold',
      threshold: 1,
      treat_missing_data: 'breaching',
    });
  });

  it('fire for a failed invocation', () => {
    expect(alarm('errors')).toMatchObject({
      namespace: 'AWS/Lambda',
      metric_name: 'Errors',
      dimensions: { FunctionName: 'k3s-test-autoscaler' },
      comparison_operator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it.each([
    ['unknown-data', 'UnknownData', 4],
    ['max-reached', 'MaxReachedWithDemand', 3],
    ['orphans', 'Orphans', 3],
  ])('%s fires when every tick of %s periods shows it', (name, metric, periods) => {
    expect(alarm(name)).toMatchObject({
      metric_name: metric,
      statistic: 'Minimum',
      period: 120,
      evaluation_periods: periods,
      treat_missing_data: 'notBreaching',
    });
  });

  it('circuit-open fires at once', () => {
    expect(alarm('circuit-open')).toMatchObject({ metric_name: 'CircuitOpen', evaluation_periods: 1 });
  });
});
