import fc from 'fast-check';
import { toBudgets, toDaemonSet, toNode } from '../../../../src/adapters/kubernetes-objects';
import { toPod } from '../../../../src/adapters/kubernetes-pods';
import { NO_STORAGE } from '../../../../src/adapters/kubernetes-volumes';
import { workerNodeName } from '../../../../src/autoscaler/names';
import { allocatableKey } from '../../../../src/autoscaler/planning/slots';
import type { Instance, Snapshot } from '../../../../src/autoscaler/snapshot';
import { type ClusterState, emptyState, type Operation } from '../../../../src/autoscaler/state';
import { typeCapacity } from '../../../../src/config/instance-types';
import type { Market, RuntimeConfig, RuntimePool } from '../../../../src/config/runtime';
import type { KubeObject } from '../../../../src/world/contract';
import { isUnschedulable, type Node, type Pod } from '../../../../src/world/kubernetes/objects';
import { instance, launching, MINUTE, removing, config as STANDARD, T0 } from '../../builders';
import { type DaemonPart, daemonSets, podOf, type WorkloadPart, workloadPart } from './pods';
import { daemonPods, fits, newNodeOf } from './scheduler';

/** A cluster, in Kubernetes' objects and EC2's instances: what both the planner and the world's scheduler are shown. */
export interface Cluster {
  at: number;
  config: RuntimeConfig;
  nodes: Node[];
  pods: Pod[];
  daemonSets: KubeObject[];
  budgets: KubeObject[];
  namespaces: KubeObject[];
  instances: Instance[];
  state: ClusterState;
  /** Busy share of every node's cores. */
  cpu: number;
}

/** What is generated: numbers and words that shrink; everything else is made of them. */
export interface Parts {
  zones: number;
  placement: RuntimeConfig['policy']['placement'];
  removalsAtOnce: number;
  /** What nodes of each type offer has been seen. */
  isKnown: boolean;
  limits: RuntimeConfig['limits'];
  pools: PoolPart[];
  workers: { pool: number; type: number; zone: number; draining: boolean }[];
  launches: { pool: number; type: number; zone: number; count: number; registered: boolean }[];
  daemons: DaemonPart[];
  workloads: WorkloadPart[];
}

interface PoolPart {
  types: string[];
  spot: boolean;
  min: number;
  max: number;
  ssd: boolean;
  /** `soft`: PreferNoSchedule. */
  taint?: 'hard' | 'soft' | undefined;
}

const TYPES = ['t3.medium', 'c5.large', 'm5.large', 'r5.large', 'm5.xlarge', 'm6g.large', 'c6g.xlarge', 'g4dn.xlarge'];

const poolPart: fc.Arbitrary<PoolPart> = fc.record({
  types: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 }),
  spot: fc.boolean(),
  min: fc.constantFrom(0, 0, 0, 1),
  max: fc.integer({ min: 0, max: 12 }),
  ssd: fc.boolean(),
  taint: fc.option(fc.constantFrom('hard' as const, 'soft' as const), { nil: undefined }),
});

const limits: fc.Arbitrary<RuntimeConfig['limits']> = fc
  .record({
    maxNodes: fc.integer({ min: 1, max: 30 }),
    cores: fc.option(fc.integer({ min: 2, max: 60 }), { nil: undefined, freq: 3 }),
    memoryBytes: fc.option(
      fc.integer({ min: 4, max: 120 }).map((gib) => gib * 2 ** 30),
      { nil: undefined, freq: 3 },
    ),
    usdPerHour: fc.option(
      fc.integer({ min: 1, max: 30 }).map((n) => n / 10),
      { nil: undefined, freq: 3 },
    ),
    usdPerMonth: fc.option(
      fc.integer({ min: 50, max: 2000 }).map((n) => n),
      { nil: undefined, freq: 3 },
    ),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never);

const NO_LIMIT = fc.constant({ maxNodes: 100 });

export interface Options {
  /** Pods ask for room and for labels and taints of nodes, and for no company. */
  plain?: boolean;
  /** Nothing waits, is on its way or is being drained. */
  idle?: boolean;
  limited?: boolean;
  /** All pods that wait are of one sort. */
  alike?: boolean;
}

const index = fc.nat({ max: 7 });

export const parts = ({
  plain = false,
  idle = false,
  limited = false,
  alike = false,
}: Options = {}): fc.Arbitrary<Parts> =>
  fc.record({
    zones: fc.constantFrom(2, 3),
    placement: fc.constantFrom('lowest-cost' as const, 'least-waste' as const, 'priority' as const),
    removalsAtOnce: fc.integer({ min: 1, max: 3 }),
    isKnown: fc.boolean(),
    limits: limited ? limits : NO_LIMIT,
    pools: fc.array(poolPart, { minLength: 1, maxLength: 3 }),
    workers: fc.array(
      fc.record({
        pool: index,
        type: index,
        zone: index,
        draining: idle ? fc.constant(false) : fc.nat({ max: 6 }).map((n) => n === 6),
      }),
      { maxLength: 8 },
    ),
    launches: idle
      ? fc.constant([])
      : fc.array(
          fc.record({
            pool: index,
            type: index,
            zone: index,
            count: fc.integer({ min: 1, max: 3 }),
            registered: fc.boolean(),
          }),
          { maxLength: 2 },
        ),
    daemons: fc.array(fc.record({ cpu: fc.constantFrom('50m', '200m'), tolerant: fc.boolean(), ssd: fc.boolean() }), {
      maxLength: 2,
    }),
    workloads: fc.array(workloadPart({ plain, idle }), { minLength: 1, maxLength: alike ? 1 : 6 }),
  });

export const clusters = (options?: Options): fc.Arbitrary<Cluster> => parts(options).map(build);

const NAMESPACES: KubeObject[] = ['default', 'other', 'kube-system'].map((name) => {
  const labels = name === 'kube-system' ? {} : { team: name };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid: name, resourceVersion: '1', labels } } as never;
});

