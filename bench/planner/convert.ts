import { LABEL, providerId, workerNodeName } from '../../src/autoscaler/names';
import type { Instance, LabelSelector, Node, Pod, PodTerm, Resources, Snapshot } from '../../src/autoscaler/snapshot';
import { emptyState } from '../../src/autoscaler/state';
import { uniform } from '../../src/autoscaler/uniform';
import type { RuntimeConfig, TypeCapacity } from '../../src/config/runtime';
import type { BenchNode, BenchPlan, BenchPod, BenchTerm, BenchType, Input, Labels, PlanNode } from '../schema';
import type { PlacedNode } from './placement';

const MI = 2 ** 20;
const MINUTE = 60_000;
const NOW = Date.parse('2026-01-05T00:00:00Z');
const POOL = 'bench';
const NAMESPACE = 'default';

/** One pool of all types, on demand, in all zones; no limit is in the way. */
export function configOf({ instanceTypes, existingNodes }: Input): RuntimeConfig {
  const names = instanceTypes.map(({ name }) => name);
  const zones = new Set([...instanceTypes.flatMap((type) => type.zones), ...existingNodes.map(({ zone }) => zone)]);
  return {
    cluster: 'bench',
    region: 'us-east-1',
    dualStack: true,
    metrics: false,
    zones: [...zones].sort(),
    scheduleMs: 2 * MINUTE,
    functionTimeoutMs: MINUTE,
    limits: { maxNodes: 1_000_000 },
    baseWorkers: { count: 0, instanceType: names[0] ?? '' },
    pools: [
      { name: POOL, instanceTypes: names, markets: ['on-demand'], min: 0, max: 1_000_000, labels: {}, taints: [] },
    ],
    policy: {
      cpu: { up: 70, down: 30, windowMs: 5 * MINUTE, downWindowMs: 10 * MINUTE },
      cooldown: { upMs: 3 * MINUTE, downMs: 10 * MINUTE },
      settlingMs: 15_000,
      dataMaxAgeMs: 90_000,
      unneededForMs: 10 * MINUTE,
      unneededBelow: 50,
      minAgeMs: 10 * MINUTE,
      joinDeadlineMs: 10 * MINUTE,
      drainDeadlineMs: 10 * MINUTE,
      removalsAtOnce: 1,
      rebalance: 'cordon',
      removalOrder: 'least-disruption',
      evict: { localStorage: false, barePods: false, systemPods: false },
      offeringBackoff: { firstMs: 3 * MINUTE, maxMs: 30 * MINUTE },
      placement: 'lowest-cost',
      headroom: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
      calendar: [],
      signals: [],
    },
    instanceTypes: Object.fromEntries(instanceTypes.map((type) => [type.name, capacityOf(type)])),
  };
}

const capacityOf = (type: BenchType): TypeCapacity => ({
  cpuMilli: type.cpuMilli - type.reservedCpuMilli,
  memoryBytes: (type.memoryMi - type.reservedMemoryMi) * MI,
  pods: type.pods,
  arch: 'amd64',
  usdPerHour: { 'on-demand': type.price, spot: type.price },
});

/** The cluster as the function would see it: existing nodes are workers of the pool, all pods have waited for long. */
export function snapshotOf(input: Input): Snapshot {
  const nodes = input.existingNodes.map(nodeOf);
  const running = input.existingNodes.flatMap((node, index) =>
    node.running.map((pod): Pod => uniform({ ...podOf(pod), phase: 'Running', nodeName: nodeName(index) })),
  );
  const pending = input.pods.map(
    (pod): Pod => uniform({ ...podOf(pod), phase: 'Pending', unschedulableSince: NOW - 10 * MINUTE }),
  );
  const busy = Object.fromEntries(nodes.map(({ name }) => [name, 0.5]));
  return {
    at: NOW,
    trigger: 'schedule',
    state: { ...emptyState(), nodeCount: nodes.length },
    metrics: { known: true, at: NOW, value: { unschedulablePods: pending.length, cpu: { up: busy, down: busy } } },
    kubernetes: {
      known: true,
      at: NOW,
      value: { nodes, pods: [...running, ...pending], budgets: [], daemonSets: [] },
    },
    instances: { known: true, at: NOW, value: [server(input), ...input.existingNodes.map(instanceOf)] },
  };
}

/** EC2's list of a cluster is never empty: the server is in it. */
const server = (input: Input): Instance => ({
  id: 'i-5e',
  state: 'running',
  type: input.instanceTypes[0]?.name ?? '',
  zone: input.instanceTypes[0]?.zones[0] ?? '',
  market: 'on-demand',
  launchedAt: NOW - 120 * MINUTE,
  role: 'server',
});

