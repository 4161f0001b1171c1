import { LABEL, providerId, TAG, workerNodeName } from '../../autoscaler/names';
import type { RuntimeConfig } from '../../config/runtime';
import type { InstanceRecord, KubeObject, WorldModel } from '../contract';
import { allocatableMemory, EPHEMERAL_STORAGE_BYTES, machineType, PODS_PER_NODE } from '../instance-types';
import {
  controllerOf,
  isActive,
  isReady,
  isUnschedulable,
  type Node,
  type Pod,
  timestamp,
} from '../kubernetes/objects';
import { type ClusterView, type NodeState, nodeState, place } from '../kubernetes/scheduler/facts';
import { reasonsAgainst } from '../kubernetes/scheduler/filters';
import { best } from '../kubernetes/scheduler/score';

/**
 * Could the world's own scheduler have placed every pending pod on joined and in-flight capacity? Asked at each launch,
 * of the scheduler's own filters and scores: so a launch that was needed is told from one too many without believing
 * anything that the autoscaler believes.
 *
 * A node that EC2 has warned of is gone already for this question: it is no room, and what runs on it needs some.
 *
 * @param without the instance just launched, which must not speak for itself
 */
export function couldPlaceAllPending(model: WorldModel, without: string): boolean {
  const pods = model.kubernetes.list('pods').items as Pod[];
  const nodes = model.kubernetes.list('nodes').items as Node[];
  const doomed = warnedOf(model);
  const joined = nodes
    .filter((node) => isReady(node) && !doomed.has(node.metadata.name))
    .map((node) => nodeState(node, podsOn(pods, node.metadata.name)));
  const view: ClusterView = {
    nodes: [...joined, ...inFlight(model, nodes, pods, without).filter(({ node }) => !doomed.has(node.metadata.name))],
    find: <T extends KubeObject>(resource: string, name: string, namespace?: string) =>
      model.kubernetes
        .list(resource, namespace === undefined ? {} : { namespace })
        .items.find(({ metadata }) => metadata.name === name) as T | undefined,
  };
  return pods
    .flatMap((pod) => (doomed.has(pod.spec.nodeName ?? '') ? homeless(pod) : [pod]))
    .filter(waitsForNode)
    .sort(byPriority)
    .every((pod) => placed(pod, view));
}

/** Names of the nodes whose instances EC2 takes back. */
const warnedOf = ({ events }: WorldModel): ReadonlySet<string> =>
  new Set(events.flatMap((event) => (event.kind === 'spot-warning' ? [workerNodeName(event.instance)] : [])));

/** As its controller will make it anew; what nobody makes anew needs nothing. */
function homeless(pod: Pod): Pod[] {
  if (!controllerOf(pod)) return [];
  const { nodeName: _, ...spec } = pod.spec;
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
  return [{ ...pod, spec, status: { ...pod.status, phase: 'Pending', conditions } } as Pod];
}

function placed(pod: Pod, view: ClusterView): boolean {
  const fitting = view.nodes.filter((state) => reasonsAgainst(pod, state, view).length === 0);
  if (fitting.length === 0) return false;
  place(best(pod, fitting, view), pod);
  return true;
}

/** Gated pods and those of DaemonSets wait for no new node. */
const waitsForNode = (pod: Pod): boolean =>
  isActive(pod) &&
  isUnschedulable(pod) &&
  pod.spec.nodeName === undefined &&
  !pod.spec.schedulingGates?.length &&
  controllerOf(pod)?.kind !== 'DaemonSet';

const byPriority = (a: Pod, b: Pod): number => (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
const podsOn = (pods: Pod[], node: string): Pod[] => pods.filter(({ spec }) => spec.nodeName === node);

/** Our instances whose Node is not Ready yet, as their pool's Nodes will be. */
function inFlight(model: WorldModel, nodes: Node[], pods: Pod[], without: string): NodeState[] {
  const ready = new Set(nodes.filter(isReady).map(({ metadata }) => metadata.name));
  return model.ec2
    .all()
    .filter(({ id, state }) => id !== without && (state === 'pending' || state === 'running'))
    .filter(({ id, tags }) => tags[TAG.pool] !== undefined && !ready.has(workerNodeName(id)))
    .map((instance) => nodeState(expectedNode(instance, model.options.config), []))
    .map((state) => withDaemons(state, pods));
}

/** One pod of each DaemonSet comes with every node. */
function withDaemons(state: NodeState, pods: Pod[]): NodeState {
  const byOwner = new Map<string, Pod>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner?.kind === 'DaemonSet') byOwner.set(owner.uid, pod);
  }
  for (const pod of byOwner.values()) place(state, pod);
  return state;
}

function expectedNode(instance: InstanceRecord, config: RuntimeConfig): Node {
  const type = machineType(instance.type);
  const pool = config.pools.find(({ name }) => name === instance.tags[TAG.pool]);
  const name = workerNodeName(instance.id);
  const labels = {
    ...pool?.labels,
    [LABEL.pool]: pool?.name ?? '',
    [LABEL.managed]: 'true',
    [LABEL.zone]: instance.zone,
    [LABEL.instanceType]: instance.type,
    [LABEL.arch]: type.arch,
    [LABEL.hostname]: name,
  };
  const allocatable = {
    cpu: String(type.vcpu),
    memory: String(allocatableMemory(type)),
    pods: String(PODS_PER_NODE),
    'ephemeral-storage': String(EPHEMERAL_STORAGE_BYTES),
    ...(type.gpus && { 'nvidia.com/gpu': String(type.gpus) }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: instance.id,
      resourceVersion: '0',
      creationTimestamp: timestamp(instance.launchedAt),
      labels,
    },
    spec: { providerID: providerId(instance.zone, instance.id), taints: pool?.taints ?? [] },
    status: { allocatable, capacity: allocatable, conditions: [], addresses: [] },
  } as unknown as Node;
}
