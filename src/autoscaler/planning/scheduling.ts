import type { Taint } from '../../config/runtime';
import type { Pod, Resources, Toleration } from '../snapshot';
import { minus, within } from './resources';

/** A place for pods: a node that is there, one on its way, or one that could be launched. */
export interface Slot {
  name: string;
  labels: Record<string, string>;
  taints: Taint[];
  free: Resources;
}

/** What the scheduler looks at on both pods and DaemonSets. */
export interface Wants {
  nodeSelector: Record<string, string>;
  tolerations: Toleration[];
}

/** Would the scheduler bind this pod there now? */
export const fits = (pod: Pod, slot: Slot): boolean => admits(slot, pod) && within(pod.requests, slot.free);

/** Selector and taints only, without resources. */
export const admits = (slot: Pick<Slot, 'labels' | 'taints'>, wants: Wants): boolean =>
  Object.entries(wants.nodeSelector).every(([key, value]) => slot.labels[key] === value) &&
  slot.taints.every(
    (taint) => taint.effect === 'PreferNoSchedule' || wants.tolerations.some((t) => tolerates(t, taint)),
  );

/** As `ToleratesTaint` of k8s.io/api/core/v1: an empty key with Exists matches all, an empty effect matches every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (!toleration.key && toleration.operator !== 'Exists') return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

/** Puts the pod into the first slot that takes it, and takes its requests out of what is free there. */
export function place(pod: Pod, slots: Slot[]): Slot | undefined {
  const slot = slots.find((candidate) => fits(pod, candidate));
  if (slot) slot.free = minus(slot.free, pod.requests);
  return slot;
}

/**
 * The order of packing: what is more important first, then what is larger, so that large pods find room before small
 * ones fill it (first fit decreasing); the name last, so that the same snapshot gives the same plan.
 */
export const packingOrder = (a: Pod, b: Pod): number =>
  b.priority - a.priority ||
  b.requests.cpuMilli - a.requests.cpuMilli ||
  b.requests.memoryBytes - a.requests.memoryBytes ||
  byText(podKey(a), podKey(b)) ||
  byText(a.uid, b.uid);

export const podKey = (pod: Pick<Pod, 'namespace' | 'name'>): string => `${pod.namespace}/${pod.name}`;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
