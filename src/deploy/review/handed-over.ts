import { PRICED_VALUES } from '../../cost/priced-resource';
import { summaryOf } from '../summary';
import { isNothing, isSame } from './attributes';
import { type Change, type Mask, type PlanDocument, type ResourceDocument, resourcesOf } from './document';

/**
 * A plan for somebody else's review: from the job that may read the account to the one that may write on GitHub. It holds
 * what the review reads and no more: of what stays as it is just what it costs by, and no value that Terraform calls
 * sensitive. The review of it is the same.
 */
export function handedOver(plan: PlanDocument): PlanDocument {
  const { before, after } = resourcesOf(plan);
  const changed = new Set(summaryOf(plan).resources.map(({ address }) => address));
  const { resource_changes: resources = [], output_changes: outputs = {}, configuration } = plan;
  const { region, default_tags: tags } = configuration?.provider_config?.aws?.expressions ?? {};
  return {
    format_version: plan.format_version ?? '1.2',
    ...(plan.applyable === undefined ? {} : { applyable: plan.applyable }),
    resource_changes: resources
      .filter(({ address }) => changed.has(address))
      .map((each) => ({ ...each, change: shownChange(each.change) })),
    output_changes: Object.fromEntries(Object.entries(outputs).map(([name, change]) => [name, opened(change)])),
    prior_state: { values: { root_module: { resources: before.map(priced) } } },
    planned_values: { root_module: { resources: after.map(priced) } },
    configuration: {
      provider_config: {
        aws: { expressions: { ...(region && { region }), ...(tags && { default_tags: tags }) } },
      },
    },
  };
}

/** Of what goes and of what stays nothing is shown. */
function shownChange(change: Change): Change {
  const { actions, importing } = change;
  if (['no-op', 'delete', 'forget'].includes(actions.join())) {
    return { actions, ...(importing === undefined ? {} : { importing }) };
  }
  return opened(change);
}

function opened(change: Change): Change {
  const [before, after] = hidden(change.before, change.after, [change.before_sensitive, change.after_sensitive]);
  return { ...change, before, after };
}

/** Stand for what is sensitive; two of them, as a review says whether it changes. */
const HIDDEN = 'sensitive';
const CHANGED = 'sensitive, and another';

type Keyed = Record<string, unknown>;

const isKeyed = (value: unknown): value is Keyed => typeof value === 'object' && value !== null;

/** Both sides of a value, without what the masks name on either. */
function hidden(before: unknown, after: unknown, masks: readonly (Mask | undefined)[]): [unknown, unknown] {
  if (masks.includes(true)) {
    const isKept = isSame(before, after);
    return [isNothing(before) ? null : HIDDEN, isNothing(after) ? null : isKept ? HIDDEN : CHANGED];
  }
  if (!masks.some(isKeyed)) return [before, after];
  const names = new Set([before, after].flatMap((each) => (isKeyed(each) ? Object.keys(each) : [])));
  const made = [before, after].map((each): unknown =>
    isKeyed(each) ? (Array.isArray(each) ? [...each] : { ...each }) : each,
  );
  for (const name of names) {
    const [left, right] = [before, after].map((each) => (isKeyed(each) ? each[name] : undefined));
    const both = hidden(
      left,
      right,
      masks.map((mask) => (isKeyed(mask) ? (mask as Record<string, Mask>)[name] : undefined)),
    );
    made.forEach((each, side) => {
      if (isKeyed(each) && name in each) each[name] = both[side];
    });
  }
  return [made[0], made[1]];
}

function priced({ address, type, mode, values = {}, sensitive_values: mask }: ResourceDocument): ResourceDocument {
  const [open] = hidden(values, undefined, [mask]);
  return {
    address,
    type,
    ...(mode === undefined ? {} : { mode }),
    ...(isKeyed(open) && {
      values: Object.fromEntries(Object.entries(open).filter(([name]) => PRICED_VALUES.has(name))),
    }),
    // Names in it are hidden from the price, too.
    ...(mask === undefined ? {} : { sensitive_values: mask }),
  };
}