export function build(parts: Parts): Cluster {
  const config = configOf(parts);
  const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;
  const sort = ({ pool: p, type, zone }: { pool: number; type: number; zone: number }) => {
    const pool = pick(config.pools, p);
    const market = pool.markets[0] as Market;
    return { pool: pool.name, type: pick(pool.instanceTypes, type), zone: pick(config.zones, zone), market };
  };
  const workers = parts.workers.map((part, i) =>
    instance(`i-${(0xa0 + i).toString(16)}`, { ...sort(part), launchedAt: T0 - (60 + i) * MINUTE }),
  );
  const base = instance('i-ba5e', { role: 'base', launchedAt: T0 - 120 * MINUTE, zone: config.zones[0] as string });
  delete (base as Partial<Instance>).pool;
  const server = { ...base, id: 'i-5e', role: 'server' as const };
  const ready = [server, base, ...workers].map((of) => newNodeOf(of, config, of.launchedAt + MINUTE));
  const sets = daemonSets(parts.daemons);
  const drained = parts.workers.flatMap((part, i) => (part.draining ? [i] : []));
  const running = runningPods(parts, ready, sets);
  const coming = parts.launches.map(({ count, registered, ...part }, i) => ({
    registered,
    operation: launching({
      id: `launch-${i}`,
      pool: sort(part).pool,
      instances: Array.from({ length: count }, (_, n) => `i-${(0xe0 + 8 * i + n).toString(16)}`),
      request: { instanceType: sort(part).type, zone: sort(part).zone, market: sort(part).market, count },
    }),
  }));
  const arriving = coming.flatMap(({ operation, registered }) =>
    operation.instances.map((id) => ({
      registered,
      of: instance(id, {
        type: operation.request.instanceType,
        zone: operation.request.zone,
        market: operation.request.market,
        pool: operation.pool,
        operation: operation.id,
        launchedAt: T0 - MINUTE,
      }),
    })),
  );
  const registered = arriving
    .filter((each) => each.registered)
    .map(({ of }) => newNodeOf(of, config, T0 - MINUTE / 2, false));
  const operations: Operation[] = [
    ...coming.map(({ operation }) => operation),
    ...drained.map((i) =>
      removing({
        id: `removal-${i}`,
        instance: workers[i]?.id as string,
        pool: workers[i]?.pool as string,
        node: toNode(ready[i + 2]),
      }),
    ),
  ];
  const cordoned = new Set(drained.map((i) => workerNodeName(workers[i]?.id as string)));
  return {
    at: T0,
    config,
    nodes: [...ready.map((node) => (cordoned.has(node.metadata.name) ? cordon(node) : node)), ...registered],
    pods: [...running, ...pendingPods(parts)],
    daemonSets: sets,
    budgets: budgetsOf(parts),
    namespaces: NAMESPACES,
    instances: [server, base, ...workers, ...arriving.map(({ of }) => of)],
    state: { ...emptyState(), operations, allocatable: parts.isKnown ? seenAllocatable(config) : {} },
    cpu: 0.5,
  };
}

