import type { BenchInput } from './inputs/list';
import type { Measurement } from './measurement';
import type { Input } from './schema';
import type { Rule } from './verifier/report';
import { countByRule, verify } from './verify';

/** An input, and what each planner made of it. */
export interface Result {
  name: string;
  what: string;
  pods: number;
  types: number;
  nodes: number;
  /** Dollars an hour that no plan can go below. */
  lowerBound: number;
  ours: Scored;
  karpenter?: Scored;
  /** How many times as fast ours is, by the least time of each round. */
  faster?: Spread;
}

export interface Spread {
  min: number;
  median: number;
  max: number;
}

export interface Scored {
  planner: string;
  ms: Spread;
  /** The first run of each process. */
  coldMs?: Spread;
  cpuMs: number;
  maxRssMiB: number;
  /** Of all rounds: Karpenter's plans differ from run to run, the cheapest one is counted. */
  price: Spread;
  newNodes: number;
  podsOnExisting: number;
  unscheduled: number;
  /** Of the round with the most. */
  violations: number;
  /** Of the rounds, those whose plan has a violation. */
  roundsViolated: number;
  rules: Partial<Record<Rule, number>>;
  /** Some of them, in words. */
  examples: string[];
}

export function resultOf(
  { name, what, pods, types, nodes }: BenchInput,
  input: Input,
  lowerBound: number,
  ours: Measurement[],
  karpenter: Measurement[],
): Result {
  const result: Result = { name, what, pods, types, nodes, lowerBound, ours: scored(input, ours) };
  if (karpenter.length === 0) return result;
  const ratios = ours.map(({ runsMs }, round) => Math.min(...(karpenter[round]?.runsMs ?? [])) / Math.min(...runsMs));
  return { ...result, karpenter: scored(input, karpenter), faster: spreadOf(ratios) };
}

function scored(input: Input, rounds: Measurement[]): Scored {
  const verdicts = rounds.map(({ plan }) => verify(input, plan));
  const worst = verdicts.reduce((a, b) => (b.violations.length > a.violations.length ? b : a));
  const cold = rounds.flatMap(({ coldMs }) => coldMs ?? []);
  return {
    planner: rounds[0]?.planner ?? '',
    ms: spreadOf(rounds.flatMap(({ runsMs }) => runsMs)),
    ...(cold.length > 0 && { coldMs: spreadOf(cold) }),
    cpuMs: Math.min(...rounds.map(({ cpuMs }) => cpuMs)),
    maxRssMiB: Math.max(...rounds.map(({ maxRssMiB }) => maxRssMiB)),
    price: spreadOf(verdicts.map(({ price }) => price)),
    newNodes: worst.newNodes,
    podsOnExisting: worst.podsOnExisting,
    unscheduled: Math.max(...verdicts.map(({ unscheduled }) => unscheduled)),
    violations: worst.violations.length,
    roundsViolated: verdicts.filter(({ violations }) => violations.length > 0).length,
    rules: countByRule(worst.violations),
    examples: worst.violations.slice(0, 3).map(({ rule, detail }) => `${rule}: ${detail}`),
  };
}

export function spreadOf(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return { min: sorted[0] ?? 0, median, max: sorted.at(-1) ?? 0 };
}
