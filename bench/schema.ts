/** The neutral input and the plan that both planners speak: `pack-bench/1`. Whole numbers but for the price. */

export const ZONE = 'topology.kubernetes.io/zone';
export const HOST = 'kubernetes.io/hostname';

export type Labels = Record<string, string>;

export interface Input {
  schema: 'pack-bench/1';
  note?: string;
  instanceTypes: BenchType[];
  existingNodes: BenchNode[];
  /** All of them pending. */
  pods: BenchPod[];
}

/** Pods may use what is there without what is reserved. */
export interface BenchType {
  name: string;
  cpuMilli: number;
  memoryMi: number;
  pods: number;
  reservedCpuMilli: number;
  reservedMemoryMi: number;
  /** Dollars an hour, the same in every zone. */
  price: number;
  zones: string[];
}

/** A node that runs already, with what pods may use of it in all. */
export interface BenchNode {
  name: string;
  zone: string;
  cpuMilli: number;
  memoryMi: number;
  pods: number;
  labels?: Labels;
  running: BenchPod[];
}

export interface BenchPod {
  name: string;
  uid: string;
  cpuMilli: number;
  memoryMi: number;
  labels?: Labels;
  nodeSelector?: Labels;
  /** `DoNotSchedule`. */
  topologySpread?: BenchSpread[];
  /** Required. */
  podAffinity?: BenchTerm[];
  /** Required. */
  podAntiAffinity?: BenchTerm[];
}

export interface BenchTerm {
  topologyKey: string;
  matchLabels: Labels;
}

export interface BenchSpread extends BenchTerm {
  maxSkew: number;
}

export interface BenchPlan {
  newNodes: PlanNode[];
  existing: PlanNode[];
  /** Why, by the pod's name. */
  unscheduled: Record<string, string>;
  /** Names in the order in which they were placed over all nodes, where the planner tells. */
  order?: string[];
}

export interface PlanNode {
  /** Of an existing node. */
  name?: string;
  /** Of a new node: the cheapest type that is left for it. */
  instanceType?: string;
  /** All that are still possible. */
  zones: string[];
  /** Names, in the order in which they were placed. */
  pods: string[];
}

export const matches = (selector: Labels, labels: Labels = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
