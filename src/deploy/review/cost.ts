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
  const { before, after } = resourcesOf(plan);
  const then = price(before.map(priced), region);
  const now = price(after.map(priced), region);
  const hasNoPrices = then.usd === 0 && now.usd === 0 && then.unpriced.length + now.unpriced.length > 0;
  const sum = hasNoPrices
    ? `Not known: nothing here has a price in ${region}.`
    : `${dollars(then.usd)} → ${dollars(now.usd)} a month: **${difference(now.usd - then.usd)}**, at list price in ${region}, while nothing is scaled.`;
  return [sum, ...changedLines(then, now), ...unpricedChanges(plan, then, now)];
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
 * What has no price and stays as it is costs the same before and after. Of what is changed, comes or goes that is not known.
 *
 * Names are `<address>: <what>`.
 */
function unpricedChanges(plan: PlanDocument, then: MonthlyCost, now: MonthlyCost): string[] {
  const changed = summaryOf(plan).resources.map(({ address }) => `${address}: `);
  const [before, after] = [new Set(then.unpriced), new Set(now.unpriced)];
  const isOpen = (name: string) =>
    before.has(name) !== after.has(name) || changed.some((address) => name.startsWith(address));
  const names = [...new Set([...before, ...after])].filter(isOpen).sort();
  return names.length === 0 ? [] : ['', 'Not in it, for want of a price:', ...names.map((name) => `- ${inline(name)}`)];
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