const instanceOf = (node: BenchNode, index: number): Instance => ({
  id: instanceId(index),
  state: 'running',
  type: 'existing',
  zone: node.zone,
  market: 'on-demand',
  launchedAt: NOW - 60 * MINUTE,
  role: 'worker',
  pool: POOL,
});

const instanceId = (index: number): string => `i-${index.toString(16).padStart(17, '0')}`;
const nodeName = (index: number): string => workerNodeName(instanceId(index));

const nodeOf = (node: BenchNode, index: number): Node => ({
  name: nodeName(index),
  uid: `uid-${node.name}`,
  resourceVersion: '1',
  providerId: providerId(node.zone, instanceId(index)),
  labels: {
    [LABEL.hostname]: nodeName(index),
    [LABEL.zone]: node.zone,
    [LABEL.arch]: 'amd64',
    [LABEL.managed]: 'true',
    [LABEL.pool]: POOL,
    ...node.labels,
  },
  annotations: {},
  taints: [],
  unschedulable: false,
  ready: true,
  createdAt: NOW - 59 * MINUTE,
  allocatable: { cpuMilli: node.cpuMilli, memoryBytes: node.memoryMi * MI, pods: node.pods },
});

/** What the pod has, as the function's own reader would make it. */
function podOf(pod: BenchPod): Omit<Pod, 'phase'> {
  return {
    namespace: NAMESPACE,
    name: pod.name,
    uid: pod.uid,
    createdAt: NOW - 30 * MINUTE,
    gated: false,
    requests: requestsOf(pod),
    priority: 0,
    labels: pod.labels ?? {},
    annotations: {},
    nodeSelector: pod.nodeSelector ?? {},
    tolerations: [],
    mirror: false,
    localVolume: false,
    unsupported: [],
    ...(pod.podAffinity && { affinity: pod.podAffinity.map(termOf) }),
    ...(pod.podAntiAffinity && { antiAffinity: pod.podAntiAffinity.map(termOf) }),
    ...(pod.topologySpread && {
      spread: pod.topologySpread.map(({ topologyKey, maxSkew, matchLabels }) => ({
        topologyKey,
        maxSkew,
        selector: selectorOf(matchLabels),
        minDomains: 1,
        honorAffinity: true,
        honorTaints: false,
      })),
    }),
  };
}

const requestsOf = ({ cpuMilli, memoryMi }: BenchPod): Resources => ({ cpuMilli, memoryBytes: memoryMi * MI, pods: 1 });

const termOf = ({ topologyKey, matchLabels }: BenchTerm): PodTerm => ({
  selector: selectorOf(matchLabels),
  namespaces: [NAMESPACE],
  topologyKey,
});

const selectorOf = (matchLabels: Labels): LabelSelector =>
  Object.entries(matchLabels).map(([key, value]) => ({ key, operator: 'In', values: [value] }));

/** The placement in the plan's format; what is in no node of it is unscheduled. */
export function planOf(input: Input, placed: PlacedNode[]): BenchPlan {
  const podNames = new Map(input.pods.map(({ uid, name }) => [uid, name]));
  const nodeNames = new Map(input.existingNodes.map(({ name }, index) => [nodeName(index), name]));
  const names = (uids: string[]) => uids.map((uid) => podNames.get(uid) ?? uid);
  const newNodes: PlanNode[] = [];
  const existing: PlanNode[] = [];
  for (const { node, type, zone, pods } of placed) {
    if (pods.length === 0 && node !== undefined) continue;
    if (node === undefined) newNodes.push({ instanceType: type ?? '', zones: [zone], pods: names(pods) });
    else existing.push({ name: nodeNames.get(node) ?? node, zones: [zone], pods: names(pods) });
  }
  const seen = new Set(placed.flatMap(({ pods }) => pods));
  const left = input.pods.filter(({ uid }) => !seen.has(uid));
  const order = names(inOrder(placed));
  return {
    newNodes,
    existing,
    unscheduled: Object.fromEntries(left.map(({ name }) => [name, 'not placed'])),
    ...(order.length > 0 && { order }),
  };
}

/** Uids in the order of placing; empty where it is not told. */
function inOrder(placed: PlacedNode[]): string[] {
  if (placed.some(({ pods, turns }) => turns?.length !== pods.length)) return [];
  return placed
    .flatMap(({ pods, turns = [] }) => pods.map((uid, i) => ({ uid, turn: turns[i] ?? 0 })))
    .sort((a, b) => a.turn - b.turn)
    .map(({ uid }) => uid);
}
