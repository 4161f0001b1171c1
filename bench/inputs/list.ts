import type { Input } from '../schema';
import { deployments, distinctSizes, tightMemory, twoTypes } from './characters';

/** An input of the benchmark: of Karpenter's own mix in a size, or of another character. */
export interface BenchInput {
  name: string;
  what: string;
  pods: number;
  types: number;
  nodes: number;
  quick: boolean;
  /** Missing where Karpenter's generator makes it. */
  make?: () => Input;
}

const mix = (pods: number, types: number, nodes: number, quick = false): BenchInput => ({
  name: `p${pods}-t${types}-n${nodes}`,
  what: "Karpenter's benchmark mix",
  pods,
  types,
  nodes,
  quick,
});

const own = (name: string, what: string, make: () => Input, quick = false): BenchInput => {
  const { pods, instanceTypes, existingNodes } = make();
  return { name, what, pods: pods.length, types: instanceTypes.length, nodes: existingNodes.length, quick, make };
};

export const SEED = 42;

export const inputs = (): BenchInput[] => [
  ...[500, 1000, 2000, 5000].flatMap((pods) => [mix(pods, 20, 0, pods === 500), mix(pods, 400, 0, pods === 1000)]),
  mix(5000, 20, 500),
  mix(5000, 400, 500),
  own('deployments', '50 Deployments of 100 alike pods each, half of them spread over zones', () => deployments(SEED)),
  own(
    'two-types',
    '60 pods on two small types with prices of EC2, as in a pool of this project',
    () => twoTypes(SEED),
    true,
  ),
  own('tight-memory', '1000 pods that need much memory and little CPU', () => tightMemory(SEED)),
  own('distinct-sizes', '300 pods, no two of one size', () => distinctSizes(SEED)),
];

/** The largest input of the goals: what is promised is promised here. */
export const GOAL = { input: 'p5000-t400-n500', ms: 250, faster: 20 } as const;
