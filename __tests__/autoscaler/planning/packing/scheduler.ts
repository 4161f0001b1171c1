import { TAG } from '../../../../src/autoscaler/names';
import { beginLaunch } from '../../../../src/autoscaler/operations/launch';
import type { Plan } from '../../../../src/autoscaler/plan';
import type { Instance, Snapshot } from '../../../../src/autoscaler/snapshot';
import type { RuntimeConfig } from '../../../../src/config/runtime';
import type { KubeObject } from '../../../../src/world/contract';
import type { Context } from '../../../../src/world/kubernetes/context';
import { newNode } from '../../../../src/world/kubernetes/nodes';
import { type Controller, type Node, type Pod, timestamp, tolerates } from '../../../../src/world/kubernetes/objects';
import { type ClusterView, nodeState } from '../../../../src/world/kubernetes/scheduler/facts';
import { reasonsAgainst } from '../../../../src/world/kubernetes/scheduler/filters';
import { matchesNode } from '../../../../src/world/kubernetes/scheduler/node-match';
import { Scheduler } from '../../../../src/world/kubernetes/scheduler/scheduler';
import { Store } from '../../../../src/world/kubernetes/store';
import { instance, resources } from '../../builders';
import { type Cluster, uncordon } from './clusters';

/** The world's own scheduler, without the rest of the world around it. */

export interface Objects {
  nodes: Node[];
  pods: Pod[];
  namespaces: KubeObject[];
}

/** What the world's parts need of it here. */
const contextAt = (at: number, store?: Store): Context =>
  ({ clock: { now: () => at }, store, uids: { uuid: () => 'uid' }, emit: () => {}, isWorkload: () => true }) as never;

/**
 * Passes of the scheduler until one changes nothing.
 *
 * @param queue pods that wait, in the order in which they came to be
 * @returns all pods as they are then
 */
export function scheduled({ nodes, pods, namespaces }: Objects, queue: readonly Pod[], at: number): Pod[] {
  const store = new Store(() => {});
  for (const namespace of namespaces) store.insert('namespaces', namespace);
  for (const node of nodes) store.insert('nodes', node);
  for (const pod of pods) store.insert('pods', pod);
  const waiting = new Set(queue.map(keyOf));
  const scheduler = new Scheduler(contextAt(at, store), (pod) => waiting.delete(keyOf(pod)));
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    scheduler.pass(waiting);
  }
  return store.list<Pod>('pods');
}

export const keyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

export const waits = (pod: Pod): boolean => pod.spec.nodeName === undefined;

/** The oldest first; of one second by name, which is the order of a list. */
export const byAge = (pods: readonly Pod[]): Pod[] =>
  pods
    .filter(waits)
    .sort((a, b) => compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(keyOf(a), keyOf(b)));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What the world's filters and scores look at. */
export function viewOf({ nodes, pods, namespaces }: Objects): ClusterView {
  const on = ({ metadata }: Node) => pods.filter(({ spec }) => spec.nodeName === metadata.name);
  const find = (_: string, name: string) => namespaces.find(({ metadata }) => metadata.name === name);
  return { nodes: nodes.map((node) => nodeState(node, on(node))), find: find as never };
}

/** Would the scheduler let the pod onto the node? */
export function fits(pod: Pod, node: Node, objects: Objects): boolean {
  const view = viewOf(objects);
  const state = view.nodes.find((each) => each.node === node);
  return state !== undefined && reasonsAgainst(pod, state, view).length === 0;
}

/** The Node that an instance registers, Ready unless it says otherwise. The world's table of types has no GPUs. */
export function newNodeOf(of: Instance, config: RuntimeConfig, at: number, ready = true): Node {
  const type = of.type === 'g4dn.xlarge' ? 'm5.xlarge' : of.type;
  const record = { ...of, type, subnetId: '', privateIp: '10.0.0.1', tags: { [TAG.role]: of.role } };
  const made = newNode(contextAt(at), record, of.pool, config);
  const gpu = type === of.type ? {} : { 'nvidia.com/gpu': '1' };
  const node: Node = {
    ...made,
    metadata: {
      ...made.metadata,
      uid: `uid-${of.id}`,
      resourceVersion: '1',
      creationTimestamp: timestamp(at),
      labels: { ...made.metadata.labels, 'node.kubernetes.io/instance-type': of.type },
    },
    status: { ...made.status, allocatable: { ...made.status.allocatable, ...gpu } },
  };
  return ready ? readied(node) : node;
}

