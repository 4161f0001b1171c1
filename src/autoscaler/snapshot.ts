import type { Market, Taint } from '../config/runtime';
import type { Role } from './names';
import type { ClusterState } from './state';

/** All that was observed at an instant, and the durable state as it was read with the lease. Plain data: it can be saved. */
export interface Snapshot {
  /** Virtual or real time of this tick, milliseconds since 1970. */
  at: number;
  trigger: Trigger;
  state: ClusterState;
  metrics: Observed<MetricsView>;
  kubernetes: Observed<KubernetesView>;
  instances: Observed<Instance[]>;
  /** Version of each pool's launch template, as launches ask for it. */
  templates?: Record<string, string>;
}

export type Trigger = 'schedule' | 'alert' | 'interruption' | 'rebalance' | 'state-change' | 'manual';

/** Unknown is never replaced by a neutral value. `at`: time of the data, not of the question. */
export type Observed<T> =
  | { known: true; at: number; value: T }
  | { known: false; reason: UnknownReason; detail: string };

/** Why a source is unknown. `not-yet`: the cluster has not started so far, and that is no failure of anybody. */
export type UnknownReason =
  | 'timeout'
  | 'unreachable'
  | 'refused'
  | 'invalid'
  | 'empty'
  | 'stale'
  | 'incomplete'
  | 'not-yet';

export interface MetricsView {
  /** Unschedulable pods by kube-state-metrics, gated ones excluded; compared with Kubernetes, never decided from. */
  unschedulablePods: number;
  /** Busy share of each node's cores (0–1), mean over the window, by node name. A node with no value is absent. */
  cpu: { up: Record<string, number>; down: Record<string, number> };
  /** Of the signals of the configuration, by name: the value now, and the least and the most of it over the window. */
  signals?: Record<string, SignalReading>;
}

/** `doubt` says why there is no value: the query failed, gave none or several, or the window has gaps. */
export type SignalReading = { known: true; now: number; least: number; most: number } | { known: false; doubt: string };

export interface KubernetesView {
  nodes: Node[];
  pods: Pod[];
  budgets: PodDisruptionBudget[];
  daemonSets: DaemonSet[];
}

/** Whole numbers: millicores, bytes, count. */
export interface Resources {
  cpuMilli: number;
  memoryBytes: number;
  pods: number;
  /** By Kubernetes' name: `ephemeral-storage` in bytes, extended resources (`nvidia.com/gpu`) by number. Absent: none. */
  others?: Record<string, number>;
}

/** One condition on a label, as Kubernetes spells it. `Gt` and `Lt` are for nodes alone and compare whole numbers. */
export interface Requirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  values: string[];
}

/** All of them hold: of labels, and of fields (`metadata.name` is the only one there is). One with neither matches no node. */
export interface NodeTerm {
  labels: Requirement[];
  fields: Requirement[];
}

/** All of them hold; with none it selects everything. */
export type LabelSelector = Requirement[];

/** Of required pod affinity or anti-affinity. */
export interface PodTerm {
  /** Undefined selects no pod. */
  selector?: LabelSelector;
  /** The pod's own namespace where none is given, those of a `namespaceSelector` among them. */
  namespaces: string[];
  topologyKey: string;
}

/** A topology spread constraint with `DoNotSchedule`. */
export interface SpreadConstraint {
  topologyKey: string;
  /** With the pod's own values of `matchLabelKeys`. Undefined selects no pod. */
  selector?: LabelSelector;
  maxSkew: number;
  minDomains: number;
  /** Nodes that the pod's selector and affinity leave out are no domain. */
  honorAffinity: boolean;
  /** Nodes whose taints the pod does not tolerate are no domain. */
  honorTaints: boolean;
}

export interface Node {
  name: string;
  uid: string;
  resourceVersion: string;
  providerId?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  taints: Taint[];
  /** `spec.unschedulable`: cordoned. */
  unschedulable: boolean;
  ready: boolean;
  createdAt: number;
  allocatable: Resources;
}

export interface Toleration {
  key?: string;
  operator?: 'Exists' | 'Equal';
  value?: string;
  effect?: string;
}

export interface Pod {
  namespace: string;
  name: string;
  uid: string;
  /** Empty while it is not bound. */
  nodeName?: string;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  createdAt: number;
  /** Since when the condition PodScheduled is False with reason Unschedulable; undefined when it is not. */
  unschedulableSince?: number;
  /** Has scheduling gates that are not lifted. */
  gated: boolean;
  deletionAt?: number;
  requests: Resources;
  priority: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  nodeSelector: Record<string, string>;
  tolerations: Toleration[];
  /** Of each list one term matches the node: required node affinity. */
  nodeTerms?: NodeTerm[][];
  /** Of each list one term matches the node: the place of each volume that has one. No concern of spread constraints. */
  volumeTerms?: NodeTerm[][];
  /** Preferred node affinity: what matches most weighs more among nodes that are alike otherwise. */
  preferredNodes?: { weight: number; term: NodeTerm }[];
  affinity?: PodTerm[];
  antiAffinity?: PodTerm[];
  spread?: SpreadConstraint[];
  /** `<protocol>/<host ip>/<port>`; `0.0.0.0` collides with every address. */
  hostPorts?: string[];
  /** Preempting pod: the node that the scheduler makes room on for it. */
  nominatedNode?: string;
  /** The controller among its ownerReferences. */
  owner?: { kind: string; name: string; uid: string };
  /** Runs from a file on the node: the API server cannot evict it. */
  mirror: boolean;
  /** Uses a volume that lives and dies with the node: emptyDir is not counted, hostPath and local volumes are. */
  localVolume: boolean;
  /** Something in its spec that is not weighed (resource claims, another scheduler, a volume that is not there …), named for people; such a pod is reported and never moved, nor bought for. */
  unsupported: string[];
}

export interface PodDisruptionBudget {
  namespace: string;
  name: string;
  /** Of pods of its namespace. */
  selector: LabelSelector;
  disruptionsAllowed: number;
}

export interface DaemonSet {
  namespace: string;
  name: string;
  requests: Resources;
  nodeSelector: Record<string, string>;
  tolerations: Toleration[];
  nodeTerms?: NodeTerm[][];
  hostPorts?: string[];
}

export interface Instance {
  id: string;
  state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  type: string;
  zone: string;
  market: Market;
  launchedAt: number;
  /** `foreign`: it bears no tag of this cluster, though a Node of ours or a record names it. */
  role: Role | 'foreign';
  pool?: string;
  operation?: string;
  /** Of its launch template, as EC2 tells; absent where it does not. */
  templateVersion?: string;
}
