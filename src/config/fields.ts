import { z } from 'zod';
import { DURATION_RULE, parseDuration } from './durations';
import { STAGE, STAGE_RULE } from './stage';

/** Kinds of fields that the schema is made of, each with what the reference and the errors say of it. */

interface Facts {
  description: string;
  /** Empty for names and lists. */
  unit?: string;
  /** Type in words for the reference, where the schema says only `string`. */
  type?: string;
}

/** Params of a custom issue: `rule` and `fix` of the violation it becomes. */
export interface RuleParams {
  rule: string;
  fix: string;
}

const rule = (ctx: z.core.$RefinementCtx, input: unknown, params: RuleParams): void => {
  ctx.issues.push({ code: 'custom', input, params: { ...params }, message: params.rule });
};

/** What the reference shows; the text itself carries the unit. */
export const DURATION_UNIT = 'd, h, m, s';

export const duration = (standard: string, description: string, { atLeast = '1s' } = {}) =>
  z
    .string()
    .superRefine((text, ctx) => {
      const ms = parseDuration(text);
      if (ms === undefined) {
        rule(ctx, text, { rule: `must be ${DURATION_RULE}`, fix: `write for example '${standard}'` });
      } else if (ms < (parseDuration(atLeast) ?? 0)) {
        rule(ctx, text, { rule: `must be at least '${atLeast}'`, fix: `write '${atLeast}' or more` });
      }
    })
    .meta({ description, unit: DURATION_UNIT, type: 'duration' })
    .default(standard);

export const whole = (standard: number, min: number, max: number, unit: string, description: string) =>
  z.int().min(min).max(max).meta({ description, unit }).default(standard);

export const percent = (standard: number, description: string) =>
  z.number().min(0).max(100).meta({ description, unit: 'percent' }).default(standard);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value ?? {}).length === 0);

/** A name of the schema that nothing acts on yet. Taking it silently would promise what does not happen. */
export const notYet = (facts: Facts & { type: string }, standard?: unknown) => {
  const field = z.unknown().superRefine((value, ctx) => {
    if (isEmpty(value)) return;
    rule(ctx, value, { rule: 'this version does not act on it yet', fix: 'remove it' });
  });
  const description = `${facts.description} Not acted on yet: a value is refused.`;
  return (standard === undefined ? field.optional() : field.default(standard)).meta({ ...facts, description });
};

export const stageName = (description: string) =>
  z.string().regex(STAGE, STAGE_RULE).meta({ description, type: 'name' });

export const group = <T extends z.ZodRawShape>(description: string, shape: T) =>
  z
    .strictObject(shape)
    .meta({ description })
    .prefault({} as never);