export const readied = (node: Node): Node => ({
  ...node,
  spec: { ...node.spec, taints: (node.spec.taints ?? []).filter(({ key }) => key !== 'node.kubernetes.io/not-ready') },
  status: {
    ...node.status,
    conditions: node.status.conditions.map((c) => (c.type === 'Ready' ? { ...c, status: 'True' } : c)),
  },
});

/** Those that the DaemonSet controller makes for a node. They come while it is not Ready, and so before any other pod. */
export const daemonPods = (sets: readonly KubeObject[], node: Node): Pod[] =>
  (sets as Controller[])
    .filter(({ spec }) => {
      const template = spec.template as unknown as Pod;
      const hard = (node.spec.taints ?? []).filter(
        ({ key, effect }) => effect !== 'PreferNoSchedule' && !key.startsWith('node.kubernetes.io/'),
      );
      return matchesNode(template, node) && hard.every((taint) => tolerates(template.spec.tolerations ?? [], taint));
    })
    .map((set) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${set.metadata.name}-${node.metadata.name}`,
        namespace: 'kube-system',
        uid: `${set.metadata.uid}-${node.metadata.name}`,
        resourceVersion: '1',
        creationTimestamp: node.metadata.creationTimestamp,
        labels: set.spec.template.metadata.labels,
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'DaemonSet',
            name: set.metadata.name,
            uid: set.metadata.uid,
            controller: true,
          },
        ],
      },
      spec: { ...set.spec.template.spec, nodeName: node.metadata.name },
      status: { phase: 'Running', conditions: [] },
    }));

/** Nodes of the plan's launches, with the type and the zone that are asked for first. */
export function launched(plan: Plan, snapshot: Snapshot, config: RuntimeConfig, prefix = 'f'): Instance[] {
  const requests = plan.intents.flatMap((intent, i) => {
    const zones = config.zones.map((zone) => [zone, 's'] as const);
    const templates = config.pools.map(({ name }) => [name, { id: 'lt', version: '1' }] as const);
    const all = { ...resources, subnets: Object.fromEntries(zones), launchTemplates: Object.fromEntries(templates) };
    const operation = intent.kind === 'launch' && beginLaunch(intent, `op-${i}`, snapshot, config, all);
    return operation ? [operation] : [];
  });
  return requests.flatMap(({ pool, count, request }, i) =>
    Array.from({ length: count }, (_, n) =>
      instance(`i-${prefix}${i.toString(16)}${n.toString(16).padStart(2, '0')}`, {
        pool,
        type: request.instanceType,
        zone: request.zone,
        market: request.market,
        launchedAt: snapshot.at,
      }),
    ),
  );
}

/** The cluster once all that is on its way and all that the plan asks for is there; nothing is scheduled yet. */
export function arrived(cluster: Cluster, plan: Plan, snapshot: Snapshot): Objects {
  const { config, at, nodes, pods, namespaces, instances, daemonSets } = cluster;
  const taken = new Set(plan.intents.flatMap((intent) => (intent.kind === 'uncordon' ? [intent.node] : [])));
  const there = nodes.map((node) => readied(taken.has(node.metadata.name) ? uncordon(node) : node));
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  const fresh = [
    ...instances.filter((of) => of.role === 'worker' && !known.has(`worker-${of.id}`)),
    ...launched(plan, snapshot, config),
  ].map((of) => newNodeOf(of, config, at));
  const without = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const { spec } of pods) if (spec.nodeName) without.delete(spec.nodeName);
  const bare = [...there.filter(({ metadata }) => without.has(metadata.name)), ...fresh];
  return {
    nodes: [...there, ...fresh],
    pods: [...pods, ...bare.flatMap((node) => daemonPods(daemonSets, node))],
    namespaces,
  };
}
