import type { RuntimeConfig, RuntimeResources } from '../config/runtime';
import { lookMs } from './look';
import { progress } from './operations/progress';
import { gapOf, tooSlow, unlisted } from './planning/health';
import type { Ports } from './ports';
import type { Instance, KubernetesView, Observed, Snapshot, Trigger } from './snapshot';
import type { ClusterState } from './state';

/** Side by side, each with its own deadline; then what the operations have come to since the last tick. */
export async function observe(
  ports: {
    clock: Ports['clock'];
    metrics: Ports['metrics'];
    cluster: Pick<Ports['cluster'], 'observe'>;
    fleet: Pick<Ports['fleet'], 'observe' | 'find'>;
    newId: Ports['newId'];
  },
  config: RuntimeConfig,
  state: ClusterState,
  trigger: Trigger,
  at: number,
  { launchTemplates }: Pick<RuntimeResources, 'launchTemplates'>,
): Promise<Snapshot> {
  const [metrics, kubernetes, listed] = await Promise.all([
    ports.metrics.observe(at),
    ports.cluster.observe(at, lookMs(ports.clock, config)),
    ports.fleet.observe(at),
  ]);
  const instances = await withUnlisted(ports.fleet, listed, kubernetes, state, at);
  const unknown = tooSlow(ports.clock.now() - at, config);
  const seen = unknown
    ? { metrics: unknown, kubernetes: unknown, instances: unknown }
    : { metrics, kubernetes, instances };
  const templates = Object.fromEntries(Object.entries(launchTemplates).map(([pool, { version }]) => [pool, version]));
  const snapshot: Snapshot = { at, trigger, state, ...seen, templates };
  return { ...snapshot, state: progress(snapshot, config, ports.newId) };
}

/** With what the list lacks: whether that is gone, late or somebody else's, EC2 says when it is asked by id. */
async function withUnlisted(
  fleet: Pick<Ports['fleet'], 'find'>,
  listed: Observed<Instance[]>,
  kubernetes: Observed<KubernetesView>,
  { operations }: ClusterState,
  at: number,
): Promise<Observed<Instance[]>> {
  if (!listed.known || !kubernetes.known) return listed;
  const gap = gapOf(listed.value, undefined);
  if (gap) return { known: false, reason: 'empty', detail: gap };
  const ids = unlisted(listed.value, kubernetes.value, operations);
  if (ids.length === 0) return listed;
  const found = await fleet.find(ids, at);
  return found.known ? { ...listed, value: [...listed.value, ...found.value] } : found;
}
