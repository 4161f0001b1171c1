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
    expect(alarms).toHaveLength(7);
    for (const each of alarms) {
      expect(each.alarm_actions).toEqual([expect.stringContaining('aws_sns_topic')]);
      expect(each.ok_actions).toEqual(each.alarm_actions);
    }
    expect(one(stack, 'aws_sns_topic_subscription')).toMatchObject({ protocol: 'email', endpoint: 'ops@example.com' });
  });

  const of = { namespace: 'k3s-autoscaler', dimensions: { Cluster: 'k3s-test' } };
  const ofLambda = { namespace: 'AWS/Lambda', dimensions: { FunctionName: 'k3s-test-autoscaler' } };
  const above = { comparison_operator: 'GreaterThanOrEqualToThreshold', threshold: 1 };
  const quiet = { treat_missing_data: 'notBreaching' };
  const tick = { period: 120 };

  // `Minimum` over each tick's period: one good tick in between clears the alarm.
  it.each([
    [
      'no-good-tick',
      'no tick ended well in three intervals, also when there is no metric at all',
      {
        ...of,
        metric_name: 'GoodTicks',
        statistic: 'Sum',
        period: 360,
        evaluation_periods: 1,
        comparison_operator: 'LessThanThreshold',
        threshold: 1,
        treat_missing_data: 'breaching',
      },
    ],
    [
      'errors',
      'one invocation failed',
      { ...ofLambda, ...above, ...quiet, ...tick, metric_name: 'Errors', statistic: 'Sum', evaluation_periods: 1 },
    ],
    [
      'unknown-data',
      'as many ticks in a row as configured were blind',
      { ...of, ...above, ...quiet, ...tick, metric_name: 'UnknownData', statistic: 'Minimum', evaluation_periods: 4 },
    ],
    [
      'max-reached',
      'three ticks in a row had demand over a limit',
      {
        ...of,
        ...above,
        ...quiet,
        ...tick,
        metric_name: 'MaxReachedWithDemand',
        statistic: 'Minimum',
        evaluation_periods: 3,
      },
    ],
    [
      'circuit-open',
      'one tick found a circuit open',
      { ...of, ...above, ...quiet, ...tick, metric_name: 'CircuitOpen', statistic: 'Maximum', evaluation_periods: 1 },
    ],
    [
      'quota-exceeded',
      'one tick found offerings that a quota keeps from it',
      { ...of, ...above, ...quiet, ...tick, metric_name: 'QuotaExceeded', statistic: 'Maximum', evaluation_periods: 1 },
    ],
    [
      'orphans',
      'three ticks in a row found one',
      { ...of, ...above, ...quiet, ...tick, metric_name: 'Orphans', statistic: 'Minimum', evaluation_periods: 3 },
    ],
  ])('%s fires when %s', (name, _, expected) => {
    const fields = Object.keys(expected);
    expect(Object.fromEntries(fields.map((field) => [field, alarm(name)[field]]))).toEqual(expected);
  });
});
