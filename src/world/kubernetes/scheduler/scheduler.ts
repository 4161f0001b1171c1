import type { Context } from '../context';
import { condition, isActive, isUnschedulable, type Node, type Pod, withCondition } from '../objects';
import { type ClusterView, factsOf, kinOf, type NodeState, nodeState, place } from './facts';
import { reasonsAgainst } from './filters';
import { best } from './score';

/**
 * Puts pods on nodes as kube-scheduler does: queue by priority, then by age; filter, score, bind. Every pending pod is
 * tried again in each pass (no back-off), and nothing is preempted: a pod of higher priority waits like the others.
 */
export class Scheduler {
  readonly #context: Context;
  readonly #bound: (pod: Pod) => void;

  /** `bound` is told each pod that got a node. */
  constructor(context: Context, bound: (pod: Pod) => void) {
    this.#context = context;
    this.#bound = bound;
  }

  pass(pending: Iterable<string>): void {
    const queue = this.#queue(pending);
    if (queue.length === 0) return;
    const { store } = this.#context;
    const view: ClusterView = {
      nodes: store.list<Node>('nodes').map((node) => nodeState(node, store.podsOn(node.metadata.name))),
      find: (resource, name, namespace) => store.find(resource, name, namespace),
    };
    const refused = new Map<string, string>();
    for (const pod of queue) this.#tryPod(pod, view, refused);
  }

  #queue(pending: Iterable<string>): Pod[] {
    const pods: Pod[] = [];
    for (const key of pending) {
      const [namespace, name] = key.split('/') as [string, string];
      const pod = this.#context.store.find<Pod>('pods', name, namespace);
      if (pod && isActive(pod) && pod.spec.nodeName === undefined && !pod.spec.schedulingGates?.length) pods.push(pod);
    }
    // The order of `pending` is that of creation, and the sort is stable.
    return pods.sort((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0));
  }

  #tryPod(pod: Pod, view: ClusterView, refused: Map<string, string>): void {
    // Within a pass places only fill up, so the next pod of a kin that was refused is refused too; not so where company opens a node.
    const kin = factsOf(pod).dependsOnPods ? undefined : kinOf(pod);
    const known = kin === undefined ? undefined : refused.get(kin);
    if (known !== undefined) {
      this.#refuse(pod, known);
      return;
    }
    const verdicts = view.nodes.map((state) => ({ state, reasons: reasonsAgainst(pod, state, view) }));
    const fitting = verdicts.filter(({ reasons }) => reasons.length === 0).map(({ state }) => state);
    if (fitting.length > 0) {
      this.#bind(pod, best(pod, fitting, view));
      return;
    }
    const message = explain(verdicts.map(({ reasons }) => reasons));
    if (kin !== undefined) refused.set(kin, message);
    this.#refuse(pod, message);
  }

  #bind(pod: Pod, state: NodeState): void {
    const { clock, store } = this.#context;
    const node = state.node.metadata.name;
    const conditions = withCondition(pod.status.conditions, { type: 'PodScheduled', status: 'True' }, clock.now());
    const hostIP = state.node.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
    const bound = store.update<Pod>('pods', {
      ...pod,
      spec: { ...pod.spec, nodeName: node },
      status: { ...pod.status, conditions, ...(hostIP === undefined ? {} : { hostIP }) },
    });
    place(state, bound);
    this.#bound(bound);
  }

  #refuse(pod: Pod, message: string): void {
    const { clock, store } = this.#context;
    const old = condition(pod.status.conditions, 'PodScheduled');
    if (old?.reason === 'Unschedulable' && old.message === message) return;
    const conditions = withCondition(
      pod.status.conditions,
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
      clock.now(),
    );
    const after = store.update<Pod>('pods', { ...pod, status: { ...pod.status, conditions } });
    if (isUnschedulable(pod) || !this.#context.isWorkload(after)) return;
    this.#context.emit({
      at: clock.now(),
      kind: 'pod-unschedulable',
      pod: after.metadata.name,
      uid: after.metadata.uid,
    });
  }
}

/** `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.` — sorted as text, as kube-scheduler does. */
function explain(reasons: string[][]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return reasons.length === 0
    ? 'no nodes available to schedule pods'
    : `0/${reasons.length} nodes are available: ${parts.join(', ')}.`;
}
