import type { Toleration } from '../autoscaler/snapshot';

/** What is read of a pod's spec, as Kubernetes spells it. */
export interface PodSpec {
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
  priority?: number;
  schedulerName?: string;
  schedulingGates?: unknown[];
  containers?: Container[];
  initContainers?: Container[];
  /** Of the pod as a whole; where it gives a resource, it replaces the containers' sum. */
  resources?: { requests?: Quantities };
  overhead?: Quantities;
  resourceClaims?: unknown[];
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: WireNodeSelector;
      preferredDuringSchedulingIgnoredDuringExecution?: { weight?: number; preference?: WireNodeTerm }[];
    };
    podAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: WirePodTerm[] };
    podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: WirePodTerm[] };
  };
  topologySpreadConstraints?: WireSpread[];
  volumes?: WireVolume[];
}

export type Quantities = Record<string, unknown>;

export interface Container {
  name?: string;
  restartPolicy?: string;
  resources?: { requests?: Quantities; limits?: Quantities; claims?: unknown[] };
  ports?: { hostPort?: number; hostIP?: string; protocol?: string }[];
}

export interface WireRequirement {
  key?: string;
  operator?: string;
  values?: string[];
}

export interface WireLabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: WireRequirement[];
}

export interface WireNodeTerm {
  matchExpressions?: WireRequirement[];
  matchFields?: WireRequirement[];
}

export interface WireNodeSelector {
  nodeSelectorTerms?: WireNodeTerm[];
}

export interface WirePodTerm {
  labelSelector?: WireLabelSelector | null;
  namespaces?: string[];
  namespaceSelector?: WireLabelSelector | null;
  topologyKey?: string;
}

export interface WireSpread {
  topologyKey?: string;
  whenUnsatisfiable?: string;
  labelSelector?: WireLabelSelector | null;
  matchLabelKeys?: string[];
  maxSkew?: number;
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
}

/** One source beside the name; those that are read are spelled out. */
export interface WireVolume {
  name?: string;
  persistentVolumeClaim?: { claimName?: string };
  ephemeral?: unknown;
  hostPath?: unknown;
  [source: string]: unknown;
}
