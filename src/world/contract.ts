import type { RuntimeConfig, RuntimeResources } from '../config/runtime';
import type { Fault, LoadStep, Service, WorkloadStep, WorldTimings } from './scenario/types';

/**
 * The seams of the world. The model is in memory and synchronous; the wire face speaks real protocols in front of it;
 * the player moves time and starts invocations.
 *
 * Time. Each invocation has a clock of its own, which starts at the world's and moves by the modelled latency of each
 * answer. Reads see the world as it stood at the last mutation that was admitted; a mutation waits until every other
 * running invocation waits too (or has ended), the one with the earliest clock goes first, and the world is advanced
 * to that clock before it takes effect. So two runs of one seed agree, however the machine interleaves sockets.
 */

export interface WorldOptions {
  seed: number;
  config: RuntimeConfig;
  resources: RuntimeResources;
  baseWorkers: number;
  timings: WorldTimings;
}

export interface VirtualClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `run` at that time, in order of time, then of scheduling. Returns its cancellation. */
  schedule(at: number, run: () => void): () => void;
  /** Runs all that is due up to and including `at`, or stops behind what makes `until` true. Never goes back. */
  advanceTo(at: number, until?: () => boolean): void;
}

/** `new World(options)` in `world.ts`. */
export interface WorldModel {
  readonly options: WorldOptions;
  readonly clock: VirtualClock;
  readonly ec2: Ec2Model;
  readonly kubernetes: KubernetesModel;
  /** Values of SSM parameters by name: the CA and token are put there by the wire face. */
  readonly parameters: Map<string, { type: 'String' | 'SecureString'; value: string }>;
  /** All that happened, in order; the report and the terminal are made of it. */
  readonly events: WorldEvent[];
  /** Called for each event as it happens. */
  onEvent(listener: (event: WorldEvent) => void): void;
  workload(step: WorkloadStep): void;
  load(step: LoadStep): void;
  /** `never-joins` and interruptions; faults of services are the wire face's. */
  nodeFault(fault: Fault): void;
  /** What kube-state-metrics and node-exporter would export now. */
  scrape(): Sample[];
  counts(): WorldCounts;
}

export interface Sample {
  /** With `__name__`, `job` and `instance`. */
  labels: Record<string, string>;
  value: number;
  /** Milliseconds. */
  at: number;
}

export interface WorldCounts {
  nodes: { ready: number; notReady: number; joining: number; cordoned: number; terminating: number };
  /** Of workloads, not of the system. */
  pods: { running: number; pending: number; unschedulable: number };
}

export interface Ec2Model {
  runInstances(input: RunInstancesInput): { reservationId: string; instances: InstanceRecord[] };
  /** With the describe lag; all filters must match. Unknown filter names throw as EC2 does. */
  describeInstances(input: { ids?: string[]; filters?: { name: string; values: string[] }[] }): InstanceRecord[];
  terminateInstances(ids: string[]): { id: string; previous: string; current: string }[];
  /** The truth, without lag. */
  all(): InstanceRecord[];
}

export interface RunInstancesInput {
  clientToken?: string;
  templateId?: string;
  templateName?: string;
  templateVersion?: string;
  instanceType?: string;
  market: 'on-demand' | 'spot';
  subnetId?: string;
  minCount: number;
  maxCount: number;
  /** By resource type. */
  tags: Record<string, Record<string, string>>;
}

export interface InstanceRecord {
  id: string;
  state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  type: string;
  zone: string;
  subnetId: string;
  privateIp: string;
  market: 'on-demand' | 'spot';
  launchedAt: number;
  /** Undefined while it lives. */
  endedAt?: number;
  clientToken?: string;
  templateId?: string;
  templateVersion?: string;
  tags: Record<string, string>;
}

/** Thrown by `Ec2Model` and by injected faults. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = 'AwsError';
  }
}

/** A Kubernetes object in its wire shape. */
export type KubeObject = { apiVersion: string; kind: string; metadata: KubeMeta; [key: string]: unknown };
export interface KubeMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
}

/** Resources are plural and lower case, as in a path: `nodes`, `pods`, `poddisruptionbudgets`, `daemonsets` … */
export interface KubernetesModel {
  list(
    resource: string,
    options?: { namespace?: string; fieldSelector?: string; labelSelector?: string },
  ): {
    resourceVersion: string;
    items: KubeObject[];
  };
  get(resource: string, name: string, namespace?: string): KubeObject;
  create(resource: string, object: Record<string, unknown>, namespace?: string): KubeObject;
  /** `contentType` tells merge patch from strategic merge patch and JSON patch. A `metadata.resourceVersion` in it is a precondition: 409. */
  patch(resource: string, name: string, patch: unknown, contentType: string, namespace?: string): KubeObject;
  replace(resource: string, name: string, object: Record<string, unknown>, namespace?: string): KubeObject;
  /** Body: DeleteOptions with preconditions. */
  remove(resource: string, name: string, options: Record<string, unknown>, namespace?: string): KubeObject;
  /** Body: policy/v1 Eviction. 429 by a budget, 500 for overlapping budgets, 409 for a wrong uid, 404. */
  evict(namespace: string, pod: string, body: Record<string, unknown>): KubeObject;
}

