import { grouped } from '../../autoscaler/grouped';
import type { MonthlyCost, PricedResource } from '../../cost/plan-costs';
import { summaryOf } from '../summary';
import { inline } from './code';
import { type Mask, type PlanDocument, type ResourceDocument, regionOf, resourcesOf } from './document';

export type Pricing = (resources: readonly PricedResource[], region: string) => MonthlyCost;

/** Less is nobody's decision. */
const LEAST_USD = 0.005;

/** @returns lines of Markdown: what a month costs before and after, and what makes the difference */
export function monthlyCost(plan: PlanDocument, price: Pricing): string[] {
  const region = regionOf(plan);
  if (region === undefined) return ['It cannot be told: the plan names no region.'];
  const { before, after } = afterwards(plan);
  const then = price(before.map(priced), region);
  const now = price(after.map(priced), region);
  const hasNoPrices = then.usd === 0 && now.usd === 0 && then.unpriced.length + now.unpriced.length > 0;
  const sum = hasNoPrices
    ? `Not known: nothing here has a price in ${inline(region)}.`
    : `${dollars(then.usd)} → ${dollars(now.usd)} a month: **${difference(now.usd - then.usd)}**, at list price in ${inline(region)}, while nothing is scaled.`;
  return [sum, ...changedLines(then, now), ...unpricedChanges(plan, then, now)];
}

/** What is forgotten goes on costing, though Terraform plans it without values. */
function afterwards(plan: PlanDocument): { before: ResourceDocument[]; after: ResourceDocument[] } {
  const { before, after } = resourcesOf(plan);
  const isForgotten = (address: string) => forgotten.has(address);
  const forgotten = new Set(
    summaryOf(plan)
      .resources.filter(({ action }) => action === 'forget')
      .map(({ address }) => address),
  );
  const kept = before.filter(({ address }) => isForgotten(address));
  return { before, after: [...after.filter(({ address }) => !isForgotten(address)), ...kept] };
}

function changedLines(then: MonthlyCost, now: MonthlyCost): string[] {
  const by = new Map<string, { address: string; what: string; usd: number }>();
  for (const [sign, { lines }] of [[-1, then] as const, [1, now] as const]) {
    for (const { address, what, usd } of lines) {
      const key = `${address} ${what}`;
      by.set(key, { address, what, usd: (by.get(key)?.usd ?? 0) + sign * usd });
    }
  }
  const changed = [...by.values()].filter(({ usd }) => Math.abs(usd) >= LEAST_USD);
  changed.sort((a, b) => Math.abs(b.usd) - Math.abs(a.usd) || (a.address < b.address ? -1 : 1));
  const lines = changed.map(({ address, what, usd }) => `- ${difference(usd)} ${inline(address)}: ${inline(what)}`);
  return lines.length === 0 ? [] : ['', ...lines];
}

/**
 * What has no price and stays as it is costs the same before and after, and is counted. Of what is changed, comes or goes
 * that is not known, and it is named.
 *
 * Names are `<address>: <what>`.
 */
function unpricedChanges(plan: PlanDocument, then: MonthlyCost, now: MonthlyCost): string[] {
  const changed = summaryOf(plan)
    .resources.filter(({ action }) => action !== 'move' && action !== 'forget')
    .map(({ address }) => `${address}: `);
  const [before, after] = [new Set(then.unpriced), new Set(now.unpriced)];
  const isOpen = (name: string) =>
    before.has(name) !== after.has(name) || changed.some((address) => name.startsWith(address));
  const names = [...new Set([...before, ...after])].sort();
  const open = names.filter(isOpen);
  const stay = names.filter((name) => !isOpen(name));
  return [
    ...(open.length === 0 ? [] : ['', 'Not in it, for want of a price:', ...open.map((name) => `- ${inline(name)}`)]),
    ...(stay.length === 0 ? [] : ['', staying(stay)]),
  ];
}

/** Kinds that are named. */
const MOST_KINDS = 5;

function staying(names: readonly string[]): string {
  const kinds = [...grouped(names, (name) => name.slice(name.indexOf(': ') + 2))];
  const named = kinds.slice(0, MOST_KINDS).map(([what, each]) => `${each.length} × ${inline(what)}`);
  const more = kinds.length > MOST_KINDS ? ` and ${kinds.length - MOST_KINDS} kinds more` : '';
  return `In neither sum, for want of a price, though it stays as it is: ${named.join(', ')}${more}.`;
}

/** Without what is hidden: a price's words may name values. */
function priced({ address, type, values = {}, sensitive_values: hidden }: ResourceDocument): PricedResource {
  const mask = (typeof hidden === 'object' ? hidden : {}) as Record<string, Mask>;
  const open = Object.entries(values).filter(([name]) => mask[name] !== true);
  return { address, type, values: hidden === true ? {} : Object.fromEntries(open) };
}

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

function difference(usd: number): string {
  if (Math.abs(usd) < LEAST_USD) return 'no difference';
  return `${usd < 0 ? '−' : '+'}${dollars(Math.abs(usd))}`;
}
