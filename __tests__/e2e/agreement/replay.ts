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
  /** Bindings to a node that the world would have chosen too, dice among equals apart. */
  sameNode: number;
}

/** What the world's scheduler says to each decision of the real one, in the order of the queue. */
export function replay({ objects, queue }: Case, { bound, refused }: Pick<Outcome, 'bound' | 'refused'>): Replay {
  const view = viewOf(objects);
  const { nodes } = view;
  const pods = new Map(queue.map((pod) => [keyOf(pod), pod]));
  const against = (pod: Pod, state: NodeState) => reasonsAgainst(pod, state, view);

  // A pod that was tried again when others were bound is placed when the world would have taken it.
  let sameNode = 0;
  let open = bound;
  for (let before = -1; before !== open.length; ) {
    before = open.length;
    open = open.filter(({ pod: key, node }) => {
      const pod = pods.get(key) as Pod;
      const state = nodes.find((each) => each.node.metadata.name === node) as NodeState;
      const fitting = nodes.filter((each) => against(pod, each).length === 0);
      if (!fitting.includes(state)) return true;
      if (favourites(pod, fitting, view).includes(state)) sameNode += 1;
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
  return { disagreements: [...wrongly, ...left], sameNode };
}
