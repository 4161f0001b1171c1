import type { ReasonCode } from './planning/reasons';
import type { ClusterState } from './state';

/** What shall be done and why: intents, and a verdict for the cluster, every pool, every node and every pending pod. */
export interface Plan {
  decision: Verdict;
  intents: Intent[];
  pools: Record<string, Verdict>;
  nodes: Record<string, Verdict>;
  /** By `namespace/name`. */
  pods: Record<string, Verdict>;
  /** Doubt about the data: no step of a removal is taken while it lasts, not even of one that has begun. */
  hold: Verdict | null;
  /** Stored launches whose request may be asked again now, by operation id: the data that they need is known. */
  resume: string[];
  /** Stored launches that nothing needs any more and that EC2 does not show. */
  cancel: string[];
  /** What planning itself remembers: written with the commit. */
  memory: Pick<ClusterState, 'unneededSince' | 'nodeCount' | 'allocatable' | 'removalsBegun'>;
  /** Numbers behind the decision, for the log line and the timeline. */
  facts: PlanFacts;
  /** Who made it, where that was not the function itself: the owner of an attached laptop. */
  by?: string;
}

export interface Verdict {
  code: ReasonCode;
  /** One sentence for people, with the numbers. */
  text: string;
}

export type Intent = LaunchIntent | RemovalIntent | UncordonIntent;

export interface LaunchIntent {
  kind: 'launch';
  pool: string;
  count: number;
  reason: ReasonCode;
  /** Uids of the pods that it is for. */
  pods: string[];
  /** The type and the zone to ask for first, the rest for when they are refused; absent: any of the pool. */
  types?: string[];
  zones?: string[];
}

export interface RemovalIntent {
  kind: 'remove';
  node: string;
  instance: string;
  pool: string;
  reason: ReasonCode;
}

/** A node being drained is taken back, before anything is launched. */
export interface UncordonIntent {
  kind: 'uncordon';
  operation: string;
  node: string;
}

export interface PlanFacts {
  /** Unschedulable pods that count as demand. */
  demand: number;
  /** All unschedulable pods; null when Kubernetes is unknown. */
  pendingPods: number | null;
  /** Mean CPU of warm workers in percent over the up window; null when it is unknown. */
  cpu: number | null;
  workers: number;
  joining: number;
}
