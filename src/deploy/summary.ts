/** A plan in few words, out of what `terraform show -json` says of it. */

export type Action = 'replace' | 'destroy' | 'change' | 'add';

export interface ResourceChange {
  address: string;
  type: string;
  action: Action;
  /** Terraform's `action_reason`, where it has one: `replace_by_request`. */
  reason?: string;
}

/** Counted as Terraform does: a replaced resource is one to add and one to destroy, and counted as `replace` besides. */
export interface Changes {
  add: number;
  change: number;
  destroy: number;
  replace: number;
}

export interface Summary {
  changes: Changes;
  /** What is replaced and destroyed first. */
  resources: ResourceChange[];
}

/** The part that is read of https://developer.hashicorp.com/terraform/internals/json-format */
export interface PlanJson {
  resource_changes?: {
    address: string;
    type: string;
    change: { actions: string[] };
    action_reason?: string;
  }[];
  configuration?: {
    provider_config?: Record<
      string,
      { expressions?: { default_tags?: { tags?: { constant_value?: Record<string, string> } }[] } }
    >;
  };
}

const ORDER: readonly Action[] = ['replace', 'destroy', 'change', 'add'];

/** Undefined: nothing is done to it. */
function actionOf(actions: readonly string[]): Action | undefined {
  if (actions.includes('create')) return actions.includes('delete') ? 'replace' : 'add';
  if (actions.includes('delete')) return 'destroy';
  return actions.includes('update') ? 'change' : undefined;
}

export function summaryOf(plan: PlanJson): Summary {
  const resources: ResourceChange[] = [];
  for (const { address, type, change, action_reason: reason } of plan.resource_changes ?? []) {
    const action = actionOf(change.actions);
    if (action !== undefined) resources.push({ address, type, action, ...(reason === undefined ? {} : { reason }) });
  }
  resources.sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action) || (a.address < b.address ? -1 : 1));
  const count = (action: Action) => resources.filter((resource) => resource.action === action).length;
  const replace = count('replace');
  const changes = {
    add: count('add') + replace,
    change: count('change'),
    destroy: count('destroy') + replace,
    replace,
  };
  return { changes, resources };
}

/** The stage a plan was made for, out of the tag that everything of a stage bears. */
export const stageOf = (plan: PlanJson): string | undefined =>
  plan.configuration?.provider_config?.aws?.expressions?.default_tags?.[0]?.tags?.constant_value?.stage;

/** `3 to add, 1 to change, 2 to destroy (1 of them replaced)`. */
export function inWords({ add, change, destroy, replace }: Changes): string {
  const replaced = replace === 0 ? '' : ` (${replace} of them replaced)`;
  return `${add} to add, ${change} to change, ${destroy} to destroy${replaced}`;
}
