import type { METRICS } from '../autoscaler/names';
import { ALARM_TICKS } from '../config/contradictions';
import { durationMs } from '../config/durations';
import type { ResolvedConfig } from '../config/resolve';
import type { StageNames } from './names';

/** Which alarms a stage has, for the stack that makes them and for who looks whether they are there. */

export interface Alarm {
  description: string;
  metric: (typeof METRICS.names)[number] | 'Errors';
  /** Seconds. */
  period: number;
  periods: number;
  statistic: 'Sum' | 'Minimum' | 'Maximum';
  /** By default the autoscaler's own metrics. */
  source?: { namespace: string; dimensions: Record<string, string> };
  below?: true;
  missing: 'breaching' | 'notBreaching';
}

/** What CloudWatch calls it. */
export const alarmName = ({ function: name }: Pick<StageNames, 'function'>, alarm: string): string =>
  `${name}-${alarm}`;

/** By name; what is off in the configuration is not asked here. */
export function alarmsOf(
  names: Pick<StageNames, 'function'>,
  config: Pick<ResolvedConfig, 'alarms' | 'schedule'>,
): Record<string, Alarm> {
  const period = durationMs(config.schedule.every) / 1000;
  // The least of a period, so that one good tick within it clears the alarm.
  const inEveryTick = (periods: number) =>
    ({ period, periods, statistic: 'Minimum', missing: 'notBreaching' }) as const;
  return {
    'no-good-tick': {
      description: `No tick ended well in ${ALARM_TICKS} intervals: nothing is scaled. See the log of the function.`,
      metric: 'GoodTicks',
      period: ALARM_TICKS * period,
      periods: 1,
      statistic: 'Sum',
      below: true,
      // A function that is never called writes no metric at all.
      missing: 'breaching',
    },
    errors: {
      description: 'The function failed. See its log; the next tick goes on where it stopped.',
      metric: 'Errors',
      source: { namespace: 'AWS/Lambda', dimensions: { FunctionName: names.function } },
      period,
      periods: 1,
      statistic: 'Sum',
      missing: 'notBreaching',
    },
    'unknown-data': {
      description: `Prometheus, Kubernetes or EC2 could not be trusted in ${config.alarms.unknownTicks} ticks in a row.`,
      metric: 'UnknownData',
      ...inEveryTick(config.alarms.unknownTicks),
    },
    'max-reached': {
      description: 'Pods need nodes that a limit of the configuration keeps from being launched.',
      metric: 'MaxReachedWithDemand',
      ...inEveryTick(ALARM_TICKS),
    },
    'circuit-open': {
      description: 'The last launches of a pool never joined: only one node at a time is tried there.',
      metric: 'CircuitOpen',
      period,
      periods: 1,
      statistic: 'Maximum',
      missing: 'notBreaching',
    },
    'quota-exceeded': {
      description:
        'A quota of the AWS account keeps EC2 from launching: have it raised under Service Quotas, or let the pool use other types.',
      metric: 'QuotaExceeded',
      period,
      periods: 1,
      statistic: 'Maximum',
      missing: 'notBreaching',
    },
    orphans: {
      description: 'An instance without a Node, or a Node without an instance, is there for longer than it should be.',
      metric: 'Orphans',
      ...inEveryTick(ALARM_TICKS),
    },
  };
}
