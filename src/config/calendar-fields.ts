import { z } from 'zod';
import { startsOf } from '../autoscaler/planning/calendar';
import { rule } from './fields';

/** Kinds of fields that say when: read by the same library, with the same options, as the function reads them. */

/** Offsets like `+01:00` are no zones: they have no summer. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const timeZone = (description: string) =>
  z
    .string()
    .superRefine((name, ctx) => {
      if (isTimeZone(name)) return;
      rule(ctx, name, { rule: 'must be a time zone of the IANA database', fix: "write for example 'Europe/Berlin'" });
    })
    .meta({ description, type: 'time zone' })
    .default('UTC');

/** Five fields and nothing else: croner also takes `?`, which means when it was asked, and names like `@daily`. */
const FIVE_FIELDS = /^[\w*,/#-]+( +[\w*,/#-]+){4}$/;
/** Any will do: what a start names comes again every few years at the latest. */
const SOME_DAY = new Date('2026-01-01T00:00:00Z');

function cronMistake(text: string): string | undefined {
  if (!FIVE_FIELDS.test(text)) return 'must be five fields of cron: minute, hour, day of month, month, day of week';
  try {
    return startsOf(text, 'UTC').nextRun(SOME_DAY) === null ? 'must name a time that comes' : undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    return `must be five fields of cron that can be read: ${reason}`;
  }
}

export const cron = (example: string, description: string) =>
  z
    .string()
    .superRefine((text, ctx) => {
      const mistake = cronMistake(text);
      if (mistake !== undefined) rule(ctx, text, { rule: mistake, fix: `write for example '${example}'` });
    })
    .meta({ description, type: 'cron', examples: [example] });
