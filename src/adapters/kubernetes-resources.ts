import type { Resources, Toleration } from '../autoscaler/snapshot';
import { parseBytes, parseCount, parseCpuMilli, QuantityError } from './quantities';

type Quantities = Record<string, unknown>;

export interface Container {
  name?: string;
  restartPolicy?: string;
  resources?: { requests?: Quantities; limits?: Quantities; claims?: unknown[] };
  ports?: { hostPort?: number }[];
}

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
    nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] } };
    podAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: unknown[] };
    podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: unknown[] };
  };
  topologySpreadConstraints?: { whenUnsatisfiable?: string }[];
  volumes?: Record<string, unknown>[];
}

export interface NodeSelectorTerm {
  matchExpressions?: unknown[];
  matchFields?: { key?: string }[];
}

type Amount = Pick<Resources, 'cpuMilli' | 'memoryBytes'>;

/**
 * What the scheduler counts (`PodRequests` in k8s.io/component-helpers): the larger of what runs together (containers
 * and sidecars) and what any init container needs beside the sidecars started before it, plus the runtime's overhead.
 * A resource that is not asked for is 0. Throws `QuantityError` naming the container.
 */
export function podRequests(spec: PodSpec): Resources {
  let sidecars: Amount = { cpuMilli: 0, memoryBytes: 0 };
  let peak: Amount = { cpuMilli: 0, memoryBytes: 0 };
  for (const container of spec.initContainers ?? []) {
    const own = containerRequests(container);
    if (container.restartPolicy === 'Always') {
      sidecars = plus(sidecars, own);
      peak = larger(peak, sidecars);
    } else {
      peak = larger(peak, plus(sidecars, own));
    }
  }
  const together = (spec.containers ?? []).map(containerRequests).reduce(plus, sidecars);
  const whole = { ...larger(together, peak), ...given('the pod', spec.resources?.requests) };
  return { ...plus(whole, amount('overhead', spec.overhead)), pods: 1 };
}

/** A node's room. A resource it does not report is 0: nothing fits it then. */
export const toAllocatable = (allocatable: Quantities): Resources => ({
  ...amount('allocatable', allocatable),
  pods: allocatable.pods === undefined ? 0 : parseCount(allocatable.pods),
});

const containerRequests = (container: Container): Amount =>
  amount(`container ${container.name ?? ''}`, container.resources?.requests);

const amount = (where: string, quantities: Quantities | undefined): Amount => ({
  cpuMilli: 0,
  memoryBytes: 0,
  ...given(where, quantities),
});

function given(where: string, quantities: Quantities | undefined): Partial<Amount> {
  try {
    return {
      ...(quantities?.cpu === undefined ? {} : { cpuMilli: parseCpuMilli(quantities.cpu) }),
      ...(quantities?.memory === undefined ? {} : { memoryBytes: parseBytes(quantities.memory) }),
    };
  } catch (error) {
    if (error instanceof QuantityError) error.message = `${where}: ${error.message}`;
    throw error;
  }
}

const plus = (a: Amount, b: Amount): Amount => ({
  cpuMilli: a.cpuMilli + b.cpuMilli,
  memoryBytes: a.memoryBytes + b.memoryBytes,
});

const larger = (a: Amount, b: Amount): Amount => ({
  cpuMilli: Math.max(a.cpuMilli, b.cpuMilli),
  memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
});
