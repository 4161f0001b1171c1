import type { LambdaFunction } from './function';

const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Milliseconds of EventBridge Scheduler's `rate(2 minutes)`. @throws Error for any other expression */
export function rateMs(expression: string): number {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (value === undefined || unit === undefined) throw new Error(`no rate of the Scheduler: ${expression}`);
  return Number(value) * (UNITS[unit] as number);
}

/** EventBridge Scheduler: calls the function at its rate and waits for none; nothing is repeated. */
export class Schedule {
  readonly #timer: NodeJS.Timeout;

  /** @param input the event, as the schedule's target has it */
  constructor(lambda: LambdaFunction, expression: string, input: string) {
    this.#timer = setInterval(() => void lambda.invoke(JSON.parse(input)), rateMs(expression));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
