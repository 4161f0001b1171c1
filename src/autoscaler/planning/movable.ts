import type { RuntimePolicy } from '../../config/runtime';
import type { Verdict } from '../plan';
import type { KubernetesView, Node, Pod, PodDisruptionBudget } from '../snapshot';
import { podsOn } from './fleet-view';
import { isPlaceholder } from './headroom';
import type { Rehousing } from './rehousing';
import { podKey } from './scheduling';
import { selects } from './selectors';
import { verdict } from './verdict';

/** Cluster Autoscaler's annotation: people know it, and their charts carry it. */
export const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict';

/** Karpenter's, of pods and of nodes. */
export const DO_NOT_DISRUPT = 'karpenter.sh/do-not-disrupt';

/** As `k8s/prometheus` bears it, and the charts of others. */
const NAME_LABEL = 'app.kubernetes.io/name';

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
 */
export function obstacle(
  view: KubernetesView,
  node: Node,
  rehousing: Rehousing,
  { evict }: Pick<RuntimePolicy, 'evict'>,
): Verdict | undefined {
  const pods = staying(evictable(view, node.name));
  for (const pod of pods) {
    const why = immovable(pod, evict);
    if (why) return verdict('node-pod-blocks', `${podKey(pod)} ${why}.`);
  }
  return budgetObstacle(pods, view) ?? roomObstacle(node, rehousing);
}

export function roomObstacle(node: Node, rehousing: Rehousing): Verdict | undefined {
  const homeless = rehousing.homelessOf(node);
  if (!homeless) return undefined;
  const who = isPlaceholder(homeless) ? 'The headroom that it holds' : podKey(homeless);
  return verdict('node-pods-do-not-fit', `${who} fits no other node.`);
}

function immovable(pod: Pod, evict: RuntimePolicy['evict']): string | undefined {
  const { annotations, labels } = pod;
  if (annotations[SAFE_TO_EVICT] === 'false') return `is annotated ${SAFE_TO_EVICT}=false`;
  if (annotations[DO_NOT_DISRUPT] === 'true') return `is annotated ${DO_NOT_DISRUPT}=true`;
  if (pod.unsupported.length > 0) return `cannot be weighed: ${pod.unsupported.join('; ')}`;
  if (labels[NAME_LABEL] === 'prometheus') return 'is the Prometheus that decisions are made by';
  const isSafe = annotations[SAFE_TO_EVICT] === 'true';
  if (!pod.owner && !isSafe && !evict.barePods) return 'has no controller that would make it anew';
  if (pod.localVolume && !isSafe && !evict.localStorage) return 'has a volume on the node';
  if (pod.namespace === 'kube-system' && !isSafe && !evict.systemPods) return 'belongs to the system';
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
