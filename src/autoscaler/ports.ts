import type { Notice } from './notices';
import type { Plan } from './plan';
import type { Doubt } from './planning/health';
import type { Instance, KubernetesView, MetricsView, Node, Observed, Pod, Snapshot } from './snapshot';
import type { ClusterState, LaunchRequest } from './state';
import type { ClusterEvent } from './telling/cluster-event';
import type { Memory } from './telling/memory';
import type { Recording } from './telling/recording';

/** What the controller needs of the outside. One adapter each; the world's in-process face is the other implementation. */
export interface Ports {
  clock: Clock;
  metrics: MetricsSource;
  cluster: Cluster;
  fleet: Fleet;
  store: StateStore;
  planner: Planner;
  /** Of this sandbox; changed in place. */
  memory: Memory;
  /** Random ids; injected, so that a run can be repeated. */
  newId(): string;
  log(line: Record<string, unknown>): void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds until this invocation is killed. */
  remaining(): number;
}

/** Observing never throws: what went wrong is an `Observed` with `known: false`, within the port's own deadline. */
export interface MetricsSource {
  /** All queries are evaluated at `at`, so that they agree. */
  observe(at: number): Promise<Observed<MetricsView>>;
}

export interface Cluster {
  /** @param withinMs for all lists together, secrets included */
  observe(at: number, withinMs: number): Promise<Observed<KubernetesView>>;
  /**
   * Cordons and writes the annotation in one patch under `node.resourceVersion`. `conflict`: somebody wrote the node
   * since; look again next tick.
   */
  cordon(node: Node, mark: string): Promise<FencedOutcome>;
  /** Un-cordons and takes the annotation off, under `node.resourceVersion`. */
  uncordon(node: Node): Promise<FencedOutcome>;
  /** Through the eviction API, with `preconditions.uid`. */
  evict(pod: Pod): Promise<EvictionOutcome>;
  /** With `preconditions.uid`; gone already is done. */
  deleteNode(node: { name: string; uid: string }): Promise<FencedOutcome>;
  /** Creates the Event, or counts it up where one of that name is there. Never throws. */
  announce(event: ClusterEvent, at: number): Promise<TellingOutcome>;
  /** Replaces the text of the ConfigMap `kube-system/k3s-autoscaler-status`. Never throws. */
  publishStatus(text: string): Promise<TellingOutcome>;
}

/** `refused`: an answer that would be the same again. `failed`: none, or one of a server in trouble. */
export type TellingOutcome = { outcome: 'done' } | { outcome: 'refused' | 'failed'; detail: string };

export type FencedOutcome =
  | { outcome: 'done' }
  | { outcome: 'conflict' | 'gone' }
  | { outcome: 'failed'; detail: string };

export type EvictionOutcome =
  /** Accepted, or gone already. */
  | { outcome: 'accepted' | 'gone' }
  /** 429: a budget forbids it now. */
  | { outcome: 'blocked'; detail: string; retryAfterMs?: number }
  /** 500: several budgets match; never resolves by itself. */
  | { outcome: 'misconfigured'; detail: string }
  | { outcome: 'failed'; detail: string };

export interface Fleet {
  /** All instances of this cluster by tag, in any state that EC2 still shows. */
  observe(at: number): Promise<Observed<Instance[]>>;
  /** Those of these ids that EC2 shows, whatever tags they bear: what the list lacks is asked for before it is believed. */
  find(ids: readonly string[], at: number): Promise<Observed<Instance[]>>;
  /** RunInstances, min 1, max `request.count`, never retried by the SDK. */
  launch(request: LaunchRequest, clientToken: string): Promise<LaunchOutcome>;
  /** One id a call; the tag is read again just before and a foreign instance is refused. Terminated already is done. */
  terminate(instanceId: string): Promise<TerminateOutcome>;
}

export type LaunchOutcome =
  | { outcome: 'launched'; instances: string[] }
  /** EC2 said no, nothing was launched: capacity, quota, parameter. The next offering may be tried. */
  | { outcome: 'refused'; code: string; detail: string }
  /** No answer, or a 5xx that may hide a success: the same attempt again. */
  | { outcome: 'unknown'; detail: string };

export type TerminateOutcome =
  | { outcome: 'done' }
  /** EC2 shows none of this id: gone for an hour, or launched so lately that it is not shown yet. */
  | { outcome: 'not-found' }
  | { outcome: 'foreign' | 'failed'; detail: string };

export interface StateStore {
  /** One conditional UpdateItem: free, expired or mine; `ADD epoch 1`; reads the whole state back. */
  acquire(request: LeaseRequest): Promise<Lease>;
  /** The state as it is, without the lease: for a look that changes nothing. */
  read(): Promise<ClusterState>;
  /**
   * Replaces the state under the epoch, takes away exactly the notices that were `consumed`, and tells whether the mark
   * of `retire` is there.
   */
  save(epoch: number, state: ClusterState, consumed?: readonly Notice[]): Promise<SaveOutcome>;
  /** Frees the lease under the epoch, unless a wake mark newer than `seenWake` is there: then `woken`. */
  release(epoch: number, seenWake: number): Promise<Release>;
  /**
   * Marks the cluster as retired; the time of the first mark. Needs no lease and is never taken back by a save, so no
   * tick that begins after it acts.
   */
  retire(now: number): Promise<number>;
  /** Keeps what an event told, and leaves the wake mark with it, in one write and without the lease. */
  notify(notice: Notice): Promise<'noted' | 'full'>;
  /** A person's switch. Needs no lease and is never overwritten by a save. */
  pause(paused: boolean): Promise<void>;
  /** A history item with a TTL. Unfenced; a failure is logged and never ends a tick. */
  record(entry: HistoryEntry): Promise<void>;
}

export interface LeaseRequest {
  /** Request id + nonce. */
  owner: string;
  now: number;
  leaseMs: number;
}

export type Lease =
  | { held: true; epoch: number; wake: number; state: ClusterState }
  /** A wake mark was left for the holder. */
  | { held: false; owner: string; until: number };

export type Release =
  | { outcome: 'released' | 'lost' }
  /** `retired`: the one who came left the mark, so there is nothing to look at. The rest is what else came meanwhile. */
  | { outcome: 'woken'; wake: number; retired: boolean; paused: boolean; notices: Notice[] };

/** `retired`: it was saved, and the mark is there. */
export type SaveOutcome = 'saved' | 'retired' | 'lost';

export interface HistoryEntry {
  at: number;
  epoch: number;
  trigger: string;
  decision: { code: string; text: string };
  operations: string[];
  /** What was done, a sentence each. */
  actions: string[];
  /** What the plan came to, in short: ticks with the same one have the same verdicts. */
  plan?: string;
  /** The sources that it could not use; none: all could be. Absent where it looked at nothing. */
  doubts?: Doubt[];
  /** The whole tick, where it is worth its room. */
  recording?: Recording;
  ttlSeconds: number;
}

export interface Planner {
  /** @param look absent for a look that changes nothing, which is always planned by the function itself */
  plan(snapshot: Snapshot, look?: Look): Promise<Plan>;
}

/** The tick that is planned for. */
export interface Look {
  epoch: number;
}
