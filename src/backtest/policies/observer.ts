import { ANNOTATION, LABEL, providerId, SERVER_NODE, workerNodeName } from '../../autoscaler/names';
import type { Instance, MetricsView, Node, Observed, Pod, Snapshot } from '../../autoscaler/snapshot';
import type { ClusterState } from '../../autoscaler/state';
import type { RuntimeConfig } from '../../config/runtime';
import type { Fleet } from '../fleet';
import type { Shape } from '../history';
import { sizeOf } from '../machines';
import type { SimNode, SimPod } from '../pods';

const NAMESPACE = 'replayed';
const SERVER_INSTANCE = `i-${'f'.repeat(17)}`;

/** Makes of a replay's fleet what the function would have observed of it. */
export class Observer {
  /** Most is as it was at the look before: a week has five thousand of them. */
  private readonly pods = new WeakMap<SimPod, { of: SimNode | undefined; pod: Pod }>();
  private readonly nodes = new WeakMap<SimNode, { mark: string | undefined; node: Node }>();
  private readonly daemons = new WeakMap<SimNode, Pod>();

  constructor(
    private readonly config: RuntimeConfig,
    private readonly stepMs: number,
  ) {}

  /** Uid of the controller of all pods of a shape. */
  static ownerOf(shape: number): string {
    return `shape-${shape}`;
  }

  observe(fleet: Fleet, at: number, cpuAgeMs: number, state: ClusterState): Snapshot {
    const nodes = fleet.nodes.filter(({ readyAt }) => readyAt <= at);
    const daemons = nodes.map((node) => this.daemonOf(node, fleet.history.daemons));
    const pods = [...fleet.placed, ...fleet.waiting].map((pod) => this.podOf(pod, fleet));
    return {
      at,
      trigger: 'schedule',
      state,
      metrics: this.metricsOf(fleet, nodes, at, cpuAgeMs),
      kubernetes: {
        known: true,
        at,
        value: {
          nodes: [server(at), ...nodes.map((node) => this.nodeOf(node, state))],
          pods: [...pods, ...daemons],
          budgets: [],
          daemonSets: [{ namespace: NAMESPACE, name: 'daemons', ...daemonShape(fleet.history.daemons) }],
        },
      },
      instances: { known: true, at, value: [serverInstance(at), ...fleet.nodes.map(instanceOf)] },
    };
  }

  private metricsOf(fleet: Fleet, nodes: readonly SimNode[], at: number, cpuAgeMs: number): Observed<MetricsView> {
    const { policy } = this.config;
    if (cpuAgeMs > policy.dataMaxAgeMs)
      return { known: false, reason: 'stale', detail: 'the CPU of workers is not known' };
    const shares = (windowMs: number): Record<string, number> =>
      Object.fromEntries(
        nodes.flatMap((node) => {
          const share = node.load.mean(Math.round(windowMs / this.stepMs));
          return share === undefined ? [] : [[workerNodeName(node.id), share] as const];
        }),
      );
    const value = {
      unschedulablePods: fleet.waiting.length,
      cpu: { up: shares(policy.cpu.windowMs), down: shares(policy.cpu.downWindowMs) },
    };
    return { known: true, at, value };
  }

  private podOf(pod: SimPod, fleet: Fleet): Pod {
    const known = this.pods.get(pod);
    if (known && known.of === pod.node) return known.pod;
    const { cpuMilli, memoryBytes } = fleet.history.shapes[pod.shape] as Shape;
    const made: Pod = {
      ...PLAIN,
      name: `pod-${pod.id}`,
      uid: `pod-${pod.id}`,
      createdAt: pod.since,
      requests: { cpuMilli, memoryBytes, pods: 1 },
      labels: { shape: String(pod.shape) },
      owner: { kind: 'ReplicaSet', name: Observer.ownerOf(pod.shape), uid: Observer.ownerOf(pod.shape) },
      ...(pod.node
        ? { phase: 'Running' as const, nodeName: workerNodeName(pod.node.id) }
        : { phase: 'Pending' as const, unschedulableSince: pod.since }),
    };
    this.pods.set(pod, { of: pod.node, pod: made });
    return made;
  }

