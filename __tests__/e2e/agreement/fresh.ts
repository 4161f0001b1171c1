import type { Node, Pod } from '../../../src/world/kubernetes/objects';
import { kinOf } from '../../../src/world/kubernetes/scheduler/facts';
import { instance } from '../../autoscaler/builders';
import { daemonPods, fits, keyOf, newNodeOf, waits } from '../../autoscaler/planning/packing/scheduler';
import { type Case, codeOf } from './cases';
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

/**
 * Pods that the plan calls hopeless, one of each workload and code: the others are like it. Left out are those like which
 * another one waits that is not called so: a new node would be for that one.
 *
 * @param left pods that a scheduler left, as `namespace/name`
 */
export function triedOf(each: Case, left: ReadonlySet<string>): Pod[] {
  const hopeless = new Set(hopelessOf(each));
  const ahead = new Set(each.queue.filter((pod) => left.has(keyOf(pod)) && !hopeless.has(pod)).map(kinOf));
  const seen = new Set<string>();
  return [...hopeless].filter((pod) => {
    const kin = `${kinOf(pod)} ${codeOf(each, pod)}`;
    return !ahead.has(kinOf(pod)) && !seen.has(kin) && seen.add(kin);
  });
}

/**
 * Hopeless pods that one new node beside the cluster's takes by the world's filters, for people.
 *
 * @param after all pods, those that wait too, as a scheduler has placed them
 */
export function takenByFresh(each: Case, after: readonly Pod[]): { tried: number; taken: string[] } {
  const { nodes, namespaces } = each.objects;
  const there = after.filter((pod) => !waits(pod));
  const tried = triedOf(each, new Set(after.filter(waits).map(keyOf)));
  const taken = tried.flatMap((pod) =>
    freshOf(each)
      .filter(({ node, daemons }) =>
        fits(pod, node, { nodes: [...nodes, node], pods: [...there, ...daemons], namespaces }),
      )
      .map(({ node }) => `${keyOf(pod)}: ${codeOf(each, pod)}, and an empty ${sortOf(node)} takes it`),
  );
  return { tried: tried.length, taken };
}

export const sortOf = ({ metadata: { labels = {} } }: Node): string =>
  ['k3s-autoscaler/pool', 'node.kubernetes.io/instance-type', 'topology.kubernetes.io/zone']
    .map((label) => labels[label])
    .join(' ');
