import { Construct } from 'constructs';
import type { LambdaFunction } from '#aws/lambda-function';
import { SchedulerSchedule } from '#aws/scheduler-schedule';
import { durationMs } from '../config/durations';
import { MAX_EVENT_AGE } from './function';
import { serviceRole } from './iam';

interface Props {
  name: string;
  /** A duration of whole minutes. */
  every: string;
  lambda: LambdaFunction;
}

/** `rate(1 minute)`, `rate(2 minutes)`: the Scheduler refuses the wrong number. */
export function rate(every: string): string {
  const minutes = durationMs(every) / 60_000;
  return `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`;
}

/** The tick that needs nobody: at a fixed rate, at once or not at all. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, { name, every, lambda }: Props) {
    super(scope, id);
    const role = serviceRole(this, 'role', {
      name: `${name}-schedule`,
      service: 'scheduler.amazonaws.com',
      statements: [{ Sid: 'Invoke', Action: ['lambda:InvokeFunction'], Resource: [lambda.arn] }],
    });
    new SchedulerSchedule(this, 'schedule', {
      name,
      scheduleExpression: rate(every),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: lambda.arn,
        roleArn: role.arn,
        input: JSON.stringify({ trigger: 'schedule' }),
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: MAX_EVENT_AGE },
      },
    });
  }
}
