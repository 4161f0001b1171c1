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

/** What the world's scheduler says to each attempt of the real one in its turn, and in the end to each pod that is left. */
export function replay(
  { objects, queue }: Pick<Case, 'objects' | 'queue'>,
  { attempts, bound, refused }: Pick<Outcome, 'attempts' | 'bound' | 'refused'>,
): Replay {
  const view = viewOf(objects);
  const pods = new Map(queue.map((pod) => [keyOf(pod), pod]));
  const nodes = new Map(bound.map(({ pod, node }) => [pod, node]));
  // Those before were refused.
  const last = new Map(attempts.map((key, i) => [key, i]));
  const disagreements = bound
    .filter(({ pod }) => !last.has(pod))
    .map(({ pod, node }) => `${pod}: bound to ${node}, and the scheduler did not say when it tried`);
  const otherNode: string[] = [];
  const fittingOf = (pod: Pod) => view.nodes.filter((state) => reasonsAgainst(pod, state, view).length === 0);

  for (const [i, key] of attempts.entries()) {
    const pod = pods.get(key) as Pod;
    const fitting = fittingOf(pod);
    const node = last.get(key) === i ? nodes.get(key) : undefined;
    const state = view.nodes.find((each) => each.node.metadata.name === node);
    if (state === undefined) {
      if (fitting.length > 0)
        disagreements.push(`${key}: refused by attempt ${i}, and the world would take it onto ${namesOf(fitting)}`);
      continue;
    }
    const liked = favourites(pod, fitting, view);
    if (!fitting.includes(state)) {
      const reasons = reasonsAgainst(pod, state, view).join(', ');
      disagreements.push(`${key}: bound to ${node}, which the world refuses: ${reasons}`);
    } else if (!liked.includes(state)) {
      otherNode.push(`${key}: bound to ${node}, and the world likes ${namesOf(liked)} best`);
    }
    place(state, { ...pod, spec: { ...pod.spec, nodeName: state.node.metadata.name } });
  }
  const left = [...refused].flatMap(([key, message]) => {
    const taken = fittingOf(pods.get(key) as Pod);
    return taken.length === 0
      ? []
      : [`${key}: the world would take it onto ${namesOf(taken)}, and the scheduler says: ${message}`];
  });
  return { disagreements: [...disagreements, ...left], otherNode };
}

const namesOf = (states: readonly NodeState[]): string => states.map(({ node }) => node.metadata.name).join(', ');
