import type { RuntimeConfig } from '../../config/runtime';
import { instanceIdOf } from '../names';
import type { Instance, KubernetesView, MetricsView, Node, Observed, Snapshot } from '../snapshot';
import { isAlive } from './fleet-view';
import { doubtOf, gapOf } from './health';
import { byName, byText, podKey } from './scheduling';

export interface Sources {
  instances?: Instance[];
  view?: KubernetesView;
  metrics?: MetricsView;
  doubts: { instances?: string; kubernetes?: string; metrics?: string };
}

/** Only what may be decided from; the rest is a doubt, in words. */
export function sourcesOf(snapshot: Snapshot, config: RuntimeConfig): Sources {
  const sources: Sources = { doubts: {} };
  const usable = <T>(key: keyof Sources['doubts'], name: string, observed: Snapshot[typeof key] & { value?: T }) => {
    const doubt = doubtOf(name, observed, snapshot, config);
    if (doubt) sources.doubts[key] = doubt;
    return doubt || !observed.known ? undefined : (observed.value as T);
  };
  const view = usable<KubernetesView>('kubernetes', 'Kubernetes', snapshot.kubernetes);
  const listed = usable<Instance[]>('instances', 'EC2', snapshot.instances);
  const gap = listed && gapOf(listed, view);
  if (gap) sources.doubts.instances = gap;
  const instances = gap ? undefined : listed;
  const metrics = usable<MetricsView>('metrics', 'Prometheus', snapshot.metrics);
  return {
    ...sources,
    ...(instances && { instances }),
    ...(view && { view: withoutDead(view, instances ?? []) }),
    ...(metrics && { metrics }),
  };
}

/**
 * Lists come in any order, and of what is alike the first is taken: the same cluster, the same plan. A list that is read
 * in pages may show a thing twice; what it said last counts, so that nothing is reckoned twice from here on.
 */
export const inOrder = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  kubernetes: mapped(snapshot.kubernetes, ({ nodes, pods, budgets, daemonSets }) => ({
    nodes: distinct(nodes, ({ name }) => name).sort((a, b) => byText(a.name, b.name)),
    pods: distinct(pods, ({ uid }) => uid).sort(byName),
    budgets: distinct(budgets, podKey).sort(byName),
    daemonSets: distinct(daemonSets, podKey).sort(byName),
  })),
  instances: mapped(snapshot.instances, (instances) => distinct(instances, ({ id }) => id)),
});

const mapped = <T>(observed: Observed<T>, change: (value: T) => T): Observed<T> =>
  observed.known ? { ...observed, value: change(observed.value) } : observed;

const distinct = <T>(items: readonly T[], idOf: (item: T) => string): T[] => [
  ...new Map(items.map((item) => [idOf(item), item])).values(),
];

/** A Node stays Ready for a while after its instance has ended: it is no room for anybody. */
const withoutDead = (view: KubernetesView, instances: Instance[]): KubernetesView => {
  const dead = new Set(instances.filter((instance) => !isAlive(instance)).map(({ id }) => id));
  const isDead = (node: Node) => dead.has(instanceIdOf(node.providerId) ?? '');
  return { ...view, nodes: view.nodes.map((node) => (isDead(node) ? { ...node, ready: false } : node)) };
};
