import type { Market } from '../config/runtime';
import type { Notice } from './notices';
import type { Resources } from './snapshot';

/** The one durable item per cluster. `docs/state.md` says how it looks in DynamoDB. Times in milliseconds since 1970. */
export interface ClusterState {
  schema: 1;
  epoch: number;
  operations: Operation[];
  /** Signal launches wait for `up`, removals for `down`. */
  cooldownUntil: { up: number; down: number };
  /** Since when a node has been unneeded without a break, by node name. */
  unneededSince: Record<string, number>;
  /** Offerings that failed, and until when each is left out. Key: `pool/market/type/zone`. */
  offerings: Record<string, Backoff>;
  /** Launches of a pool in a row whose instances never joined. */
  joinFailures: Record<string, number>;
  /** The last instance of a pool that did not join, for whoever asks why; gone once one joins. */
  failedJoins: Record<string, string>;
  /** Launches that ended lately: an instance of theirs that shows up afterwards is one too many. */
  closedLaunches: ClosedLaunch[];
  /** Nodes whose removal failed, and until when each is left alone. By node name; goes with the Node. */
  removalFailures: Record<string, Backoff>;
  /** When removals of our choice began, within the last hour. */
  removalsBegun: number[];
  /** What nodes have reported that they offer to pods, by `pool/type`: believed before the table of types. */
  allocatable: Record<string, Resources>;
  /** Pods that nodes bought for them did not help, with the `pool/type` of each: no second one is bought. By uid. */
  unhelped: Record<string, string[]>;
  /** Set by a person with `pause`: nothing is launched or removed. */
  paused: boolean;
  /** Since when the cluster is retired: its stack is being destroyed and no tick acts any more. 0: it is not. */
  retiredAt: number;
  /** Of events, not looked at yet. A save takes away those that are gone from here, and never one that came since. */
  notices: Notice[];
  /** Last launch or removal that took effect. */
  lastScaleTime: number;
  /** Workers that count now: base, joining and autoscaled. */
  nodeCount: number;
}

/** What failed `failures` times in a row, and is not tried again before `until`. */
export interface Backoff {
  failures: number;
  until: number;
  reason: string;
}

export interface ClosedLaunch {
  id: string;
  /** What it got. */
  instances: string[];
  closedAt: number;
}

/** One item holds all open operations; the bound keeps it far below what one write may carry. */
export const MAX_OPEN_OPERATIONS = 64;

/** Uids of pods that all launches of the item hold together. */
export const MAX_LAUNCH_PODS = 1000;

export type Operation = LaunchOperation | RemovalOperation;

/**
 * launch: requested → launched → registered → ready | failed.
 * One operation is one `RunInstances` and its instances. Finished ones leave the item and go to history.
 */
export interface LaunchOperation {
  kind: 'launch';
  id: string;
  pool: string;
  reason: string;
  phase: 'requested' | 'launched' | 'registered' | 'ready' | 'failed';
  createdAt: number;
  /** Joined by then, or terminated by id; a start-up taint may stay for as long again. */
  deadline: number;
  /** How many instances are wanted in all. */
  count: number;
  /** Uids of the pods it was bought for, as far as they are kept: people are told, and what did not help is learned. */
  pods: string[];
  /** Types and zones that hold them, and so may be asked for; absent: any of the pool. */
  types?: string[];
  zones?: string[];
  /** The request in force, frozen and stored before the call; its attempt number makes the ClientToken. */
  request: LaunchRequest;
  attempt: number;
  instances: string[];
  failure?: string;
}

/** Everything that RunInstances is asked. Same request and attempt, same ClientToken, same instances. */
export interface LaunchRequest {
  templateId: string;
  templateVersion: string;
  instanceType: string;
  market: Market;
  zone: string;
  subnet: string;
  count: number;
  /** Whole set of tags on instance and volume. */
  tags: Record<string, string>;
}

/** removal: chosen → cordoned → draining → terminating → gone | rolled-back. No way back from terminating. */
export interface RemovalOperation {
  kind: 'removal';
  id: string;
  reason: string;
  phase: 'chosen' | 'cordoned' | 'draining' | 'terminating' | 'gone' | 'rolled-back';
  createdAt: number;
  /** Taken back by then; in `terminating`, by then at the latest it ends, whatever has come onto the node. */
  deadline: number;
  pool: string;
  /** Of Kubernetes; absent for an instance that never joined. */
  node?: { name: string; uid: string };
  instance: string;
  /** Uids of the controllers whose pods were evicted: their replacements do not take the node back. */
  evictedOwners: string[];
  /** EC2 takes the instance, or says that it may: absent for a removal that we chose ourselves. */
  cause?: 'interruption' | 'rebalance';
  failure?: string;
}

export const emptyState = (): ClusterState => ({
  schema: 1,
  epoch: 0,
  operations: [],
  cooldownUntil: { up: 0, down: 0 },
  unneededSince: {},
  offerings: {},
  joinFailures: {},
  failedJoins: {},
  closedLaunches: [],
  removalFailures: {},
  removalsBegun: [],
  allocatable: {},
  unhelped: {},
  paused: false,
  retiredAt: 0,
  notices: [],
  lastScaleTime: 0,
  nodeCount: 0,
});
