import type { Verdict } from '../plan';
import type { KubernetesView, Node, Pod, PodDisruptionBudget } from '../snapshot';
import { podsOn } from './fleet-view';
import { packingOrder, place, podKey, type Slot } from './scheduling';
import { selects } from './selectors';
import { existingSlots } from './slots';
import { verdict } from './verdict';

/** Cluster Autoscaler's annotation: people know it, and their charts carry it. */
export const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict';

/** Pods that a drain moves: not those that belong to the node itself, nor those that end with it anyway. */
export const evictable = (view: KubernetesView, node: string): Pod[] =>
  podsOn(view, node).filter((pod) => !pod.mirror && pod.owner?.kind !== 'DaemonSet');

/** A pod that is terminating is on its way out already, and its replacement has a place elsewhere. */
export const staying = (pods: Pod[]): Pod[] => pods.filter((pod) => pod.deletionAt === undefined);

/** A kubelet ends a pod when its grace is over (`deletionTimestamp` holds it); a minute later nobody will. */
const STUCK_AFTER_MS = 60_000;

/** Pods that a node waits for before it goes: not one that should have ended and never does. */
export const awaited = (pods: Pod[], at: number): Pod[] =>
  pods.filter(({ deletionAt }) => deletionAt === undefined || at - deletionAt <= STUCK_AFTER_MS);

/**
 * Why the node's pods cannot all be moved now; undefined where they can. Asked when choosing, and again before evicting.
 * `slots` is the room that no other removal has been promised.
 */
export function obstacle(view: KubernetesView, node: Node, slots: Slot[]): Verdict | undefined {
  const pods = staying(evictable(view, node.name));
  for (const pod of pods) {
    const why = immovable(pod);
    if (why) return verdict('node-pod-blocks', `${podKey(pod)} ${why}.`);
  }
  return budgetObstacle(pods, view) ?? roomObstacle(pods, node, slots);
}

function immovable(pod: Pod): string | undefined {
  if (pod.annotations[SAFE_TO_EVICT] === 'false') return `is annotated ${SAFE_TO_EVICT}=false`;
  if (!pod.owner) return 'has no controller that would make it anew';
  if (pod.localVolume && pod.annotations[SAFE_TO_EVICT] !== 'true') return 'has a volume on the node';
  if (pod.namespace === 'kube-system') return 'belongs to the system';
  if (pod.unsupported.length > 0) return `asks for ${pod.unsupported.join(', ')}, which is not weighed`;
  return undefined;
}

function budgetObstacle(pods: Pod[], view: KubernetesView): Verdict | undefined {
  for (const pod of pods) {
    const budgets = view.budgets.filter((budget) => covers(budget, pod));
    if (budgets.length > 1) {
      return verdict(
        'node-budget-blocks',
        `${podKey(pod)} is under ${budgets.length} budgets, which Kubernetes refuses to evict.`,
      );
    }
    const spent = budgets.find((budget) => budget.disruptionsAllowed <= 0);
    if (spent) return verdict('node-budget-blocks', `Budget: ${spent.namespace}/${spent.name}, pod: ${podKey(pod)}.`);
  }
  return undefined;
}

/** An empty selector selects every pod of the namespace (policy/v1). */
const covers = (budget: PodDisruptionBudget, pod: Pod): boolean =>
  budget.namespace === pod.namespace && selects(budget.selector, pod.labels);

export function roomObstacle(pods: Pod[], node: Node, slots: Slot[]): Verdict | undefined {
  const homeless = moveTo(
    pods,
    node,
    slots.map((slot) => ({ ...slot })),
  );
  return homeless && verdict('node-pods-do-not-fit', `${podKey(homeless)} fits no other node.`);
}

/** Room on the nodes that stay, and in it a place for every pod of the nodes that leave. */
export const roomFor = (view: KubernetesView, leaving: Node[]): Slot[] => moveAll(view, leaving).slots;

/** The first pod that finds no place if all these nodes leave together. */
export const homelessOf = (view: KubernetesView, leaving: Node[]): Pod | undefined => moveAll(view, leaving).homeless;

function moveAll(view: KubernetesView, leaving: Node[]): { slots: Slot[]; homeless: Pod | undefined } {
  const slots = existingSlots(view).filter((slot) => !leaving.some((node) => node.name === slot.name));
  const homeless = leaving
    .map((node) => moveTo(staying(evictable(view, node.name)), node, slots))
    .find((pod) => pod !== undefined);
  return { slots, homeless };
}

/** Places the pods on other nodes; the first that finds no place. */
const moveTo = (pods: Pod[], node: Node, slots: Slot[]): Pod | undefined => {
  const others = slots.filter((slot) => slot.name !== node.name);
  return [...pods].sort(packingOrder).filter((pod) => !place(pod, others))[0];
};
