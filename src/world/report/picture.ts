import { grouped } from '../../autoscaler/grouped';
import { LABEL, type Role, TAG } from '../../autoscaler/names';
import { dollarsPerHour } from '../../cost/compute-prices';
import type { InstanceRecord, KubernetesModel, WorldModel } from '../contract';
import { nodeNameOf, stateOf } from '../counts';
import { controllerOf, isTerminating, type Node, type Pod } from '../kubernetes/objects';
import { factsOf, nodeState } from '../kubernetes/scheduler/facts';
import type { Picture, PictureNode, PicturePod } from './picture-shape';

/** The world as it stands: every machine and every Node, what is placed there, and what waits. The truth, without lag. */
export function pictureOf({ ec2, kubernetes, options }: WorldModel): Picture {
  const pods = (kubernetes.list('pods').items as Pod[]).filter(hasNotEnded).sort(byName);
  const workloadOf = workloads(kubernetes);
  const seen = (pod: Pod): PicturePod => picturePod(pod, workloadOf(pod));
  const on = grouped(pods, ({ spec }) => spec.nodeName);
  const placed = (name: string): PicturePod[] => (on.get(name) ?? []).map(seen);

  const nodes = new Map((kubernetes.list('nodes').items as Node[]).map((node) => [node.metadata.name, node]));
  const machines = ec2
    .all()
    .map((instance) => ({ instance, name: nodeNameOf(instance), role: roleOf(instance, options.config.cluster) }))
    .sort((a, b) => RANK[a.role] - RANK[b.role] || byAge(a.instance, b.instance));
  const known = machines.flatMap(({ instance, name, role }) => {
    const node = nodes.get(name);
    nodes.delete(name);
    const state = stateOf(instance, node);
    if (state === undefined) return [];
    const { id, type, market, zone, tags } = instance;
    const pool = tags[TAG.pool] ?? null;
    const seenNode: PictureNode = {
      ...{ name, instance: id, role, pool, type, market, zone, state: STATES[state] },
      ...offered(node),
      usdPerHour: isPaid(instance) ? (dollarsPerHour(type, market) ?? null) : 0,
      pods: placed(name),
    };
    return [seenNode];
  });
  const strays = [...nodes.values()].map((node) => ({ ...stray(node), pods: placed(node.metadata.name) }));
  return { nodes: [...known, ...strays], pending: (on.get(undefined) ?? []).map(seen) };
}

const RANK: Record<PictureNode['role'], number> = { server: 0, base: 1, worker: 2, foreign: 3 };

const STATES: Record<NonNullable<ReturnType<typeof stateOf>>, PictureNode['state']> = {
  ready: 'ready',
  notReady: 'not-ready',
  joining: 'joining',
  cordoned: 'cordoned',
  terminating: 'ending',
};

const hasNotEnded = ({ status }: Pod): boolean => status.phase !== 'Succeeded' && status.phase !== 'Failed';

const fullName = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;
const byName = (a: Pod, b: Pod): number => (fullName(a) < fullName(b) ? -1 : 1);
const byAge = (a: InstanceRecord, b: InstanceRecord): number => a.launchedAt - b.launchedAt || (a.id < b.id ? -1 : 1);

const roleOf = ({ tags }: InstanceRecord, cluster: string): PictureNode['role'] =>
  tags[TAG.cluster] === cluster ? ((tags[TAG.role] ?? 'worker') as Role) : 'foreign';

/** EC2 charges for nothing that is ending. */
const isPaid = ({ state }: InstanceRecord): boolean => state === 'pending' || state === 'running';

function offered(node: Node | undefined): { cpuMilli: number; memoryBytes: number } {
  if (!node) return { cpuMilli: 0, memoryBytes: 0 };
  const { cpu = 0, memory = 0 } = nodeState(node, []).allocatable;
  return { cpuMilli: cpu, memoryBytes: memory };
}

/** A Node that no machine stands behind. */
function stray(node: Node): Omit<PictureNode, 'pods'> {
  const { name, labels = {} } = node.metadata;
  return {
    name,
    instance: null,
    role: 'foreign',
    pool: labels[LABEL.pool] ?? null,
    type: labels[LABEL.instanceType] ?? '',
    market: 'on-demand',
    zone: labels[LABEL.zone] ?? '',
    state: 'not-ready',
    ...offered(node),
    usdPerHour: null,
  };
}

function picturePod(pod: Pod, workload: string): PicturePod {
  const { cpu = 0, memory = 0 } = factsOf(pod).requests;
  // What `kubectl get pods` says of it.
  const phase = isTerminating(pod) ? 'Terminating' : pod.status.phase;
  return { name: fullName(pod), workload, cpuMilli: cpu, memoryBytes: memory, phase };
}

/** `Deployment web`: what a person wrote, and not the ReplicaSet between. */
function workloads(kubernetes: KubernetesModel): (pod: Pod) => string {
  const above = new Map(kubernetes.list('replicasets').items.map((set) => [set.metadata.uid, controllerOf(set)]));
  return (pod) => {
    const owner = controllerOf(pod);
    const top = (owner && above.get(owner.uid)) ?? owner;
    return top ? `${top.kind} ${top.name}` : `Pod ${pod.metadata.name}`;
  };
}
