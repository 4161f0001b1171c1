import type { Taint } from '../../config/runtime';
import type { KubeObject } from '../contract';

/** The parts of Kubernetes' objects that this world reads, as the wire spells them. */

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime: string;
  [more: string]: unknown;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface NodeSelectorTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  topologyKey: string;
  namespaces?: string[];
  namespaceSelector?: LabelSelector;
}

export interface Affinity {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] };
    preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[];
  };
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAffinity;
}

export interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; podAffinityTerm: PodAffinityTerm }[];
}

export interface SpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  labelSelector?: LabelSelector;
  minDomains?: number;
  matchLabelKeys?: string[];
  nodeAffinityPolicy?: 'Honor' | 'Ignore';
  nodeTaintsPolicy?: 'Honor' | 'Ignore';
}

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export interface Container {
  name: string;
  image: string;
  restartPolicy?: string;
  resources?: { requests?: Record<string, string> };
  ports?: { containerPort: number; hostPort?: number; protocol?: string; hostIP?: string }[];
}

export interface PodSpec {
  nodeName?: string;
  containers: Container[];
  initContainers?: Container[];
  overhead?: Record<string, string>;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
  affinity?: Affinity;
  topologySpreadConstraints?: SpreadConstraint[];
  volumes?: {
    name: string;
    /** `storageClassName` is a scenario's word, and in no pod. */
    persistentVolumeClaim?: { claimName: string; storageClassName?: string };
    [type: string]: unknown;
  }[];
  schedulingGates?: { name: string }[];
  priority?: number;
  terminationGracePeriodSeconds?: number;
  restartPolicy?: string;
  schedulerName?: string;
}

export interface PodTemplateSpec {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}

export type Pod = KubeObject & {
  spec: PodSpec;
  status: {
    phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    conditions: Condition[];
    hostIP?: string;
    podIP?: string;
    [more: string]: unknown;
  };
};

export type Node = KubeObject & {
  spec: { providerID: string; unschedulable?: boolean; taints?: (Taint & { timeAdded?: string })[]; podCIDR?: string };
  status: {
    capacity: Record<string, string>;
    allocatable: Record<string, string>;
    conditions: Condition[];
    addresses: { type: string; address: string }[];
    nodeInfo: Record<string, string>;
  };
};

/** Deployment, ReplicaSet, StatefulSet, Job and DaemonSet alike. */
export type Controller = KubeObject & {
  spec: { replicas?: number; parallelism?: number; template: PodTemplateSpec; selector?: LabelSelector };
  status: Record<string, unknown>;
};

export type Budget = KubeObject & {
  spec: {
    minAvailable?: number | string;
    maxUnavailable?: number | string;
    selector?: LabelSelector;
    unhealthyPodEvictionPolicy?: string;
  };
  status: {
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    expectedPods: number;
    observedGeneration: number;
    conditions: Condition[];
  };
};

/** `metav1.Time`: whole seconds. */
export const timestamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

export const condition = (conditions: Condition[], type: string): Condition | undefined =>
  conditions.find((c) => c.type === type);

/** A new list with the condition set; its transition time moves only when the status changes, as Kubernetes' helpers do. */
export function withCondition(
  conditions: Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  at: number,
): Condition[] {
  const old = condition(conditions, next.type as string);
  const lastTransitionTime = old && old.status === next.status ? old.lastTransitionTime : timestamp(at);
  const set = { ...next, lastTransitionTime } as Condition;
  return old ? conditions.map((c) => (c === old ? set : c)) : [...conditions, set];
}

export const controllerOf = (object: KubeObject): { kind: string; name: string; uid: string } | undefined =>
  object.metadata.ownerReferences?.find(({ controller }) => controller);

export const isReady = (object: { status: { conditions: Condition[] } }): boolean =>
  condition(object.status.conditions, 'Ready')?.status === 'True';

export const isTerminating = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

/** Neither ended nor being deleted: a controller counts it. */
export const isActive = (pod: Pod): boolean =>
  !isTerminating(pod) && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed';

export const isUnschedulable = (pod: Pod): boolean => {
  const scheduled = condition(pod.status.conditions, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable';
};

export const tolerates = (tolerations: Toleration[], taint: Taint): boolean =>
  tolerations.some((t) => toleratedBy(t, taint));

export const toleratedBy = (toleration: Toleration, taint: Taint): boolean =>
  (!toleration.effect || toleration.effect === taint.effect) &&
  (toleration.operator === 'Exists'
    ? !toleration.key || toleration.key === taint.key
    : toleration.key === taint.key && (toleration.value ?? '') === (taint.value ?? ''));
