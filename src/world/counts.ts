import { SERVER_NODE, TAG, workerNodeName } from '../autoscaler/names';
import type { InstanceRecord, WorldCounts } from './contract';
import { type Ec2, isLive } from './ec2/ec2';
import type { Cluster } from './kubernetes/cluster';
import { isReady, isTerminating, isUnschedulable, type Node, type Pod } from './kubernetes/objects';

/** Workers by state, each counted once, and pods of workloads. The server is not counted. */
export function countWorld(cluster: Cluster, ec2: Ec2): WorldCounts {
  const workers = ec2.all().filter(({ tags }) => tags[TAG.role] !== 'server');
  const nodes: WorldCounts['nodes'] = { ready: 0, notReady: 0, joining: 0, cordoned: 0, terminating: 0 };
  const seen = new Set<string>();
  for (const instance of workers) {
    const name = nodeNameOf(instance);
    seen.add(name);
    const state = stateOf(instance, cluster.store.find<Node>('nodes', name));
    if (state) nodes[state]++;
  }
  const strays = cluster.store
    .list<Node>('nodes')
    .filter(({ metadata }) => metadata.name !== SERVER_NODE && !seen.has(metadata.name));
  nodes.notReady += strays.length;
  return { nodes, pods: countPods(cluster) };
}

/** Of the machine, as our user data names it. */
export const nodeNameOf = ({ id, tags }: InstanceRecord): string =>
  tags[TAG.role] === 'server' ? SERVER_NODE : workerNodeName(id);

/** Undefined: the machine has ended, and its Node is gone too. */
export function stateOf(instance: InstanceRecord, node: Node | undefined): keyof WorldCounts['nodes'] | undefined {
  if (instance.state === 'shutting-down') return 'terminating';
  if (!isLive(instance)) return node ? 'notReady' : undefined;
  if (!node || !isReady(node)) return 'joining';
  return node.spec.unschedulable ? 'cordoned' : 'ready';
}

function countPods(cluster: Cluster): WorldCounts['pods'] {
  const counts = { running: 0, pending: 0, unschedulable: 0 };
  for (const pod of cluster.store.list<Pod>('pods')) {
    if (!cluster.isWorkload(pod) || isTerminating(pod)) continue;
    if (pod.status.phase === 'Running' && cluster.pods.runsOn(pod)) counts.running++;
    if (pod.status.phase === 'Pending') counts.pending++;
    if (isUnschedulable(pod)) counts.unschedulable++;
  }
  return counts;
}
