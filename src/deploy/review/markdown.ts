import { type Action, inWords, type ResourceChange, stageOf, summaryOf } from '../summary';
import { attributesOf } from './attributes';
import { bounded, bytesOf } from './bounded';
import { fenced, inline, plain } from './code';
import { monthlyCost, type Pricing } from './cost';
import { type Change, changesSomething, hasChanges, type PlanDocument } from './document';
import { isHarmless } from './harmless';
import { marker } from './marker';
import { type Warning, warningsIn } from './warnings';

/**
 * GitHub refuses a comment that is longer: "body is too long (maximum is 65536 characters)", as
 * https://github.com/danger/danger/issues/424 and https://github.com/telia-oss/github-pr-resource/issues/259 show it. An
 * issue's body has the same limit. Here it is counted in bytes, which are never fewer.
 */
export const MOST_BYTES = 65_536;
/** What is left for the whole plan when the rest is at its longest. */
const MOST = { gone: 16_000, cost: 8_000 };
/** For tags, fence and counts around the whole plan. */
const FRAME = 1_000;

/**
 * The review of a plan, as a comment for a pull request: what is lost first, then how much changes, what it costs, and
 * the whole plan folded. The same plan gives the same text, and no value that Terraform calls sensitive is in it.
 *
 * @param price what a month costs; without it nothing is said of the cost
 */
export function reviewOf(plan: PlanDocument, price?: Pricing): string {
  const { changes, resources } = summaryOf(plan);
  const stage = stageOf(plan) ?? 'unknown';
  const isEmpty = !changesSomething(plan);
  const head = [
    marker({ stage, changes: !isEmpty }),
    `## Plan of stage ${inline(stage)}`,
    '',
    ...bounded(gone(resources), MOST.gone),
    isEmpty ? 'Nothing to change.' : `**${inWords(changes)}.**${unnamed(plan)}`,
    ...(price === undefined ? [] : ['', '### Monthly cost', '', ...bounded(monthlyCost(plan, price), MOST.cost)]),
  ];
  if (isEmpty) return `${head.join('\n')}\n`;
  const lines = bounded(wholePlan(plan, resources), MOST_BYTES - bytesOf(head) - FRAME);
  const folded = ['<details><summary>The whole plan</summary>', '', ...fenced('diff', lines), '', '</details>'];
  return `${[...head, '', ...folded].join('\n')}\n`;
}

/** As after `-refresh-only`: Terraform would write its state anew. */
const unnamed = (plan: PlanDocument): string =>
  hasChanges(plan) ? '' : ' Terraform calls the plan applicable all the same: look at `terraform show`.';

function gone(resources: readonly ResourceChange[]): string[] {
  const warnings = warningsIn(resources);
  const said = new Set(warnings.flatMap(({ addresses }) => addresses));
  const others = (action: Action, isKnown: boolean) =>
    resources.filter((each) => each.action === action && !said.has(each.address) && isHarmless(each.type) === isKnown);
  const list = (title: string, some: readonly ResourceChange[]) =>
    some.length === 0 ? [] : [`${title}:`, ...some.map(({ address }) => `- ${inline(address)}`), ''];
  return [
    ...warnings.flatMap(alert),
    ...list(`**Replaced**, ${UNKNOWN}`, others('replace', false)),
    ...list(`**Destroyed**, ${UNKNOWN}`, others('destroy', false)),
    ...list(
      '**Forgotten**: they stay in AWS and go on costing, Terraform knows them no more, and no destroy takes them; what the configuration still names is made a second time',
      resources.filter(({ action }) => action === 'forget'),
    ),
    ...list('**Replaced**, holding no data', others('replace', true)),
    ...list('**Destroyed**, holding no data', others('destroy', true)),
  ];
}

const UNKNOWN = 'of types that this review does not know: look at what each of them holds';

const MOST_ADDRESSES = 8;

/** https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts */
function alert({ action, what, addresses, lost, todo, refused }: Warning): string[] {
  const named = addresses.slice(0, MOST_ADDRESSES).map(inline).join(', ');
  const more = addresses.length > MOST_ADDRESSES ? ` and ${addresses.length - MOST_ADDRESSES} more` : '';
  return [
    '> [!CAUTION]',
    `> **${what} will be ${action === 'replace' ? 'REPLACED' : 'DESTROYED'}**: ${named}${more}`,
    '>',
    `> **Lost:** ${lost}`,
    '>',
    `> **What to do:** ${refused ? `\`deploy\` refuses this plan: ${todo}.` : todo}`,
    '',
  ];
}

/** What a line of a diff begins with, which gives it its colour. */
const SIGNS: Record<Action, string> = {
  replace: '-+',
  destroy: '-',
  forget: '!',
  change: '!',
  add: '+',
  import: '+',
  move: '#',
};
/** Of these the whole is said by the address. */
const WITHOUT_ATTRIBUTES: readonly Action[] = ['destroy', 'forget', 'import', 'move'];

/** What is behind an address. */
function remarks({ action, reason, from }: ResourceChange): string {
  const all = [
    ...(action === 'forget' ? ['forgotten: it stays'] : []),
    ...(action === 'import' ? ['imported'] : []),
    ...(from === undefined ? [] : [`moved from ${plain(from)}`]),
    ...(reason === undefined ? [] : [plain(reason)]),
  ];
  return all.length === 0 ? '' : `  # ${all.join(', ')}`;
}

function wholePlan(plan: PlanDocument, resources: readonly ResourceChange[]): string[] {
  const changes = new Map((plan.resource_changes ?? []).map(({ address, change }) => [address, change]));
  const lines = resources.flatMap((resource) => {
    const { address, action } = resource;
    const attributes = WITHOUT_ATTRIBUTES.includes(action) ? [] : attributesOf(changes.get(address) as Change);
    return [`${SIGNS[action]} ${plain(address)}${remarks(resource)}`, ...attributes.map((line) => `    ${line}`)];
  });
  return [...lines, ...outputs(plan)];
}

function outputs({ output_changes: changes = {} }: PlanDocument): string[] {
  return Object.keys(changes)
    .sort()
    .flatMap((name) => {
      const change = changes[name] as Change;
      if (change.actions[0] === 'no-op') return [];
      // As one attribute of the name, so that what is hidden stays so.
      const { before, after, after_unknown, before_sensitive, after_sensitive } = change;
      const [line] = attributesOf({
        actions: change.actions,
        before: { [name]: before },
        after: { [name]: after },
        after_unknown: { [name]: after_unknown ?? false },
        before_sensitive: { [name]: before_sensitive ?? false },
        after_sensitive: { [name]: after_sensitive ?? false },
      });
      return [`! output ${line ?? plain(name)}`];
    });
}
