import type { Taint } from '../../../config/runtime';
import type { KubeObject } from '../../contract';
import {
  type Affinity,
  type Container,
  controllerOf,
  type Node,
  type Pod,
  type PodSpec,
  type Toleration,
} from '../objects';
import { cpuMilli, whole } from '../quantity';

/** By resource name: millicores for cpu, bytes or counts for the others. */
export type Amounts = Record<string, number>;

/** What the scheduler reads out of a pod's spec, parsed once. */
export interface PodFacts {
  requests: Amounts;
  /** `<protocol>/<ip>/<port>`. */
  hostPorts: string[];
  tolerations: Toleration[];
  nodeSelector: Record<string, string>;
  affinity: Affinity;
  /** Its place depends on other pods, so placing one of its kin may open a node for it. */
  dependsOnPods: boolean;
}

/** A spec object is never changed in place, so it is its own cache key. */
const cache = new WeakMap<PodSpec, PodFacts>();

export function factsOf({ spec }: Pod): PodFacts {
  let facts = cache.get(spec);
  if (!facts) {
    facts = readFacts(spec);
    cache.set(spec, facts);
  }
  return facts;
}

function readFacts(spec: PodSpec): PodFacts {
  const affinity = spec.affinity ?? {};
  return {
    requests: requestsOf(spec),
    hostPorts: spec.containers
      .flatMap((c) => c.ports ?? [])
      .filter((p) => p.hostPort)
      .map((p) => `${p.protocol ?? 'TCP'}/${p.hostIP ?? '0.0.0.0'}/${p.hostPort}`),
    tolerations: spec.tolerations ?? [],
    nodeSelector: spec.nodeSelector ?? {},
    affinity,
    dependsOnPods: Boolean(affinity.podAffinity ?? affinity.podAntiAffinity ?? spec.topologySpreadConstraints?.length),
  };
}

const amount = (resource: string, text: string): number => (resource === 'cpu' ? cpuMilli(text) : whole(text));

function containerRequests({ resources }: Container): Amounts {
  return Object.fromEntries(
    Object.entries(resources?.requests ?? {}).map(([name, text]) => [name, amount(name, text)]),
  );
}

const combine = (a: Amounts, b: Amounts, by: (x: number, y: number) => number): Amounts => {
  const result = { ...a };
  for (const [name, value] of Object.entries(b)) result[name] = by(result[name] ?? 0, value);
  return result;
};
const plus = (x: number, y: number): number => x + y;

/**
 * The sum of the containers or the largest init container, whichever is more, and the overhead; a sidecar (an init
 * container that restarts always) counts in the sum and beside each later init container.
 */
function requestsOf(spec: PodSpec): Amounts {
  let sidecars: Amounts = {};
  let largestInit: Amounts = {};
  for (const init of spec.initContainers ?? []) {
    const own = containerRequests(init);
    if (init.restartPolicy === 'Always') sidecars = combine(sidecars, own, plus);
    largestInit = combine(
      largestInit,
      init.restartPolicy === 'Always' ? sidecars : combine(sidecars, own, plus),
      Math.max,
    );
  }
  const running = spec.containers.map(containerRequests).reduce((sum, own) => combine(sum, own, plus), sidecars);
  const overhead = containerRequests({ name: '', image: '', resources: { requests: spec.overhead ?? {} } });
  return combine(combine(running, largestInit, Math.max), overhead, plus);
}

/** A node with what is on it, as a pass of the scheduler sees and fills it. */
export interface NodeState {
  node: Node;
  labels: Record<string, string>;
  taints: Taint[];
  unschedulable: boolean;
  allocatable: Amounts;
  requested: Amounts;
  hostPorts: Set<string>;
  pods: Pod[];
}

const allocatables = new WeakMap<object, Amounts>();

function allocatableOf({ status }: Node): Amounts {
  let amounts = allocatables.get(status.allocatable);
  if (!amounts) {
    amounts = Object.fromEntries(Object.entries(status.allocatable).map(([name, text]) => [name, amount(name, text)]));
    allocatables.set(status.allocatable, amounts);
  }
  return amounts;
}

export function nodeState(node: Node, pods: Pod[]): NodeState {
  const state: NodeState = {
    node,
    labels: node.metadata.labels ?? {},
    taints: node.spec.taints ?? [],
    unschedulable: node.spec.unschedulable ?? false,
    allocatable: allocatableOf(node),
    requested: {},
    hostPorts: new Set(),
    pods: [],
  };
  // A pod that is being deleted holds its place until it is gone; one that has ended holds none.
  for (const pod of pods) if (pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed') place(state, pod);
  return state;
}

export function place(state: NodeState, pod: Pod): void {
  const facts = factsOf(pod);
  for (const [name, value] of Object.entries(facts.requests))
    state.requested[name] = (state.requested[name] ?? 0) + value;
  for (const port of facts.hostPorts) state.hostPorts.add(port);
  state.pods.push(pod);
}

/** Pods of one controller and one template get one answer in one pass. */
export const kinOf = (pod: Pod): string | undefined => {
  const owner = controllerOf(pod);
  // A DaemonSet's pods differ by the node that each is for, a StatefulSet's by their volumes.
  return owner && owner.kind !== 'DaemonSet' && owner.kind !== 'StatefulSet' ? owner.uid : undefined;
};

/** What the filters may ask beyond the node. */
export interface ClusterView {
  nodes: NodeState[];
  find<T extends KubeObject>(resource: string, name: string, namespace?: string): T | undefined;
}
