import { withClaims } from '../claims';
import type { Context } from '../context';
import { type Controller, isReady, isTerminating, type Pod } from '../objects';
import type { Pods } from '../pods';

/**
 * Pods `name-0`, `name-1` … in their order (OrderedReady): the next one only when all before it are ready, the last one
 * first to go, and a name that is still terminating is waited for.
 */
export function reconcileStatefulSet(context: Context, pods: Pods, set: Controller): void {
  const { name, namespace } = set.metadata;
  const wanted = set.spec.replicas ?? 1;
  const byOrdinal = new Map(context.store.podsOf(set.metadata.uid).map((pod) => [ordinal(pod), pod]));
  for (let i = 0; i < wanted; i++) {
    const pod = byOrdinal.get(i);
    if (!pod) {
      const { metadata, spec } = set.spec.template;
      const own = withClaims(context, namespace as string, spec, `${name}-${i}`);
      pods.create(namespace as string, `${name}-${i}`, { metadata, spec: own }, set);
      return;
    }
    if (isTerminating(pod) || !isReady(pod)) return;
  }
  pods.complete(set);
  const last = Math.max(-1, ...byOrdinal.keys());
  const pod = byOrdinal.get(last);
  if (last >= wanted && pod && !isTerminating(pod)) pods.delete(pod);
}

const ordinal = (pod: Pod): number => Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1));
