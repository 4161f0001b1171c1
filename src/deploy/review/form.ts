import { z } from 'zod';
import { plain } from './code';
import type { Mask, PlanDocument } from './document';

/**
 * The form of a plan, as far as it is read here: https://developer.hashicorp.com/terraform/internals/json-format. In CI the
 * plan was made by code that nobody has reviewed, so nothing of it is taken for what it should be. What is not read is
 * dropped.
 */

/** A whole stage is about a megabyte. */
export const MOST_PLAN_BYTES = 16 * 1024 * 1024;
/** Values of resources lie some ten deep; what reads them goes as deep as they do. */
const MOST_LEVELS = 64;

const ACTIONS = ['no-op', 'create', 'read', 'update', 'delete', 'delete,create', 'create,delete', 'forget'];

const mask: z.ZodType<Mask> = z.lazy(() => z.union([z.boolean(), z.array(mask), z.record(z.string(), mask)]));

const change = z.object({
  actions: z
    .array(z.string())
    .refine((actions) => ACTIONS.includes(actions.join()), { error: `must be one of ${ACTIONS.join('; ')}` }),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: mask.optional(),
  before_sensitive: mask.optional(),
  after_sensitive: mask.optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
  importing: z.object({}).optional(),
});

const resource = z.object({
  address: z.string(),
  type: z.string(),
  mode: z.string().optional(),
  values: z.record(z.string(), z.unknown()).optional(),
  sensitive_values: mask.optional(),
});

const moduleOf: z.ZodType = z.lazy(() =>
  z.object({ resources: z.array(resource).optional(), child_modules: z.array(moduleOf).optional() }),
);

const constant = <T extends z.ZodType>(value: T) => z.object({ constant_value: value.optional() });

const document = z.object({
  format_version: z.string().regex(/^1\./, 'must be 1.…, the format that this version of k3s-autoscaler knows'),
  applyable: z.boolean().optional(),
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        previous_address: z.string().optional(),
        mode: z.string().optional(),
        type: z.string(),
        action_reason: z.string().optional(),
        change,
      }),
    )
    .optional(),
  output_changes: z.record(z.string(), change).optional(),
  prior_state: z.object({ values: z.object({ root_module: moduleOf.optional() }).optional() }).optional(),
  planned_values: z.object({ root_module: moduleOf.optional() }).optional(),
  configuration: z
    .object({
      provider_config: z
        .object({
          aws: z
            .object({
              expressions: z
                .object({
                  region: constant(z.string()).optional(),
                  default_tags: z
                    .array(z.object({ tags: constant(z.record(z.string(), z.string())).optional() }))
                    .optional(),
                })
                .optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

/** @returns the plan, without what is not read; a string says what is wrong with its form */
export function planIn(json: unknown): PlanDocument | string {
  if (levelsOf(json) > MOST_LEVELS) return `its values must lie at most ${MOST_LEVELS} deep`;
  const read = document.safeParse(json);
  if (read.success) return read.data as PlanDocument;
  const [issue] = read.error.issues;
  return `${plain((issue?.path ?? []).map(String).join('.')) || 'the whole'}: ${plain(issue?.message ?? '')}`;
}

/** Without recursion, so that nothing is too deep to be counted. */
function levelsOf(json: unknown): number {
  let levels = 0;
  for (let level = [json]; level.length > 0 && levels <= MOST_LEVELS; levels++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return levels;
}
