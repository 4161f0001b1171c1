import { LABEL, providerId, workerNodeName } from '../../src/autoscaler/names';
import type { Plan } from '../../src/autoscaler/plan';
import type { Instance, KubernetesView, MetricsView, Node, Pod, Snapshot } from '../../src/autoscaler/snapshot';
import { emptyState, type LaunchOperation, type RemovalOperation } from '../../src/autoscaler/state';
import type { RuntimeConfig, RuntimePool, RuntimeResources, TypeCapacity } from '../../src/config/runtime';

export const MINUTE = 60_000;
export const MI = 2 ** 20;
export const T0 = Date.parse('2026-01-05T00:00:00Z');

/** An instance type: millicores, MiB, and dollars an hour on demand; spot is a third of it. */
export const typeOf = (
  cpuMilli: number,
  memoryMi: number,
  usd: number,
  over: Partial<TypeCapacity> = {},
): TypeCapacity => ({
  cpuMilli,
  memoryBytes: memoryMi * MI,
  pods: 110,
  arch: 'amd64',
  usdPerHour: { 'on-demand': usd, spot: usd / 3 },
  ...over,
});

export const burstPool: RuntimePool = {
  name: 'burst',
  instanceTypes: ['t3.medium'],
  markets: ['on-demand'],
  min: 0,
  max: 9,
  labels: {},
  taints: [],
};

export const config: RuntimeConfig = {
  cluster: 'k3s-test',
  region: 'us-east-1',
  dualStack: true,
  metrics: false,
  zones: ['us-east-1a', 'us-east-1b'],
  scheduleMs: 2 * MINUTE,
  functionTimeoutMs: MINUTE,
  limits: { maxNodes: 10 },
  baseWorkers: { count: 1, instanceType: 't3.medium' },
  pools: [burstPool],
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
    removalOrder: 'least-disruption',
    evict: { localStorage: false, barePods: false, systemPods: false },
    rebalance: 'cordon',
    offeringBackoff: { firstMs: 3 * MINUTE, maxMs: 30 * MINUTE },
    placement: 'lowest-cost',
    headroom: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
    calendar: [],
    signals: [],
  },
  instanceTypes: { 't3.medium': typeOf(2000, 3788, 0.0488) },
};

export const resources: RuntimeResources = {
  table: 'k3s-cluster-state',
  historyTable: 'k3s-cluster-history',
  subnets: { 'us-east-1a': 'subnet-a', 'us-east-1b': 'subnet-b' },
  launchTemplates: { burst: { id: 'lt-burst', version: '3' }, other: { id: 'lt-other', version: '1' } },
  prometheusUrl: 'http://10.0.1.10:30090',
  kubernetesUrl: 'https://10.0.1.10:6443',
  parameters: { controllerToken: '/k3s/controller-token', ca: '/k3s/ca' },
};

export const instance = (id: string, over: Partial<Instance> = {}): Instance => ({
  id,
  state: 'running',
  type: 't3.medium',
  zone: 'us-east-1a',
  market: 'on-demand',
  launchedAt: T0 - 60 * MINUTE,
  role: 'worker',
  pool: 'burst',
  ...over,
});

/** The Node of an instance as user data makes it. */
export const nodeOf = (of: Instance, over: Partial<Node> = {}): Node => ({
  name: workerNodeName(of.id),
  uid: `uid-${of.id}`,
  resourceVersion: '1',
  providerId: providerId(of.zone, of.id),
  labels: {
    [LABEL.zone]: of.zone,
    [LABEL.arch]: 'amd64',
    ...(of.role === 'worker' ? { [LABEL.managed]: 'true', [LABEL.pool]: of.pool ?? '' } : {}),
  },
  annotations: {},
  taints: [],
  unschedulable: false,
  ready: true,
  createdAt: of.launchedAt + MINUTE,
  allocatable: { cpuMilli: 2000, memoryBytes: 3800 * MI, pods: 110 },
  ...over,
});

let serial = 0;

export const pod = (over: Partial<Pod> = {}): Pod => {
  serial += 1;
  const name = over.name ?? `web-${serial}`;
  return {
    namespace: 'default',
    name,
    uid: `uid-${name}`,
    phase: 'Running',
    createdAt: T0 - 30 * MINUTE,
    gated: false,
    requests: { cpuMilli: 250, memoryBytes: 128 * MI, pods: 1 },
    priority: 0,
    labels: { app: 'web' },
    annotations: {},
    nodeSelector: {},
    tolerations: [],
    owner: { kind: 'ReplicaSet', name: 'web-1', uid: 'rs-web' },
    mirror: false,
    localVolume: false,
    unsupported: [],
    ...over,
  };
};

