/** A scenario as it is played: durations in milliseconds since the start, quantities as Kubernetes spells them. */

/** Every scenario starts here, so that reports of two machines agree. */
export const START = Date.parse('2026-01-05T00:00:00Z');

export interface Scenario {
  name: string;
  seed: number;
  /** `config`: partial of `autoscaler.config.ts`, validated by `src/config`. */
  cluster: { config: Record<string, unknown>; baseWorkers?: number };
  world: WorldTimings;
  durationMs: number;
  workloads: ScenarioStep[];
  faults: Fault[];
  invocations: { everyMs: number; jitterMs: number; overlap: number };
  expect: string[];
}

/** How long things take in the world, milliseconds. */
export interface WorldTimings {
  /** RunInstances → running. */
  launchMs: number;
  /** running → the node is Ready. */
  bootMs: number;
  /** TerminateInstances → terminated. */
  shutdownMs: number;
  /** How late DescribeInstances shows a launch or a change. */
  describeLagMs: number;
  /** bound → Running. */
  podStartMs: number;
}

export type ScenarioStep = WorkloadStep | LoadStep;

export type WorkloadKind = 'deployment' | 'statefulSet' | 'daemonSet' | 'job' | 'pod';

export interface WorkloadStep {
  kind: 'workload';
  atMs: number;
  workload: WorkloadKind;
  name: string;
  namespace: string;
  replicas?: number;
  /** Needed at the first mention; a later one changes only what it gives. */
  pod?: PodTemplate;
  pdb?: { minAvailable: number | string } | { maxUnavailable: number | string };
}

/** Kubernetes' own quantities and shapes. The label `app: <name>` is always added. */
export interface PodTemplate {
  cpu?: string;
  memory?: string;
  /** CPU that is really used; default: the request. */
  usage?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  nodeSelector?: Record<string, string>;
  tolerations?: Record<string, unknown>[];
  affinity?: Record<string, unknown>;
  topologySpreadConstraints?: Record<string, unknown>[];
  hostPorts?: number[];
  /**
   * A `persistentVolumeClaim` is made with the workload: one for all its pods, or for a set's each its own. Its volume
   * comes with the first pod that gets a node, and stays on that node (`local-path`, the default) or, with
   * `storageClassName: gp3` beside the name, in its zone.
   */
  volumes?: Record<string, unknown>[];
  schedulingGates?: Record<string, unknown>[];
  priority?: number;
  gracePeriodMs?: number;
}

export interface LoadStep {
  kind: 'load';
  atMs: number;
  /** `all`, `base`, `oldest` or a node's name; resolved at `atMs`, later joiners get none. */
  nodes: string;
  /** Share of the node's capacity, 0–1; until the next load on it or `forMs`. */
  cpu: number;
  forMs?: number;
}

export type Service = 'ec2' | 'ssm' | 'dynamodb' | 'kubernetes' | 'prometheus' | 'lambda' | 'node';

/** Active from `atMs` until `times` matches (default 1) or `forMs` is used up. */
export interface ServiceFault {
  kind: 'service';
  atMs: number;
  service: Service;
  /** As its API names it; for Kubernetes verb + resource (`createEviction`, `patchNode`). Absent: any. */
  operation?: string;
  /** An error code that the service answers instead of taking effect. */
  error?: string;
  fault?: 'lost-response' | 'crash' | 'down' | 'hang' | 'empty' | 'slow' | 'stale' | 'garbage' | 'never-joins';
  /** `<service>.<operation>` for `crash`. */
  after?: string;
  before?: string;
  /** For `slow` and `hang`. */
  byMs?: number;
  /** Attributes of the call that must all agree. */
  when?: Record<string, string>;
  times?: number;
  forMs?: number;
}

export interface SpotInterruption {
  kind: 'spot-interruption';
  atMs: number;
  /** `oldest`, a node's name, or how many. */
  target: string | number;
}

export type Fault = ServiceFault | SpotInterruption;

/** A step or a fault, whenever it is. */
export type Untimed<Step> = Step extends unknown ? Omit<Step, 'atMs'> : never;