  private daemonOf(node: SimNode, daemons: Shape): Pod {
    const pod = this.daemons.get(node) ?? daemonPod(node, daemons);
    this.daemons.set(node, pod);
    return pod;
  }

  private nodeOf(node: SimNode, { operations }: ClusterState): Node {
    const removal = node.isCordoned
      ? operations.find((each) => each.kind === 'removal' && each.instance === node.id)
      : undefined;
    const known = this.nodes.get(node);
    if (known && known.mark === removal?.id && known.node.unschedulable === node.isCordoned) return known.node;
    const made = this.madeNode(node, removal?.id);
    this.nodes.set(node, { mark: removal?.id, node: made });
    return made;
  }

  private madeNode(node: SimNode, removal: string | undefined): Node {
    return {
      name: workerNodeName(node.id),
      uid: node.id,
      resourceVersion: '1',
      providerId: providerId(node.zone, node.id),
      labels: {
        ...this.config.pools.find(({ name }) => name === node.pool)?.labels,
        [LABEL.zone]: node.zone,
        [LABEL.instanceType]: node.type,
        ...(node.pool !== undefined && { [LABEL.managed]: 'true', [LABEL.pool]: node.pool }),
      },
      annotations: removal === undefined ? {} : { [ANNOTATION.operation]: `${removal}@1` },
      taints: [],
      unschedulable: node.isCordoned,
      ready: true,
      createdAt: node.readyAt,
      allocatable: sizeOf(node.type, this.config),
    };
  }
}

const PLAIN: Pick<
  Pod,
  | 'namespace'
  | 'gated'
  | 'priority'
  | 'annotations'
  | 'nodeSelector'
  | 'tolerations'
  | 'mirror'
  | 'localVolume'
  | 'unsupported'
> = {
  namespace: NAMESPACE,
  gated: false,
  priority: 0,
  annotations: {},
  nodeSelector: {},
  tolerations: [],
  mirror: false,
  localVolume: false,
  unsupported: [],
};

const EVERYWHERE = [{ operator: 'Exists' as const }];

const daemonShape = ({ cpuMilli, memoryBytes }: Shape) => ({
  requests: { cpuMilli, memoryBytes, pods: 1 },
  nodeSelector: {},
  tolerations: EVERYWHERE,
});

const daemonPod = (node: SimNode, daemons: Shape): Pod => ({
  ...PLAIN,
  ...daemonShape(daemons),
  name: `daemons-${node.id}`,
  uid: `daemons-${node.id}`,
  phase: 'Running',
  createdAt: node.readyAt,
  labels: {},
  nodeName: workerNodeName(node.id),
  owner: { kind: 'DaemonSet', name: 'daemons', uid: 'daemons' },
});

const instanceOf = ({ id, role, type, zone, market, launchedAt, pool }: SimNode): Instance => ({
  id,
  state: 'running',
  type,
  zone,
  market,
  launchedAt,
  role,
  ...(pool !== undefined && { pool }),
});

/** It takes no pods and is no worker; without it EC2's list would be taken for half of one. */
const serverInstance = (at: number): Instance => ({
  id: SERVER_INSTANCE,
  state: 'running',
  type: 'server',
  zone: 'server',
  market: 'on-demand',
  launchedAt: at,
  role: 'server',
});

const server = (at: number): Node => ({
  name: SERVER_NODE,
  uid: SERVER_NODE,
  resourceVersion: '1',
  labels: { [LABEL.controlPlane]: 'true' },
  annotations: {},
  taints: [{ key: LABEL.controlPlane, effect: 'NoSchedule' }],
  unschedulable: false,
  ready: true,
  createdAt: at,
  allocatable: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
});
