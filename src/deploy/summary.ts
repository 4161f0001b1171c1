/** A plan in few words, out of what `terraform show -json` says of it. */

/** `forget`: Terraform knows it no more, and it stays; `import`: the other way round; `move`: it has another address. */
export type Action = 'replace' | 'destroy' | 'forget' | 'change' | 'add' | 'import' | 'move';

export interface ResourceChange {
  address: string;
  type: string;
  action: Action;
  /** Terraform's `action_reason`, where it has one: `replace_by_request`. */
  reason?: string;
  /** The address that it had, where that is another. */
  from?: string;
}

/** Counted as Terraform does: a replaced resource is one to add and one to destroy, and counted as `replace` besides. */
export interface Changes {
  add: number;
  change: number;
  destroy: number;
  replace: number;
  forget: number;
  import: number;
  /** All that have another address, those among them that change too. */
  move: number;
}

export interface Summary {
  changes: Changes;
  /** What is replaced, destroyed and forgotten first. */
  resources: ResourceChange[];
}

/** The part that is read of https://developer.hashicorp.com/terraform/internals/json-format */
export interface PlanJson {
  resource_changes?: {
    address: string;
    previous_address?: string;
    type: string;
    change: { actions: string[]; importing?: object };
    action_reason?: string;
  }[];
  configuration?: {
    provider_config?: Record<
      string,
      { expressions?: { default_tags?: { tags?: { constant_value?: Record<string, string> } }[] } }
    >;
  };
}

const ORDER: readonly Action[] = ['replace', 'destroy', 'forget', 'change', 'add', 'import', 'move'];

type JsonChange = NonNullable<PlanJson['resource_changes']>[number];

/** Undefined: nothing is done to it. */
function actionOf({ change: { actions, importing }, previous_address: from }: JsonChange): Action | undefined {
  if (actions.includes('create')) return actions.includes('delete') ? 'replace' : 'add';
  if (actions.includes('delete')) return 'destroy';
  if (actions.includes('forget')) return 'forget';
  if (actions.includes('update')) return 'change';
  if (importing !== undefined) return 'import';
  return from === undefined ? undefined : 'move';
}

export function summaryOf(plan: PlanJson): Summary {
  const resources: ResourceChange[] = [];
  for (const each of plan.resource_changes ?? []) {
    const { address, type, action_reason: reason, previous_address: from } = each;
    const action = actionOf(each);
    if (action === undefined) continue;
    resources.push({
      address,
      type,
      action,
      ...(reason === undefined ? {} : { reason }),
      ...(from === undefined ? {} : { from }),
    });
  }
  resources.sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action) || (a.address < b.address ? -1 : 1));
  const count = (action: Action) => resources.filter((resource) => resource.action === action).length;
  const replace = count('replace');
  const changes = {
    add: count('add') + replace,
    change: count('change'),
    destroy: count('destroy') + replace,
    replace,
    forget: count('forget'),
    import: count('import'),
    move: resources.filter(({ from }) => from !== undefined).length,
  };
  return { changes, resources };
}

/** The stage a plan was made for, out of the tag that everything of a stage bears. */
export const stageOf = (plan: PlanJson): string | undefined =>
  plan.configuration?.provider_config?.aws?.expressions?.default_tags?.[0]?.tags?.constant_value?.stage;

/** `3 to add, 1 to change, 2 to destroy (1 of them replaced), 1 to forget, 4 moved`; the last three where there are some. */
export function inWords({ add, change, destroy, replace, forget, import: imported, move }: Changes): string {
  const replaced = replace === 0 ? '' : ` (${replace} of them replaced)`;
  const some = (count: number, what: string) => (count === 0 ? '' : `, ${count} ${what}`);
  return `${add} to add, ${change} to change, ${destroy} to destroy${replaced}${some(forget, 'to forget')}${some(imported, 'to import')}${some(move, 'moved')}`;
}
