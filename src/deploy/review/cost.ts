import { inline } from './code';
import { type Mask, type PlanDocument, type ResourceDocument, regionOf, resourcesOf } from './document';

/** What a resource of a plan is priced by. */
export interface PricedResource {
  address: string;
  type: string;
  values: Record<string, unknown>;
}

export interface MonthlyCost {
  usd: number;
  lines: { address: string; what: string; usd: number }[];
  /** Addresses of what has no price here. */
  unpriced: string[];
}

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
  return [
    `${dollars(then.usd)} → ${dollars(now.usd)} a month: **${difference(now.usd - then.usd)}**, at list price in ${region}.`,
    ...changedLines(then, now),
    ...unpricedChanges(plan, then, now),
  ];
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

/** What has no price and stays as it is costs the same before and after; of what changes that is not known. */
function unpricedChanges(plan: PlanDocument, then: MonthlyCost, now: MonthlyCost): string[] {
  const changed = new Set(
    (plan.resource_changes ?? [])
      .filter(({ change: { actions } }) => !['no-op', 'read'].includes(actions[0] ?? ''))
      .map(({ address }) => address),
  );
  const names = [...new Set([...then.unpriced, ...now.unpriced])].filter((address) => changed.has(address)).sort();
  return names.length === 0 ? [] : ['', `Not in it, for want of a price: ${names.map(inline).join(', ')}.`];
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