const seenAllocatable = (config: RuntimeConfig): ClusterState['allocatable'] =>
  Object.fromEntries(
    config.pools.flatMap(({ name: pool, instanceTypes }) =>
      instanceTypes.map((type) => {
        const node = newNodeOf(instance('i-0', { pool, type }), config, T0);
        return [allocatableKey(pool, type), toNode(node).allocatable];
      }),
    ),
  );

/** As the node controller does for `spec.unschedulable`. */
const cordon = (node: Node): Node => ({
  ...node,
  spec: {
    ...node.spec,
    unschedulable: true,
    taints: [...(node.spec.taints ?? []), { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
  },
});

export const uncordon = (node: Node): Node => ({
  ...node,
  spec: {
    ...node.spec,
    unschedulable: false,
    taints: (node.spec.taints ?? []).filter(({ key }) => key !== 'node.kubernetes.io/unschedulable'),
  },
});

function configOf({ zones, placement, removalsAtOnce, limits, pools }: Parts): RuntimeConfig {
  const named = pools.map(
    ({ types, spot, min, max, ssd, taint }, i): RuntimePool => ({
      name: `p${i}`,
      instanceTypes: types,
      markets: spot ? ['spot'] : ['on-demand'],
      min: Math.min(min, max),
      max,
      labels: { rank: String(i + 1), ...(ssd && { disk: 'ssd' }) },
      taints: taint ? [{ key: 'dedicated', value: 'batch', effect: EFFECTS[taint] }] : [],
    }),
  );
  const types = new Set(['t3.medium', ...pools.flatMap((pool) => pool.types)]);
  return {
    ...STANDARD,
    zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'].slice(0, zones),
    limits,
    pools: named,
    policy: { ...STANDARD.policy, placement, removalsAtOnce },
    instanceTypes: Object.fromEntries([...types].map((type) => [type, typeCapacity(type) as never])),
  };
}

const EFFECTS = { hard: 'NoSchedule', soft: 'PreferNoSchedule' } as const;

/** Each on the node that its part names, where the scheduler would let it; some have gone since, and left a gap. */
function runningPods({ workloads }: Parts, nodes: Node[], sets: KubeObject[]): Pod[] {
  const pods = nodes.flatMap((node) => daemonPods(sets, node));
  const gone = new Set<Pod>();
  workloads.forEach((part, w) => {
    part.running.forEach(({ node: at, stays }, i) => {
      const node = nodes[at % nodes.length] as Node;
      const pod = podOf(part, w, i, { node: node.metadata.name, createdAt: T0 - 50 * MINUTE });
      if (!fits(pod, node, { nodes, pods, namespaces: NAMESPACES })) return;
      pods.push(pod);
      if (!stays) gone.add(pod);
    });
  });
  return pods.filter((pod) => !gone.has(pod));
}

const pendingPods = ({ workloads }: Parts): Pod[] =>
  workloads.flatMap((part, w) =>
    Array.from({ length: part.replicas }, (_, i) =>
      podOf(part, w, i, { createdAt: T0 - (10 - w) * MINUTE + i * 1000 }),
    ),
  );

const budgetsOf = ({ workloads }: Parts): KubeObject[] =>
  workloads.flatMap(({ budget, other }, w) =>
    budget === undefined
      ? []
      : [
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name: `w${w}`, namespace: other ? 'other' : 'default', uid: `pdb-${w}`, generation: 1 },
            spec: { selector: { matchLabels: { app: `w${w}` } } },
            status: { disruptionsAllowed: budget, observedGeneration: 1 },
          } as never,
        ],
  );

/** The planner's snapshot, through the adapters that read what the API server answers. */
export function snapshotOf({
  at,
  nodes,
  pods,
  daemonSets,
  budgets,
  namespaces,
  instances,
  state,
  cpu,
}: Cluster): Snapshot {
  const labels = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  const surroundings = { namespaces: labels, storage: NO_STORAGE };
  const busy = Object.fromEntries(nodes.map(({ metadata }) => [metadata.name, cpu]));
  return {
    at,
    trigger: 'schedule',
    state,
    metrics: {
      known: true,
      at,
      value: { unschedulablePods: pods.filter(isUnschedulable).length, cpu: { up: busy, down: busy } },
    },
    kubernetes: {
      known: true,
      at,
      value: {
        nodes: nodes.map(toNode),
        pods: pods.map((pod) => toPod(pod, surroundings)),
        budgets: budgets.flatMap(toBudgets),
        daemonSets: daemonSets.map(toDaemonSet),
      },
    },
    instances: { known: true, at, value: instances },
  };
}
