import { LABEL } from '../names';
import type { KubernetesView, Node, NodeTerm, Pod } from '../snapshot';
import type { ClusterState, LaunchOperation } from '../state';
import { nodeOfInstance, podsOn } from './fleet-view';
import { minus, within } from './resources';
import { admits } from './scheduling';
import { allocatableKey, nodeSlot } from './slots';

/** More would fill the state; the first that are forgotten are those that were learned first. */
const MOST = 100;

/**
 * Pods for which a node was bought that does not take them even when it is empty: what it became is not what its pool
 * promises. By uid, with each pool and type that was tried; for as long as the pod waits.
 */
export function learnUnhelped(
  known: ClusterState['unhelped'],
  { pods, pool, request, instances }: LaunchOperation,
  view: KubernetesView,
): ClusterState['unhelped'] {
  const nodes = instances.flatMap((id) => nodeOfInstance(view, id) ?? []);
  if (nodes.length === 0) return known;
  const bought = new Set(pods);
  const waiting = view.pods.filter(
    ({ uid, unschedulableSince }) => bought.has(uid) && unschedulableSince !== undefined,
  );
  const unhelped = waiting.filter((pod) => !nodes.some((node) => takesWhenEmpty(node, pod, view)));
  const sort = allocatableKey(pool, request.instanceType);
  const { ...lessons } = known;
  for (const { uid } of unhelped) {
    // Beside what was learned before: with the last one alone two sorts would be bought in turn for ever.
    const sorts = new Set([...(lessons[uid] ?? []), sort]);
    delete lessons[uid];
    lessons[uid] = [...sorts];
  }
  return Object.fromEntries(Object.entries(lessons).slice(-MOST));
}

/** Without pods that wait no more. */
export function stillWaiting(known: ClusterState['unhelped'], view: KubernetesView): ClusterState['unhelped'] {
  const waiting = new Set(view.pods.filter(({ nodeName }) => !nodeName).map(({ uid }) => uid));
  return Object.fromEntries(Object.entries(known).filter(([uid]) => waiting.has(uid)));
}

function takesWhenEmpty(node: Node, pod: Pod, view: KubernetesView): boolean {
  const daemons = podsOn(view, node.name).filter(({ owner, mirror }) => owner?.kind === 'DaemonSet' || mirror);
  const free = daemons.reduce((left, { requests }) => minus(left, requests), node.allocatable);
  return admits(nodeSlot(view, node), pod) && within(pod.requests, free);
}

/** The pod with what was learned: no node of these pools and types. */
export function withLesson(pod: Pod, unhelped: ClusterState['unhelped']): Pod {
  const sorts = unhelped[pod.uid];
  if (sorts === undefined) return pod;
  return { ...pod, nodeTerms: [...(pod.nodeTerms ?? []), ...sorts.map(anyOther)] };
}

/** Another pool, or another type. */
function anyOther(sort: string): NodeTerm[] {
  const [pool = '', type = ''] = sort.split('/');
  const other = (key: string, value: string): NodeTerm => ({
    labels: [{ key, operator: 'NotIn', values: [value] }],
    fields: [],
  });
  return [other(LABEL.pool, pool), other(LABEL.instanceType, type)];
}