/** Thrown by `KubernetesModel`; the wire face makes a `Status` of it. */
export class KubeError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly retryAfterSeconds?: number,
    readonly details?: Record<string, unknown>,
  ) {
    super(message);
    this.name = 'KubeError';
  }
}

export type WorldEvent = { at: number } & (
  | {
      kind: 'instance-launched';
      instance: string;
      type: string;
      zone: string;
      market: string;
      pool?: string;
      operation?: string;
      asked: number;
    }
  | { kind: 'instance-state'; instance: string; state: InstanceRecord['state'] }
  | { kind: 'node-joined' | 'node-ready' | 'node-lost'; node: string; instance: string }
  | { kind: 'node-cordoned' | 'node-uncordoned' | 'node-deleted'; node: string; instance?: string }
  | {
      kind: 'pod-created' | 'pod-unschedulable' | 'pod-bound' | 'pod-running' | 'pod-deleted';
      pod: string;
      uid: string;
      node?: string /** Its predecessor was evicted or lost with its node. */;
      replaces?: string;
    }
  | { kind: 'pod-evicted'; pod: string; uid: string; node: string }
  /** Healthy pods fell below the desired number by an eviction or a termination of ours. */
  | { kind: 'pdb-violated'; pdb: string; healthy: number; desired: number; by: string }
  | { kind: 'spot-warning'; instance: string }
);

/** One request of an invocation as the wire face sees it, before it has an effect. */
export interface Call {
  service: Service;
  /** As its API names it; for Kubernetes verb + resource. */
  operation: string;
  mutates: boolean;
  /** For `when` of a fault: market, zone, type, pool … */
  attributes: Record<string, string>;
}

/** The wire face: real protocols on 127.0.0.1, in front of a model. `startWire(model, options)` in `wire/index.ts`. */
export interface Wire {
  /** Adds faults before or while a run goes on. */
  addFaults(faults: Fault[]): void;
  /** Count of each operation as the servers saw it, by `<service>.<operation>`. */
  readonly calls: Record<string, number>;
  /** RunInstances as EC2's server saw them, oldest first: for tests that count by hand. */
  readonly requestLog: { at: number; invocation: string; call: Call; outcome: string }[];
  /** Writes the samples gathered since the last time into Prometheus; await it before an invocation. */
  flushMetrics(): Promise<void>;
  /** Runs invocations of the artifact at the same virtual instant, each in a sandbox of its own, and waits for all. */
  invoke(requests: InvocationRequest[]): Promise<InvocationResult[]>;
  /** Has a sandbox made in the background for the first `load`, of a bundle much like this one. */
  prepare(bundle: string): void;
  /**
   * From now on invocations run this bundle (src/dev/reload); those that run end with the code that they began with.
   * One at a time. Resolves when the new handler is there to be asked.
   *
   * @throws what the bundle threw as it was loaded, its stack in lines of the sources; the last handler goes on serving.
   */
  load(bundle: string): Promise<void>;
  /** Plans a recorded tick (JSON of `Recording`) with the code that was loaded last: JSON of its `Plan`. */
  replan(recording: string): Promise<string>;
  /** The state item as DynamoDB holds it now, unmarshalled; undefined before the first tick. */
  readState(): Promise<Record<string, unknown> | undefined>;
  readonly addresses: { prometheus: string; kubernetes: string; dynamodb: string; ec2: string; ssm: string };
  stop(): Promise<void>;
}

export interface WireOptions {
  /** Path of the bundle: `dist/autoscaler/index.js`. */
  bundle: string;
  /** Path of the Prometheus program. */
  prometheus: string;
  /** Milliseconds between two scrapes. */
  scrapeMs: number;
  seed: number;
}

export interface InvocationRequest {
  id: string;
  event: Record<string, unknown>;
}

export interface InvocationResult {
  id: string;
  /** `crashed`: killed by a fault; `timeout`: killed at the function's deadline. */
  outcome: 'done' | 'failed' | 'crashed' | 'timeout';
  /** What the handler returned. */
  value?: unknown;
  error?: { name: string; message: string };
  /** Structured lines that it logged, parsed where they are JSON. */
  logs: unknown[];
  startedAt: number;
  /** Of its own clock. */
  endedAt: number;
  wallMs: number;
}
