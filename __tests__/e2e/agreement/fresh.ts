import type { Node, Pod } from '../../../src/world/kubernetes/objects';
import { kinOf } from '../../../src/world/kubernetes/scheduler/facts';
import { instance } from '../../autoscaler/builders';
import { daemonPods, fits, newNodeOf, type Objects } from '../../autoscaler/planning/packing/scheduler';
import type { Case } from './cases';
import { hopelessOf } from './codes';

/** A new node of a pool, empty but for the pods of DaemonSets. */
export interface Fresh {
  node: Node;
  daemons: Pod[];
}

/** One of each pool, type, zone and market of the case, as our user data would make it. */
export function freshOf({ cluster }: Case): Fresh[] {
  const { config, daemonSets, at } = cluster;
  const sorts = config.pools.flatMap(({ name: pool, instanceTypes, markets }) =>
    instanceTypes.flatMap((type) =>
      config.zones.flatMap((zone) => markets.map((market) => ({ pool, type, zone, market }))),
    ),
  );
  return sorts.map((sort, i) => {
    const node = newNodeOf(instance(`i-9${i.toString(16).padStart(2, '0')}`, sort), config, at);
    return { node, daemons: daemonPods(daemonSets, node) };
  });
}

/** Pods that the plan calls hopeless, one of each workload and code: the others are like it. */
export function triedOf(each: Case): Pod[] {
  const seen = new Set<string>();
  return hopelessOf(each).filter((pod) => {
    const kin = `${kinOf(pod)} ${each.plan.pods[`${pod.metadata.namespace}/${pod.metadata.name}`]?.code}`;
    return !seen.has(kin) && seen.add(kin);
  });
}

/** Of those that wait, hopeless pods that some one new node takes by the world's filters, for people. */
export function takenByFresh(each: Case, { nodes, pods, namespaces }: Objects): string[] {
  return triedOf(each).flatMap((pod) =>
    freshOf(each).flatMap(({ node, daemons }) =>
      fits(pod, node, { nodes: [...nodes, node], pods: [...pods, ...daemons], namespaces })
        ? [`${pod.metadata.namespace}/${pod.metadata.name} is called hopeless, and an empty ${sortOf(node)} takes it`]
        : [],
    ),
  );
}

export const sortOf = ({ metadata: { labels = {} } }: Node): string =>
  ['k3s-autoscaler/pool', 'node.kubernetes.io/instance-type', 'topology.kubernetes.io/zone']
    .map((label) => labels[label])
    .join(' ');
