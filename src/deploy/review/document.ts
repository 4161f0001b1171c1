import { type PlanJson, summaryOf } from '../summary';

/** Where Terraform hides a value: true hides all of it, an object or a list what it names. */
export type Mask = boolean | readonly Mask[] | { readonly [name: string]: Mask };

export interface Change {
  actions: string[];
  before?: unknown;
  after?: unknown;
  /** Where the value is known only after the apply. */
  after_unknown?: Mask;
  before_sensitive?: Mask;
  after_sensitive?: Mask;
  /** What makes Terraform replace it. */
  replace_paths?: (string | number)[][];
  /** Where it exists and Terraform did not know it. */
  importing?: object;
}

export interface ResourceDocument {
  address: string;
  type: string;
  mode?: string;
  values?: Record<string, unknown>;
  sensitive_values?: Mask;
}

interface Module {
  resources?: ResourceDocument[];
  child_modules?: Module[];
}

/** The part that a review reads of https://developer.hashicorp.com/terraform/internals/json-format */
export interface PlanDocument extends PlanJson {
  /** `1.2`; what is read here is the same in all of 1. */
  format_version?: string;
  /** Whether Terraform would do anything. */
  applyable?: boolean;
  resource_changes?: (NonNullable<PlanJson['resource_changes']>[number] & { mode?: string; change: Change })[];
  output_changes?: Record<string, Change>;
  prior_state?: { values?: { root_module?: Module } };
  planned_values?: { root_module?: Module };
  configuration?: {
    provider_config?: Record<
      string,
      {
        expressions?: {
          region?: { constant_value?: string };
          default_tags?: { tags?: { constant_value?: Record<string, string> } }[];
        };
      }
    >;
  };
}

/** The region of the AWS provider, where the configuration says it. */
export const regionOf = (plan: PlanDocument): string | undefined =>
  plan.configuration?.provider_config?.aws?.expressions?.region?.constant_value;

const managed = ({ resources = [], child_modules: children = [] }: Module): ResourceDocument[] => [
  ...resources.filter(({ mode }) => mode !== 'data'),
  ...children.flatMap(managed),
];

/** What exists, and what will once the plan is applied. */
export const resourcesOf = (plan: PlanDocument): { before: ResourceDocument[]; after: ResourceDocument[] } => ({
  before: managed(plan.prior_state?.values?.root_module ?? {}),
  after: managed(plan.planned_values?.root_module ?? {}),
});

/** Whether applying it does anything. */
export const changesSomething = (plan: PlanDocument): boolean => hasChanges(plan) || plan.applyable === true;

/** Whether it changes, moves, imports or forgets a resource, or changes an output. */
export const hasChanges = (plan: PlanDocument): boolean =>
  summaryOf(plan).resources.length > 0 ||
  Object.values(plan.output_changes ?? {}).some(({ actions }) => actions[0] !== 'no-op');
