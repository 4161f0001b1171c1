import { workerNodeName } from '../../../../src/autoscaler/names';
import type { Plan } from '../../../../src/autoscaler/plan';
import { plan } from '../../../../src/autoscaler/planning/planner';
import { controllerOf, type Pod } from '../../../../src/world/kubernetes/objects';
import { MINUTE } from '../../builders';
import { build, type Cluster, parts, snapshotOf, uncordon } from './clusters';
import { unschedulable } from './pods';
import { holds } from './runs';
import { byAge, daemonPods, launched, newNodeOf, readied, scheduled, waits } from './scheduler';

/** A tick, and all that comes of it before the next: nodes join, pods are bound, nodes go and their pods come back. */
function applied(cluster: Cluster, made: Plan, cycle: number): Cluster {
  const { config, at } = cluster;
  const snapshot = snapshotOf(cluster);
  const later = at + 2 * MINUTE;
  const gone = new Set(made.intents.flatMap((intent) => (intent.kind === 'remove' ? [intent.node] : [])));
  const back = new Set(made.intents.flatMap((intent) => (intent.kind === 'uncordon' ? [intent.node] : [])));
  const instances = [
    ...cluster.instances.filter(({ id }) => !gone.has(workerNodeName(id))),
    ...launched(made, snapshot, config, (cycle + 16).toString(16)),
  ];
  const known = new Set(cluster.nodes.map(({ metadata }) => metadata.name));
  const fresh = instances
    .filter(({ id, role }) => role === 'worker' && !known.has(workerNodeName(id)))
    .map((of) => newNodeOf(of, config, at + MINUTE));
  const nodes = [
    ...cluster.nodes
      .filter(({ metadata }) => !gone.has(metadata.name))
      .map((node) => readied(back.has(node.metadata.name) ? uncordon(node) : node)),
    ...fresh,
  ];
  const isNew = (pod: Pod) => !cluster.pods.some(({ metadata }) => metadata.uid === pod.metadata.uid);
  const daemons = nodes.flatMap((node) => daemonPods(cluster.daemonSets, node)).filter(isNew);
  const pods = [...cluster.pods.flatMap((pod) => moved(pod, gone, at, cycle)), ...daemons];
  const bound = scheduled({ nodes, pods, namespaces: cluster.namespaces }, byAge(pods), at);
  return {
    ...cluster,
    at: later,
    nodes,
    instances,
    pods: bound,
    state: {
      ...cluster.state,
      ...made.memory,
      operations: cluster.state.operations.filter(
        (operation) => operation.kind === 'removal' && !back.has(operation.node?.name ?? ''),
      ),
    },
  };
}

function moved(pod: Pod, gone: ReadonlySet<string>, at: number, cycle: number): Pod[] {
  if (!gone.has(pod.spec.nodeName ?? '')) return [pod];
  if (controllerOf(pod)?.kind === 'DaemonSet') return [];
  const { nodeName: _, ...spec } = pod.spec;
  const name = `${pod.metadata.name.split('.')[0]}.${cycle}`;
  const metadata = { ...pod.metadata, name, uid: name, creationTimestamp: new Date(at).toISOString() };
  return [{ ...pod, metadata, spec, status: { phase: 'Pending', conditions: [unschedulable(at)] } }];
}

const CYCLES = 25;

describe('on a cluster where nobody changes anything', () => {
  it('plan after plan comes to rest, and takes back nothing that it did', () => {
    holds(parts(), 60, (made_) => {
      const generated = build(made_);
      // GIVEN a cluster whose drains have been given up
      let cluster: Cluster = { ...generated, cpu: 0.1 };
      const plans: Plan[] = [];
      const bought = new Set<string>();
      let removed = false;
      for (let cycle = 0; cycle < CYCLES; cycle += 1) {
        // WHEN
        const made = plan(snapshotOf(cluster), cluster.config);
        plans.push(made);
        const before = new Set(cluster.instances.map(({ id }) => id));
        const told = () =>
          JSON.stringify(
            plans.map(({ intents, decision, pods }) => ({ decision, intents, pods })),
            null,
            1,
          );
        for (const intent of made.intents) {
          // THEN
          if (intent.kind === 'launch' && removed)
            throw new Error(`launches in cycle ${cycle} after a removal ${told()}`);
          if (intent.kind === 'remove' && bought.has(intent.instance))
            throw new Error(`removes in cycle ${cycle} what it bought ${told()}`);
          if (intent.kind === 'remove') removed = true;
        }
        cluster = applied(cluster, made, cycle);
        for (const { id } of cluster.instances) if (!before.has(id)) bought.add(id);
        if (cycle >= CYCLES - 5 && made.intents.length > 0) throw new Error(`still at it in cycle ${cycle} ${told()}`);
      }
    });
  });
});
