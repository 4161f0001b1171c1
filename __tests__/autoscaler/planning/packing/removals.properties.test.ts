import fc from 'fast-check';
import { plan } from '../../../../src/autoscaler/planning/planner';
import { controllerOf, type Node, type Pod } from '../../../../src/world/kubernetes/objects';
import { Random } from '../../../../src/world/random';
import { MINUTE } from '../../builders';
import { type Cluster, clusters, snapshotOf } from './clusters';
import { shuffled } from './order';
import { holds } from './runs';
import { keyOf, scheduled, waits } from './scheduler';

/** Nothing has been needed for an hour, as far as the planner could see. */
const rested = (cluster: Cluster): Cluster => ({
  ...cluster,
  cpu: 0.05,
  state: {
    ...cluster.state,
    unneededSince: Object.fromEntries(cluster.nodes.map(({ metadata }) => [metadata.name, cluster.at - 60 * MINUTE])),
  },
});

/** Its controller makes it anew, without a node. */
const anew = (pod: Pod): Pod => {
  const { nodeName: _, ...spec } = pod.spec;
  const name = `${pod.metadata.name}-again`;
  return { ...pod, metadata: { ...pod.metadata, name, uid: name }, spec, status: { phase: 'Pending', conditions: [] } };
};

/** As the node controller does for `spec.unschedulable`. */
const cordoned = (node: Node): Node => ({
  ...node,
  spec: {
    ...node.spec,
    unschedulable: true,
    taints: [...(node.spec.taints ?? []), { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
  },
});

const ORDERS: ((pods: Pod[], random: Random) => Pod[])[] = [
  (pods) => pods,
  (pods) => [...pods].reverse(),
  (pods, random) => shuffled(pods, random),
  (pods, random) => shuffled(pods, random),
];

describe('whatever an idle cluster looks like', () => {
  it('the pods of the nodes that are removed all find a place, in whatever order they come', () => {
    let removals = 0;
    holds(fc.tuple(clusters({ idle: true }), fc.nat()), 400, ([generated, seed]) => {
      // GIVEN
      const cluster = rested(generated);
      const { nodes, pods, namespaces, at, config } = cluster;
      // WHEN
      const intents = plan(snapshotOf(cluster), config).intents.filter(({ kind }) => kind === 'remove');
      // THEN
      expect(intents.length).toBeLessThanOrEqual(config.policy.removalsAtOnce);
      removals += intents.length;
      const gone = new Set(intents.map((intent) => (intent.kind === 'remove' ? intent.node : '')));
      const isGone = (pod: Pod) => gone.has(pod.spec.nodeName ?? '');
      const homeless = pods.filter((pod) => isGone(pod) && controllerOf(pod)?.kind !== 'DaemonSet').map(anew);
      const left = nodes.filter(({ metadata }) => !gone.has(metadata.name));
      // Pods move while their old Node is only cordoned; one that is late finds it deleted.
      const draining = nodes.map((node) => (gone.has(node.metadata.name) ? cordoned(node) : node));
      for (const order of ORDERS) {
        const queue = order(homeless, new Random(seed, 'order'));
        for (const remaining of [draining, left]) {
          const objects = { nodes: remaining, pods: [...pods.filter((pod) => !isGone(pod)), ...queue], namespaces };
          const after = scheduled(objects, queue, at);
          expect(after.filter(waits).map(keyOf)).toEqual([]);
        }
      }
    });
    // A promise about nothing would be none.
    expect(removals).toBeGreaterThan(0);
  });
});