export const pending = (over: Partial<Pod> = {}): Pod =>
  pod({ phase: 'Pending', createdAt: T0 - MINUTE, unschedulableSince: T0 - MINUTE, ...over });

/** A pod that takes all cores of the Node of the instance. */
export const fillOf = (of: Instance): Pod => {
  const { name, allocatable } = nodeOf(of);
  return pod({ nodeName: name, requests: { cpuMilli: allocatable.cpuMilli, memoryBytes: 128 * MI, pods: 1 } });
};

/** How many nodes of each pool are launched. */
export function nodesOf({ intents }: Plan): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const intent of intents) {
    if (intent.kind === 'launch') counts[intent.pool] = (counts[intent.pool] ?? 0) + intent.count;
  }
  return counts;
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const base = instance('i-ba5e', { role: 'base', launchedAt: T0 - 120 * MINUTE });
delete (base as Partial<Instance>).pool;

export interface Scene {
  instances?: Instance[];
  nodes?: Node[];
  pods?: Pod[];
  view?: Partial<KubernetesView>;
  metrics?: Partial<MetricsView>;
  /** Busy share of every node that `metrics` does not name. */
  cpu?: number;
  snapshot?: Partial<Snapshot>;
}

/** A cluster with one base worker, all sources known and fresh, and what the scene adds. */
export function scene({ instances = [], nodes, pods = [], view, metrics, cpu = 0.5, snapshot }: Scene = {}): Snapshot {
  const all = [base, ...instances];
  const allNodes = nodes ?? all.map((i) => nodeOf(i));
  const unschedulable = pods.filter((p) => p.unschedulableSince !== undefined && !p.gated).length;
  const busy = Object.fromEntries(allNodes.map((node) => [node.name, cpu]));
  return {
    at: T0,
    trigger: 'schedule',
    state: emptyState(),
    metrics: {
      known: true,
      at: T0,
      value: { unschedulablePods: unschedulable, cpu: { up: busy, down: busy }, ...metrics },
    },
    kubernetes: { known: true, at: T0, value: { nodes: allNodes, pods, budgets: [], daemonSets: [], ...view } },
    instances: { known: true, at: T0, value: all },
    ...snapshot,
  };
}

/** The same cluster, looked at later: every source was read then. */
export const movedTo = (at: number, { metrics, kubernetes, instances, ...rest }: Snapshot): Snapshot => ({
  ...rest,
  at,
  metrics: metrics.known ? { ...metrics, at } : metrics,
  kubernetes: kubernetes.known ? { ...kubernetes, at } : kubernetes,
  instances: instances.known ? { ...instances, at } : instances,
});

/** The same cluster, seen again after a while. */
export const later = (snapshot: Snapshot, ms: number): Snapshot => movedTo(snapshot.at + ms, snapshot);

/** A launch of pool burst that EC2 answered a minute ago: as many instances as were asked for. */
export function launching({ instances = ['i-1'], request, ...over }: LaunchChanges = {}): LaunchOperation {
  return {
    kind: 'launch',
    id: 'launch-1',
    pool: 'burst',
    reason: 'pending-pods',
    phase: 'launched',
    createdAt: T0 - MINUTE,
    deadline: T0 + 9 * MINUTE,
    count: instances.length,
    pods: [],
    request: {
      templateId: 'lt-burst',
      templateVersion: '3',
      instanceType: 't3.medium',
      market: 'on-demand',
      zone: 'us-east-1a',
      subnet: 'subnet-a',
      count: instances.length,
      tags: {},
      ...request,
    },
    attempt: 1,
    instances,
    ...over,
  };
}

type LaunchChanges = Partial<Omit<LaunchOperation, 'request'>> & { request?: Partial<LaunchOperation['request']> };

/** A removal that has been draining for a minute; `node` is a whole Node or what is stored of it. */
export function removing({ node, ...over }: Partial<RemovalOperation> = {}): RemovalOperation {
  return {
    kind: 'removal',
    id: 'removal-1',
    reason: 'cpu-low',
    phase: 'draining',
    createdAt: T0 - MINUTE,
    deadline: T0 + 9 * MINUTE,
    pool: 'burst',
    instance: 'i-a',
    evictedOwners: [],
    ...(node && { node: { name: node.name, uid: node.uid } }),
    ...over,
  };
}
