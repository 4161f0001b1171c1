import { Construct } from 'constructs';
import type { LambdaFunction } from '#aws/lambda-function';
import { SchedulerSchedule } from '#aws/scheduler-schedule';
import type { ITerraformDependable } from '#cdk';
import { durationMs } from '../config/durations';
import type { ResolvedConfig } from '../config/resolve';
import { NO_RETRIES } from './function';
import { arn, serviceRole } from './iam';
import type { StageNames } from './names';

interface Props {
  names: StageNames;
  config: ResolvedConfig;
  lambda: LambdaFunction;
  /** Nothing may tick any more when the function retires: the schedule goes before it. */
  lifecycle: ITerraformDependable;
}

/** `rate(1 minute)`, `rate(2 minutes)`: the Scheduler refuses the wrong number. */
export function rate(every: string): string {
  const minutes = durationMs(every) / 60_000;
  return `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`;
}

/** The tick that needs nobody: at a fixed rate, at once or not at all. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, { names, config, lambda, lifecycle }: Props) {
    super(scope, id);
    const name = names.function;
    const { role } = serviceRole(this, 'role', {
      name: `${name}-schedule`,
      service: 'scheduler.amazonaws.com',
      statements: [{ Sid: 'Invoke', Action: ['lambda:InvokeFunction'], Resource: [lambda.arn] }],
      // Of the group, not of the schedule: the Scheduler refuses a role that is narrowed further
      // (https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html).
      trustCondition: { ArnLike: { 'aws:SourceArn': arn('scheduler', config.region, 'schedule-group/default') } },
    });
    new SchedulerSchedule(this, 'schedule', {
      name,
      scheduleExpression: rate(config.schedule.every),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: lambda.arn,
        roleArn: role.arn,
        input: JSON.stringify({ trigger: 'schedule' }),
        retryPolicy: NO_RETRIES,
      },
      dependsOn: [lifecycle],
    });
  }
}
