import {
  type BenchPlan,
  type BenchPod,
  type BenchType,
  HOST,
  type Input,
  type PlanNode,
  ZONE,
} from '../../bench/schema';

export const ZONES = ['zone-1', 'zone-2', 'zone-3'];

export const type = (over: Partial<BenchType> = {}): BenchType => ({
  name: 'large',
  cpuMilli: 4000,
  memoryMi: 8192,
  pods: 10,
  reservedCpuMilli: 100,
  reservedMemoryMi: 192,
  price: 0.2,
  zones: ZONES,
  ...over,
});

export const pod = (name: string, over: Partial<BenchPod> = {}): BenchPod => ({
  name,
  uid: `uid-${name}`,
  cpuMilli: 500,
  memoryMi: 512,
  labels: { app: 'web' },
  ...over,
});

export const input = (pods: BenchPod[], over: Partial<Input> = {}): Input => ({
  schema: 'pack-bench/1',
  instanceTypes: [type()],
  existingNodes: [],
  pods,
  ...over,
});

export const node = (zone: string, pods: string[], over: Partial<PlanNode> = {}): PlanNode => ({
  instanceType: 'large',
  zones: [zone],
  pods,
  ...over,
});

export const plan = (newNodes: PlanNode[], over: Partial<BenchPlan> = {}): BenchPlan => ({
  newNodes,
  existing: [],
  unscheduled: {},
  ...over,
});

export const web = { app: 'web' };
export const apart = (topologyKey: string): Partial<BenchPod> => ({
  podAntiAffinity: [{ topologyKey, matchLabels: web }],
});
export const together = (topologyKey: string): Partial<BenchPod> => ({
  podAffinity: [{ topologyKey, matchLabels: web }],
});
export const spread = (topologyKey: string, matchLabels = web, maxSkew = 1): Partial<BenchPod> => ({
  topologySpread: [{ topologyKey, maxSkew, matchLabels }],
});
export { HOST, ZONE };
