import { z } from 'zod';
import { parseBytes, QuantityError } from '../adapters/quantities';
import { DURATION_RULE, parseDuration } from './durations';
import { STAGE, STAGE_RULE } from './stage';

/** Kinds of fields that the schema is made of, each with what the reference and the errors say of it. */

/** Params of a custom issue: `rule` and `fix` of the violation it becomes. */
export interface RuleParams {
  rule: string;
  fix: string;
}

/** Says what is wrong with a value that its type alone would allow. */
export const rule = (ctx: z.core.$RefinementCtx, input: unknown, params: RuleParams): void => {
  ctx.issues.push({ code: 'custom', input, params: { ...params }, message: params.rule });
};

/** What the reference shows; the text itself carries the unit. */
export const DURATION_UNIT = 'd, h, m, s';

interface Bounds {
  atLeast?: string;
  atMost?: string;
}

const durationText = (example: string, { atLeast = '1s', atMost }: Bounds = {}) =>
  z.string().superRefine((text, ctx) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      rule(ctx, text, { rule: `must be ${DURATION_RULE}`, fix: `write for example '${example}'` });
    } else if (ms < (parseDuration(atLeast) ?? 0)) {
      rule(ctx, text, { rule: `must be at least '${atLeast}'`, fix: `write '${atLeast}' or more` });
    } else if (atMost !== undefined && ms > (parseDuration(atMost) ?? 0)) {
      rule(ctx, text, { rule: `must be at most '${atMost}'`, fix: `write '${atMost}' or less` });
    }
  });

export const duration = (standard: string, description: string, bounds?: Bounds) =>
  durationText(standard, bounds).meta({ description, unit: DURATION_UNIT, type: 'duration' }).default(standard);

/** A duration that has to be given. */
export const neededDuration = (example: string, description: string, bounds?: Bounds) =>
  durationText(example, bounds).meta({ description, unit: DURATION_UNIT, type: 'duration', examples: [example] });

export const whole = (standard: number, min: number, max: number, unit: string, description: string) =>
  z.int().min(min).max(max).meta({ description, unit }).default(standard);

export const percent = (standard: number, description: string) =>
  z.number().min(0).max(100).meta({ description, unit: 'percent' }).default(standard);

/** A number that may be left out, for no limit at all; zero would be one that nothing fits. */
export const limit = (example: number, unit: string, description: string) =>
  z
    .number()
    .superRefine((value, ctx) => {
      if (value > 0) return;
      rule(ctx, value, { rule: `must be more than 0 (${unit})`, fix: `write for example ${example}, or remove it` });
    })
    .meta({ description, unit, examples: [example] })
    .optional();

/** An amount of memory as Kubernetes writes it. */
export const quantity = (example: string, description: string) =>
  z
    .string()
    .superRefine((text, ctx) => {
      try {
        parseBytes(text);
      } catch (error) {
        if (!(error instanceof QuantityError)) throw error;
        rule(ctx, text, {
          rule: "must be a quantity of Kubernetes: a number, and a suffix like 'Mi' or 'Gi'",
          fix: `write for example '${example}'`,
        });
      }
    })
    .meta({ description, unit: 'bytes', type: 'quantity', examples: [example] });

/** Names that appear in reasons and in the state. */
export const shortName = (example: string, description: string) =>
  z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,29}$/, '1 to 30 of a-z, 0-9 and -, starting with a letter')
    .meta({ description, type: 'name', examples: [example] });

export const stageName = (description: string) =>
  z.string().regex(STAGE, STAGE_RULE).meta({ description, type: 'name' });

export const group = <T extends z.ZodRawShape>(description: string, shape: T) =>
  z
    .strictObject(shape)
    .meta({ description })
    .prefault({} as never);
