import type { RuntimeConfig } from '../../config/runtime';
import { instanceIdOf } from '../names';
import type { Instance, KubernetesView, MetricsView, Node, Snapshot } from '../snapshot';
import { isAlive } from './fleet-view';
import { doubtOf, gapOf } from './health';
import { byName, byText } from './scheduling';

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
    ...(view && { view: inOrder(withoutDead(view, instances ?? [])) }),
    ...(metrics && { metrics }),
  };
}

/** Lists come in any order, and of what is alike the first is taken: the same cluster, the same plan. */
const inOrder = ({ nodes, pods, budgets, daemonSets }: KubernetesView): KubernetesView => ({
  nodes: [...nodes].sort((a, b) => byText(a.name, b.name)),
  pods: [...pods].sort(byName),
  budgets: [...budgets].sort(byName),
  daemonSets: [...daemonSets].sort(byName),
});

/** A Node stays Ready for a while after its instance has ended: it is no room for anybody. */
const withoutDead = (view: KubernetesView, instances: Instance[]): KubernetesView => {
  const dead = new Set(instances.filter((instance) => !isAlive(instance)).map(({ id }) => id));
  const isDead = (node: Node) => dead.has(instanceIdOf(node.providerId) ?? '');
  return { ...view, nodes: view.nodes.map((node) => (isDead(node) ? { ...node, ready: false } : node)) };
};
