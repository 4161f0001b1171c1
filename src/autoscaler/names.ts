/** Names on things: the one place in code. Tags on instances, labels and annotations on nodes, SSM parameters. */

export const TAG = {
  cluster: 'k3s-autoscaler:cluster',
  pool: 'k3s-autoscaler:pool',
  operation: 'k3s-autoscaler:operation',
  role: 'k3s-autoscaler:role',
} as const;

export type Role = 'server' | 'base' | 'worker';

export const LABEL = {
  pool: 'k3s-autoscaler/pool',
  /** `true` on autoscaled workers only. */
  managed: 'k3s-autoscaler/managed',
  zone: 'topology.kubernetes.io/zone',
  instanceType: 'node.kubernetes.io/instance-type',
  arch: 'kubernetes.io/arch',
  hostname: 'kubernetes.io/hostname',
  controlPlane: 'node-role.kubernetes.io/control-plane',
} as const;

export const ANNOTATION = {
  /** `<operation id>@<epoch>`: we cordoned this node, for this removal. A person's cordon has none. */
  operation: 'k3s-autoscaler/operation',
} as const;

export const PARAMETER = {
  joinToken: '/k3s/join-token',
  controllerToken: '/k3s/controller-token',
  ca: '/k3s/ca',
} as const;

/**
 * What Terraform makes a parameter with, so that its state never has a secret. Until the server has written the value,
 * every reader takes it as "not yet"; `userdata/lib.sh` does too.
 */
export const PENDING = 'pending';

/** The ConfigMap that tells of the last tick. `k8s/` makes it; the function may only write it. */
export const STATUS = { namespace: 'kube-system', name: 'k3s-autoscaler-status' } as const;

export const SERVER_NODE = 'server-0';
export const STATE_TABLE = 'k3s-cluster-state';
export const HISTORY_TABLE = 'k3s-cluster-history';

/** Hash key of the mailbox between function and laptop, in the history table. */
export const mailboxKey = (cluster: string): string => `${cluster}#live`;

/** Node name of a worker, base or autoscaled. */
export const workerNodeName = (instanceId: string): string => `worker-${instanceId}`;

/** `spec.providerID` as user data sets it. */
export const providerId = (zone: string, instanceId: string): string => `aws:///${zone}/${instanceId}`;

/** Instance id out of a provider id; undefined where it is not one of EC2's. */
export const instanceIdOf = (provider: string | undefined): string | undefined =>
  /^aws:\/\/\/[^/]+\/(i-[0-9a-f]+)$/.exec(provider ?? '')?.[1];

/** In CloudWatch. All are counts. */
export const METRICS = {
  namespace: 'k3s-autoscaler',
  /** Its value is the cluster's name. */
  dimension: 'Cluster',
  names: [
    'GoodTicks',
    'UnknownData',
    'MaxReachedWithDemand',
    'CircuitOpen',
    'QuotaExceeded',
    'Orphans',
    'IgnoredEvents',
  ],
} as const;
