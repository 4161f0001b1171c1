import type { Taint } from '../../config/runtime';
import type { NodeTerm, Pod, Resources, Toleration } from '../snapshot';
import { matchesNode } from './selectors';

/** A place for pods: a node that is there, one on its way, or one that could be launched. */
export interface Slot {
  name: string;
  labels: Record<string, string>;
  taints: Taint[];
  /** All that it offers to pods. */
  size: Resources;
  /** What is not asked for yet. */
  free: Resources;
  /** How much more it may turn out to have, where all that is known of it is the table of types. */
  more?: Pick<Resources, 'memoryBytes' | 'others'>;
  /** Of the host, which pods that are still to come will take: its DaemonSets'. */
  ports?: string[];
}

/** What the scheduler looks at on both pods and DaemonSets. */
export interface Wants {
  nodeSelector: Record<string, string>;
  tolerations: Toleration[];
  nodeTerms?: NodeTerm[][];
  volumeTerms?: NodeTerm[][];
}

/** Selector, affinity, taints and the places of volumes, without resources. */
export const admits = (node: Pick<Slot, 'name' | 'labels' | 'taints'>, wants: Wants): boolean =>
  selectsNode(node, wants) &&
  toleratesTaints(node, wants) &&
  (wants.volumeTerms ?? []).every((terms) => matchesNode(terms, node));

export const selectsNode = (node: Pick<Slot, 'name' | 'labels'>, { nodeSelector, nodeTerms = [] }: Wants): boolean =>
  Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value) &&
  nodeTerms.every((terms) => matchesNode(terms, node));

export const toleratesTaints = ({ taints }: Pick<Slot, 'taints'>, wants: Wants): boolean =>
  untolerated(taints, wants) === undefined;

/** The first taint that keeps the pod away. */
export const untolerated = (taints: readonly Taint[], { tolerations }: Wants): Taint | undefined =>
  taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((t) => tolerates(t, taint)));

/** As `ToleratesTaint` of k8s.io/api/core/v1: an empty key with Exists matches all, an empty effect matches every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (!toleration.key && toleration.operator !== 'Exists') return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

/**
 * The order of packing: what is more important first, then what is larger, so that large pods find room before small
 * ones fill it (first fit decreasing); the name last, so that the same snapshot gives the same plan.
 */
export const packingOrder = (a: Pod, b: Pod): number =>
  b.priority - a.priority ||
  b.requests.cpuMilli - a.requests.cpuMilli ||
  b.requests.memoryBytes - a.requests.memoryBytes ||
  byName(a, b) ||
  byText(a.uid, b.uid);

export const podKey = (pod: Pick<Pod, 'namespace' | 'name'>): string => `${pod.namespace}/${pod.name}`;

/** By namespace, then by name. */
export const byName = (a: Named, b: Named): number => byText(a.namespace, b.namespace) || byText(a.name, b.name);

type Named = Pick<Pod, 'namespace' | 'name'>;

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
