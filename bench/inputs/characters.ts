import { type BenchPod, type BenchType, HOST, type Input, ZONE } from '../schema';
import { drawing, podOf, ZONES } from './mix';

/** Inputs of other characters than Karpenter's mix: closer to what clusters look like. */

/** Types of EC2 with list prices of us-east-1 on demand; what is reserved is about what K3s leaves. */
const ec2 = (name: string, cpu: number, gib: number, pods: number, price: number): BenchType => ({
  name,
  cpuMilli: cpu * 1000,
  memoryMi: gib * 1024,
  pods,
  reservedCpuMilli: 100,
  reservedMemoryMi: 400,
  price,
  zones: ZONES,
});

const SMALL = [ec2('t3.medium', 2, 4, 110, 0.0416), ec2('t3.large', 2, 8, 110, 0.0832)];

const GENERAL = [
  ...SMALL,
  ec2('c5.large', 2, 4, 110, 0.085),
  ec2('c5.xlarge', 4, 8, 110, 0.17),
  ec2('c5.2xlarge', 8, 16, 110, 0.34),
  ec2('m5.large', 2, 8, 110, 0.096),
  ec2('m5.xlarge', 4, 16, 110, 0.192),
  ec2('m5.2xlarge', 8, 32, 110, 0.384),
  ec2('r5.large', 2, 16, 110, 0.126),
  ec2('r5.xlarge', 4, 32, 110, 0.252),
  ec2('r5.2xlarge', 8, 64, 110, 0.504),
];

const input = (note: string, instanceTypes: BenchType[], pods: BenchPod[]): Input => ({
  schema: 'pack-bench/1',
  note,
  instanceTypes,
  existingNodes: [],
  pods,
});

/** Fifty workloads whose hundred pods are alike: every second one spread over zones, every tenth one pod a node. */
export function deployments(seed: number): Input {
  const draw = drawing(seed, 'deployments');
  const pods = Array.from({ length: 50 }, (_, workload) => {
    const labels = { app: `app-${workload}` };
    const cpuMilli = draw([50, 100, 250, 500]);
    const memoryMi = draw([64, 128, 256, 512, 1024]);
    const more: Partial<BenchPod> =
      workload % 10 === 0
        ? { labels, podAntiAffinity: [{ topologyKey: HOST, matchLabels: labels }] }
        : workload % 2 === 0
          ? { labels, topologySpread: [{ topologyKey: ZONE, maxSkew: 1, matchLabels: labels }] }
          : { labels };
    return Array.from({ length: 100 }, (_, i) => podOf(`app-${workload}-${i}`, cpuMilli, memoryMi, more));
  });
  return input(`50 workloads of 100 pods, seed=${seed}`, GENERAL, pods.flat());
}

/** A small cluster: sixty pods of six workloads, two types. */
export function twoTypes(seed: number): Input {
  const draw = drawing(seed, 'two-types');
  const pods = Array.from({ length: 6 }, (_, workload) => {
    const labels = { app: `web-${workload}` };
    const cpuMilli = draw([100, 250, 500]);
    const memoryMi = draw([128, 512, 1024, 2048]);
    const topologySpread = [{ topologyKey: ZONE, maxSkew: 1, matchLabels: labels }];
    const more = workload % 2 === 0 ? { labels, topologySpread } : { labels };
    return Array.from({ length: 10 }, (_, i) => podOf(`web-${workload}-${i}`, cpuMilli, memoryMi, more));
  });
  return input(`60 pods, two types, seed=${seed}`, SMALL, pods.flat());
}

/** Caches and databases: memory decides, and the right type is one with much of it. */
export function tightMemory(seed: number): Input {
  const draw = drawing(seed, 'tight-memory');
  const pods = Array.from({ length: 1000 }, (_, i) =>
    podOf(`cache-${i}`, draw([50, 100, 250]), draw([1500, 2500, 3100, 5000, 7000]), {
      labels: { app: draw(['redis', 'memcached', 'postgres']) },
    }),
  );
  return input(`1000 pods of much memory, seed=${seed}`, GENERAL, pods);
}

/** No two pods alike: nothing is saved by placing kinds. */
export function distinctSizes(seed: number): Input {
  const draw = drawing(seed, 'distinct-sizes');
  const tenths = Array.from({ length: 900 }, (_, i) => i);
  const pods = Array.from({ length: 300 }, (_, i) => podOf(`own-${i}`, 100 + draw(tenths), 128 + 3 * draw(tenths)));
  return input(`300 pods of sizes of their own, seed=${seed}`, GENERAL, pods);
}
