import type { RuntimeConfig, RuntimeResources } from '../config/runtime';
import { observe } from './observe';
import type { Plan, Verdict } from './plan';
import { verdict } from './planning/verdict';
import type { Clock, Cluster, Fleet, MetricsSource, Planner, StateStore } from './ports';
import type { Operation } from './state';

/** Of every port only what reads: what is not here cannot be called. */
export interface ReadingPorts {
  clock: Clock;
  metrics: MetricsSource;
  cluster: Pick<Cluster, 'observe'>;
  fleet: Pick<Fleet, 'observe' | 'find'>;
  store: Pick<StateStore, 'read'>;
  planner: Planner;
  newId(): string;
}

/** What a tick would decide now, and what would be under way for it. */
export interface DryRun {
  at: number;
  decision: Verdict;
  /** Null where the cluster is retired: no tick would plan. */
  plan: Plan | null;
  operations: Operation[];
}

/** Looks and plans as a tick does, without its lease: nothing is written, nobody is kept out, no notice is used up. */
export async function dryRun(
  ports: ReadingPorts,
  config: RuntimeConfig,
  resources: Pick<RuntimeResources, 'launchTemplates'>,
): Promise<DryRun> {
  const at = ports.clock.now();
  const state = await ports.store.read();
  if (state.retiredAt > 0) return { at, decision: verdict('retired'), plan: null, operations: state.operations };
  const snapshot = await observe(ports, config, state, 'manual', at, resources);
  const plan = await ports.planner.plan(snapshot);
  return { at, decision: plan.decision, plan, operations: snapshot.state.operations };
}

/** Why of one thing, or of everything. */
export interface Explanation {
  at: number;
  decision: Verdict;
  pools: Record<string, Verdict>;
  nodes: Record<string, Verdict>;
  pods: Record<string, Verdict>;
}

/** The verdicts of a dry run; of one node or one pod (`namespace/name`) only, where it is named. */
export function explain({ at, decision, plan }: DryRun, { node, pod }: { node?: string; pod?: string }): Explanation {
  const all = node === undefined && pod === undefined;
  const only = (verdicts: Record<string, Verdict> = {}, name: string | undefined) =>
    Object.fromEntries(Object.entries(verdicts).filter(([key]) => all || key === name));
  return {
    at,
    decision,
    pools: all ? (plan?.pools ?? {}) : {},
    nodes: only(plan?.nodes, node),
    pods: only(plan?.pods, pod),
  };
}
