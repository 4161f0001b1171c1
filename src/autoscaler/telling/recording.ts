import { createHash } from 'node:crypto';
import type { RuntimeConfig } from '../../config/runtime';
import { ANNOTATION } from '../names';
import type { Plan } from '../plan';
import { SCALE_UP_DELAY } from '../planning/demand';
import { DO_NOT_DISRUPT, SAFE_TO_EVICT } from '../planning/movable';
import { KEPT_BY } from '../planning/scale-down';
import type { KubernetesView, Snapshot } from '../snapshot';
import { AN_HOUR_MS, type Memory } from './memory';
import type { Seen } from './seen';

/** A whole tick, kept in history: what was seen, with which configuration it was planned, and what came of it. */
export interface Recording {
  schema: 1;
  config: RuntimeConfig;
  snapshot: Snapshot;
  plan: Plan;
}

/** Worth its room when the plan is another than the last recorded one, when something was done, and once an hour. */
export function recordingOf(seen: Seen, memory: Memory): Recording | undefined {
  const { snapshot, plan, actions, config } = seen;
  const outline = outlineOf(plan);
  const last = memory.recorded;
  const isNew = last === undefined || last.outline !== outline || snapshot.at - last.at >= AN_HOUR_MS;
  if (!isNew && actions.length === 0) return undefined;
  memory.recorded = { outline, at: snapshot.at };
  return { schema: 1, config, snapshot: withoutSecrets(snapshot), plan };
}

/** A hash of codes and intents; the numbers in the texts differ from tick to tick. */
export function outlineOf({ decision, hold, intents, pools, nodes, pods }: Plan): string {
  const codes = (verdicts: Plan['pools']) =>
    Object.entries(verdicts)
      .map(([name, { code }]) => `${name}=${code}`)
      .sort();
  const outline = [decision.code, hold?.code ?? null, intents, codes(pools), codes(nodes), codes(pods)];
  return createHash('sha256').update(JSON.stringify(outline)).digest('hex').slice(0, 16);
}

/**
 * Annotations hold what anybody put there: `kubectl apply` keeps the whole manifest in one, environment variables
 * included. Only those that the planner reads are kept, so the plan of what is recorded is the same. The spec of a pod
 * is not in the snapshot at all, and labels are no place for secrets: every selector shows them.
 */
export function withoutSecrets(snapshot: Snapshot): Snapshot {
  if (!snapshot.kubernetes.known) return snapshot;
  const { value } = snapshot.kubernetes;
  const view: KubernetesView = {
    ...value,
    nodes: value.nodes.map((node) => ({ ...node, annotations: only(node.annotations, OF_NODES) })),
    pods: value.pods.map((pod) => ({ ...pod, annotations: only(pod.annotations, OF_PODS) })),
  };
  return { ...snapshot, kubernetes: { ...snapshot.kubernetes, value: view } };
}

/** All annotations that the planner reads. */
const OF_NODES = [ANNOTATION.operation, ...KEPT_BY];
const OF_PODS = [SAFE_TO_EVICT, DO_NOT_DISRUPT, SCALE_UP_DELAY];

const only = (annotations: Record<string, string>, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => keys.includes(key)));
