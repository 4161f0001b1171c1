import { plan } from '../../src/autoscaler/planning/planner';
import type { Instance, Pod, Snapshot } from '../../src/autoscaler/snapshot';
import { type ClusterState, emptyState } from '../../src/autoscaler/state';
import type { RuntimeConfig, RuntimePolicy } from '../../src/config/runtime';
import { base, config, instance, MINUTE, nodeOf, pod, type Scene, scene, T0, times } from './builders';

/** Scenes of removals: workers that nobody needs, and what keeps one of them all the same. */

/** Workers i-a, i-b …, all equally old, in zone a unless told. */
export const workers = (...ids: string[]): Instance[] => ids.map((id) => instance(`i-${id}`));

export interface Idle extends Scene {
  state?: Partial<ClusterState>;
  /** How long each worker has been unneeded without a break; default: for as long as it must be. */
  unneededFor?: number;
}

/** All sources known, little CPU, and every worker of the scene has been unneeded for long enough. */
export function idle({ state, unneededFor = 10 * MINUTE, snapshot, ...given }: Idle): Snapshot {
  const since = Object.fromEntries((given.instances ?? []).map((of) => [nodeOf(of).name, T0 - unneededFor]));
  return scene({
    cpu: 0.1,
    ...given,
    snapshot: { state: { ...emptyState(), unneededSince: since, ...state }, ...snapshot },
  });
}

export const withPolicy = (policy: Partial<RuntimePolicy>, over: Partial<RuntimeConfig> = {}): RuntimeConfig => ({
  ...config,
  ...over,
  policy: { ...config.policy, ...policy },
});

/** The only pool, which keeps that many. */
export const withMinimum = (min: number, policy: Partial<RuntimePolicy> = {}): RuntimeConfig =>
  withPolicy(policy, { pools: config.pools.map((pool) => ({ ...pool, min })) });

/** Instances whose removal begins in this tick. */
export const chosen = (snapshot: Snapshot, settings: RuntimeConfig = config): string[] =>
  plan(snapshot, settings).intents.flatMap((intent) => (intent.kind === 'remove' ? [intent.instance] : []));

/** What is said of the node of an instance. */
export const verdictOf = (of: Instance, snapshot: Snapshot, settings: RuntimeConfig = config) =>
  plan(snapshot, settings).nodes[nodeOf(of).name];

/** Pods of a quarter of a core on the node of an instance; eight fill it, fewer than four leave it unneeded. */
export const podsOf = (of: Instance, count: number, over: Partial<Pod> = {}): Pod[] =>
  times(count, () => pod({ nodeName: nodeOf(of).name, ...over }));

/** The base worker has no room for more. */
export const fullBase = (): Pod[] => podsOf(base, 8);
