/**
 * What the function reads: plain data, checked when it was synthesized, durations in milliseconds, quantities in
 * millicores and bytes. The bundle holds no schema library; `src/config` produces this and nothing else writes it.
 */

/** A lease outlives the function's timeout by this: hosts' clocks differ by milliseconds, and a kill may come late. */
export const LEASE_MARGIN_MS = 30_000;

/** A taint as Kubernetes spells it. */
export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

export type Market = 'on-demand' | 'spot';

/** `spot-then-on-demand` is the order [spot, on-demand]. */
export interface RuntimePool {
  name: string;
  /** In order of preference. */
  instanceTypes: string[];
  /** In order of preference. */
  markets: Market[];
  min: number;
  max: number;
  labels: Record<string, string>;
  taints: Taint[];
}

/**
 * Share of the nominal memory that hypervisor and kernel keep: Karpenter's default `VM_MEMORY_OVERHEAD_PERCENT`, 0.075
 * (https://karpenter.sh/docs/reference/settings/). Too little room assumed costs a node; too much leaves pods pending.
 */
export const MEMORY_OVERHEAD = 0.075;

const GIB = 2 ** 30;

/** The root volume of a node. */
export const VOLUME_BYTES = 20 * GIB;

/**
 * What a node offers of its root volume. The kubelet takes the threshold of `nodefs.available` off the file
 * system, at which it would evict (https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/): 5 % by
 * K3s (its `defaultKubeletConfig`), 10 % by the kubelet's own default. The file system is a little smaller than the volume, so
 * about 18.9 or 17.9 GiB are offered; Karpenter also reckons with 17.
 */
export const EPHEMERAL_STORAGE = 17 * GIB;

/** What a node of this instance type offers to pods, before DaemonSets; deliberately a little below the truth. */
export interface TypeCapacity {
  cpuMilli: number;
  memoryBytes: number;
  pods: number;
  arch: 'amd64' | 'arm64';
  /** Whole numbers by Kubernetes' name: `ephemeral-storage` in bytes, `nvidia.com/gpu`. */
  others?: Record<string, number>;
  /** US dollars an hour by market, list price with volume and public address. */
  usdPerHour: Record<Market, number>;
}

/** How pool, type and market of a new node are chosen. */
export type Placement = 'lowest-cost' | 'least-waste' | 'priority';

/** Room kept free for pods to come. */
export interface Headroom {
  cpuMilli: number;
  memoryBytes: number;
  pods: number;
}

/** From each time of `start` on, for `durationMs`: minima and headroom that hold instead of the standing ones where they are larger. */
export interface CalendarWindow {
  name: string;
  /** Five fields of cron, in `timeZone`. */
  start: string;
  timeZone: string;
  durationMs: number;
  /** Minimum by pool. */
  min: Record<string, number>;
  headroom: Headroom;
  /** At most so many removals at once meanwhile. */
  removalsAtOnce?: number;
}

/** A PromQL value with thresholds: above for the whole window adds nodes, below for the whole window lets one go. */
export interface RuntimeSignal {
  name: string;
  query: string;
  above: number;
  below?: number;
  windowMs: number;
}

/** AWS's own month. */
export const HOURS_A_MONTH = 730;

/** What is never exceeded; absent: no such limit. */
export interface RuntimeLimits {
  maxNodes: number;
  /** Base, joining and autoscaled workers, like `maxNodes`. vCPUs. */
  cores?: number;
  memoryBytes?: number;
  usdPerHour?: number;
  /** Of `HOURS_A_MONTH`. */
  usdPerMonth?: number;
}

export interface RuntimePolicy {
  /** Percent of the workers' cores. */
  cpu: { up: number; down: number; windowMs: number; downWindowMs: number };
  cooldown: { upMs: number; downMs: number };
  settlingMs: number;
  dataMaxAgeMs: number;
  unneededForMs: number;
  /** Percent of allocatable that is requested, below which a node may be unneeded. */
  unneededBelow: number;
  minAgeMs: number;
  joinDeadlineMs: number;
  drainDeadlineMs: number;
  removalsAtOnce: number;
  /** Begun within an hour; absent: any number. */
  removalsPerHour?: number;
  removalOrder: 'least-disruption' | 'oldest';
  /** Pods that may be moved although it can lose something. */
  evict: { localStorage: boolean; barePods: boolean; systemPods: boolean };
  /** Age at which a worker is replaced; absent: never. */
  maxAgeMs?: number;
  /** What a rebalance recommendation does to a node: no new pods, or its pods leave. */
  rebalance: 'cordon' | 'drain';
  offeringBackoff: { firstMs: number; maxMs: number };
  placement: Placement;
  headroom: Headroom;
  calendar: CalendarWindow[];
  signals: RuntimeSignal[];
}

export interface RuntimeConfig {
  /** Value of the tag `k3s-autoscaler:cluster` and of the state item's key `cluster_id`. */
  cluster: string;
  region: string;
  /** Ask EC2 and SSM at their dual-stack names: the function's way out is IPv6. */
  dualStack: boolean;
  /** The stage is protected: no laptop plans for it. */
  isProtected?: true;
  /** Write CloudWatch metrics (embedded format) beside the log line of each tick. */
  metrics: boolean;
  /** In order; launches go through them in turn. */
  zones: string[];
  scheduleMs: number;
  functionTimeoutMs: number;
  limits: RuntimeLimits;
  baseWorkers: { count: number; instanceType: string };
  pools: RuntimePool[];
  policy: RuntimePolicy;
  /** Every type that a pool or the base workers name. */
  instanceTypes: Record<string, TypeCapacity>;
}

/** Ids that exist only after `terraform apply`; they travel beside the config as plain JSON in `AUTOSCALER_RESOURCES`. */
export interface RuntimeResources {
  /** The state item's table. */
  table: string;
  historyTable: string;
  /** Subnet id by zone. */
  subnets: Record<string, string>;
  /** Launch template by pool; `version` is a number in decimal, never `$Latest`. */
  launchTemplates: Record<string, { id: string; version: string }>;
  prometheusUrl: string;
  kubernetesUrl: string;
  /** Names of SSM parameters. */
  parameters: { controllerToken: string; ca: string };
}
