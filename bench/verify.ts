import type { BenchPlan, Input } from './schema';
import { nodesOf } from './verifier/nodes';
import { checkOrder } from './verifier/order';
import type { Report, Rule, Violation } from './verifier/report';
import { checkAntiAffinity, checkCapacity, checkSelectors } from './verifier/static-rules';

export interface Verdict {
  violations: Violation[];
  /** Dollars an hour of the new nodes. */
  price: number;
  newNodes: number;
  /** Pods that went onto existing nodes. */
  podsOnExisting: number;
  unscheduled: number;
}

/** Checks any planner's plan for an input. It shares no line with either of the planners. */
export function verify(input: Input, plan: BenchPlan): Verdict {
  const violations: Violation[] = [];
  const report: Report = (rule, detail) => violations.push({ rule, detail });
  const nodes = nodesOf(input, plan, report);
  reportMissing(input, plan, report);
  for (const node of nodes) {
    checkCapacity(node, report);
    checkSelectors(node, report);
  }
  checkAntiAffinity(nodes, report);
  checkOrder(nodes, zonesOf(input), plan.order, report);
  const prices = new Map(input.instanceTypes.map(({ name, price }) => [name, price]));
  return {
    violations,
    price: plan.newNodes.reduce((sum, { instanceType = '' }) => sum + (prices.get(instanceType) ?? 0), 0),
    newNodes: plan.newNodes.length,
    podsOnExisting: plan.existing.reduce((sum, { pods }) => sum + pods.length, 0),
    unscheduled: Object.keys(plan.unscheduled).length,
  };
}

function reportMissing(input: Input, plan: BenchPlan, report: Report): void {
  const named = [...plan.newNodes, ...plan.existing].flatMap(({ pods }) => pods);
  const seen = new Set([...named, ...Object.keys(plan.unscheduled)]);
  for (const { name } of input.pods) if (!seen.has(name)) report('pod missing', name);
}

const zonesOf = ({ instanceTypes, existingNodes }: Input): string[] => [
  ...new Set([...instanceTypes.flatMap(({ zones }) => zones), ...existingNodes.map(({ zone }) => zone)]),
];

/** How often each rule is broken. */
export function countByRule(violations: Violation[]): Partial<Record<Rule, number>> {
  const counts: Partial<Record<Rule, number>> = {};
  for (const { rule } of violations) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}
