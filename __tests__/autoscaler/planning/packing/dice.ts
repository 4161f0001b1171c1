import type { Pod } from '../../../../src/world/kubernetes/objects';
import { factsOf, kinOf, place } from '../../../../src/world/kubernetes/scheduler/facts';
import { reasonsAgainst } from '../../../../src/world/kubernetes/scheduler/filters';
import { favourites } from '../../../../src/world/kubernetes/scheduler/score';
import type { Random } from '../../../../src/world/random';
import { keyOf, type Objects, viewOf, waits } from './scheduler';

/**
 * One game of the scheduler by the world's filters and scores, with dice where it throws dice: of the nodes that it likes
 * best it takes any.
 *
 * @param queue pods that wait, in the order in which the scheduler takes them
 * @returns the pods that it leaves, as `namespace/name`
 */
export function leftByDice(objects: Objects, queue: readonly Pod[], dice: Random): Set<string> {
  const view = viewOf(objects);
  let left = queue.filter(waits);
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    const full = new Set<string>();
    left = left.filter((pod) => {
      // Room only gets less within a pass; where company counts, a place may come.
      const kin = factsOf(pod).dependsOnPods ? undefined : kinOf(pod);
      if (kin !== undefined && full.has(kin)) return true;
      const fitting = view.nodes.filter((state) => reasonsAgainst(pod, state, view).length === 0);
      if (fitting.length === 0) {
        if (kin !== undefined) full.add(kin);
        return true;
      }
      const liked = favourites(pod, fitting, view);
      const state = liked[Math.floor(dice.next() * liked.length)] as (typeof liked)[number];
      place(state, { ...pod, spec: { ...pod.spec, nodeName: state.node.metadata.name } });
      return false;
    });
  }
  return new Set(left.map(keyOf));
}
