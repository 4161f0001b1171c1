import type { Pod } from '../../../src/world/kubernetes/objects';
import { type NodeState, place } from '../../../src/world/kubernetes/scheduler/facts';
import { reasonsAgainst } from '../../../src/world/kubernetes/scheduler/filters';
import { favourites } from '../../../src/world/kubernetes/scheduler/score';
import { keyOf, viewOf } from '../../autoscaler/planning/packing/scheduler';
import type { Case } from './cases';
import type { Outcome } from './real';

export interface Replay {
  /** Where the world's filters and the real scheduler are of two minds, for people. */
  disagreements: string[];
  /** Bindings to a node that the world likes less than another, for people. */
  otherNode: string[];
}

/**
 * What the world's scheduler says to each decision of the real one. They were decided in the order of the queue, but for
 * pods that were refused and tried again; and told in the order in which they were written, which is nearly the same. The
 * one of the two is taken in which the world agrees with more.
 */
export function replay(each: Case, { bound, refused }: Pick<Outcome, 'bound' | 'refused'>): Replay {
  const place = new Map(each.queue.map((pod, i) => [keyOf(pod), i]));
  const byQueue = [...bound].sort((a, b) => (place.get(a.pod) ?? 0) - (place.get(b.pod) ?? 0));
  const [first, second] = [byQueue, bound].map((order) => inOrder(each, { bound: order, refused })) as [Replay, Replay];
  const most = (of: Replay) => of.disagreements.length + of.otherNode.length;
  return most(second) < most(first) ? second : first;
}

function inOrder({ objects, queue }: Case, { bound, refused }: Pick<Outcome, 'bound' | 'refused'>): Replay {
  const view = viewOf(objects);
  const { nodes } = view;
  const pods = new Map(queue.map((pod) => [keyOf(pod), pod]));
  const against = (pod: Pod, state: NodeState) => reasonsAgainst(pod, state, view);

  // A pod that was tried again when others were bound is placed when the world would have taken it.
  const otherNode: string[] = [];
  let open = bound;
  for (let before = -1; before !== open.length; ) {
    before = open.length;
    open = open.filter(({ pod: key, node }) => {
      const pod = pods.get(key) as Pod;
      const state = nodes.find((each) => each.node.metadata.name === node) as NodeState;
      const fitting = nodes.filter((each) => against(pod, each).length === 0);
      if (!fitting.includes(state)) return true;
      const liked = favourites(pod, fitting, view);
      if (!liked.includes(state)) {
        const names = liked.map(({ node: { metadata } }) => metadata.name).join(', ');
        otherNode.push(`${key}: bound to ${node}, and the world likes ${names} best`);
      }
      place(state, { ...pod, spec: { ...pod.spec, nodeName: node } });
      return false;
    });
  }
  const wrongly = open.map(({ pod: key, node }) => {
    const state = nodes.find((each) => each.node.metadata.name === node) as NodeState;
    return `${key}: bound to ${node}, which the world refuses: ${against(pods.get(key) as Pod, state).join(', ')}`;
  });
  const left = [...refused].flatMap(([key, message]) => {
    const taken = nodes.filter((state) => against(pods.get(key) as Pod, state).length === 0);
    const names = taken.map(({ node }) => node.metadata.name).join(', ');
    return taken.length === 0
      ? []
      : [`${key}: the world would take it onto ${names}, and the scheduler says: ${message}`];
  });
  return { disagreements: [...wrongly, ...left], otherNode };
}
