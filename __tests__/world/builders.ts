import type { RuntimeConfig } from '../../src/config/runtime';
import type { RunInstancesInput, WorldOptions } from '../../src/world/contract';
import { START, type WorkloadStep } from '../../src/world/scenario/types';
import { World } from '../../src/world/world';

export const CONFIG: RuntimeConfig = {
  cluster: 'test',
  region: 'us-east-1',
  dualStack: true,
  metrics: false,
  zones: ['us-east-1a', 'us-east-1b'],
  scheduleMs: 120_000,
  functionTimeoutMs: 60_000,
  limits: { maxNodes: 10 },
  baseWorkers: { count: 1, instanceType: 't3.medium' },
  pools: [
    {
      name: 'burst',
      instanceTypes: ['t3.medium', 't3a.medium'],
      markets: ['on-demand'],
      min: 0,
      max: 9,
      labels: { tier: 'burst' },
      taints: [],
    },
  ],
  policy: {
    cpu: { up: 70, down: 30, windowMs: 300_000, downWindowMs: 600_000 },
    cooldown: { upMs: 180_000, downMs: 600_000 },
    settlingMs: 15_000,
    dataMaxAgeMs: 90_000,
    unneededForMs: 600_000,
    unneededBelow: 50,
    minAgeMs: 600_000,
    joinDeadlineMs: 600_000,
    drainDeadlineMs: 600_000,
    removalsAtOnce: 1,
    removalOrder: 'least-disruption',
    evict: { localStorage: false, barePods: false, systemPods: false },
    rebalance: 'cordon',
    offeringBackoff: { firstMs: 180_000, maxMs: 1_800_000 },
    placement: 'lowest-cost',
    headroom: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
    calendar: [],
    signals: [],
  },
  instanceTypes: {},
};

const RESOURCES: WorldOptions['resources'] = {
  table: 'k3s-cluster-state',
  historyTable: 'k3s-cluster-history',
  subnets: { 'us-east-1a': 'subnet-a', 'us-east-1b': 'subnet-b' },
  launchTemplates: { burst: { id: 'lt-burst', version: '3' } },
  prometheusUrl: 'http://127.0.0.1:30090',
  kubernetesUrl: 'https://127.0.0.1:6443',
  parameters: { controllerToken: '/k3s/controller-token', ca: '/k3s/ca' },
};

export const newWorld = (more: Partial<WorldOptions> = {}): World =>
  new World({
    seed: 1,
    config: CONFIG,
    resources: RESOURCES,
    baseWorkers: 1,
    timings: { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: 5_000, podStartMs: 5_000 },
    ...more,
  });

export const seconds = (n: number): number => START + n * 1000;

export const launch = (more: Partial<RunInstancesInput> = {}): RunInstancesInput => ({
  clientToken: 'token-1',
  templateId: 'lt-burst',
  templateVersion: '3',
  instanceType: 't3.medium',
  market: 'on-demand',
  subnetId: 'subnet-a',
  minCount: 1,
  maxCount: 1,
  tags: {
    instance: {
      'k3s-autoscaler:cluster': 'test',
      'k3s-autoscaler:pool': 'burst',
      'k3s-autoscaler:role': 'worker',
      'k3s-autoscaler:operation': 'op-1',
    },
  },
  ...more,
});

export const web = (replicas: number, more: Partial<WorkloadStep> = {}): WorkloadStep => ({
  kind: 'workload',
  atMs: 0,
  workload: 'deployment',
  name: 'web',
  namespace: 'default',
  replicas,
  pod: { cpu: '250m', memory: '128Mi' },
  ...more,
});
