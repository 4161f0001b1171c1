import type { RuntimeConfig, RuntimeResources } from '../../config/runtime';
import { lookMs } from '../look';
import { tooSlow } from '../planning/health';
import type { Ports } from '../ports';
import type { Session } from '../session';
import type { KubernetesView, Observed, Snapshot } from '../snapshot';

/** What every step needs. */
export interface Context {
  ports: Ports;
  session: Session;
  snapshot: Snapshot;
  config: RuntimeConfig;
  resources: RuntimeResources;
  /** Operations of which something was asked in this tick: clean-ups, for which once is enough, and launches. */
  tried: Set<string>;
  /** A line for people about what was done. */
  did(line: string): void;
}

/** No step starts with less time than this: a termination is two calls of at most 5 s, and a write of 5 s behind it. */
const STEP_BOUND_MS = 15_000;

export const hasTime = ({ ports }: Pick<Context, 'ports'>): boolean => ports.clock.remaining() >= STEP_BOUND_MS;

/** Kubernetes as it is now, between two steps; undefined where there is no time for what would follow. */
export async function observeAgain({
  ports,
  config,
}: Pick<Context, 'ports' | 'config'>): Promise<Observed<KubernetesView> | undefined> {
  if (!hasTime({ ports })) return undefined;
  const began = ports.clock.now();
  const observed = await ports.cluster.observe(began, lookMs(ports.clock, config));
  return tooSlow(ports.clock.now() - began, config) ?? observed;
}
