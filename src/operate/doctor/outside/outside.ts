import type { Instance } from '../../../autoscaler/snapshot';
import type { ClusterState } from '../../../autoscaler/state';
import type { Found } from '../../../history/look-up';

/**
 * All that the checks ask of the world outside: nothing in it changes anything. Each throws an `Unusable` that says
 * what could not be asked and, where it was refused, which right lacks. Times are milliseconds since 1970.
 */
export interface Outside {
  now: () => number;
  /** Of this Node.js, without the `v`. */
  nodeVersion: () => string;
  /** @throws {Unusable} where there is none, or it is too old */
  terraform: () => Promise<{ program: string; version: string }>;
  /** The version of AWS' Session Manager plugin. @throws {Unusable} where there is none, or it is too old */
  plugin: () => Promise<string>;
  /** The version of kubectl. @throws {Unusable} where there is none, or it is too far from the cluster's */
  kubectl: () => Promise<string>;
  /** The version of the AWS CLI. @throws {Unusable} where there is none, or it is too old */
  awsCli: () => Promise<string>;
  /** Terraform's state of the stage, where it is a file beside the checkout. */
  localState: () => string | undefined;
  /** Whether an environment variable leads AWS' clients to an emulator. */
  isEmulated: () => boolean;
  /** Addresses of a name; none: there is no such name, or it has none of the family. */
  addresses: (name: string, family: 4 | 6) => Promise<string[]>;
  /** The names at which the function asks EC2 and SSM over IPv6; or those for everybody else. */
  endpoints: (of: { dualStack: boolean }) => Promise<string[]>;

  identity: () => Promise<Identity>;
  /** Zones of the region that the account may use. */
  zones: () => Promise<Zone[]>;
  /** What holds for the account, else AWS' default; undefined: Service Quotas does not know it. */
  quota: (code: string) => Promise<number | undefined>;
  /** Simultaneous executions of the region: all, and those that no function has reserved. */
  concurrency: () => Promise<{ all: number; unreserved: number }>;
  hasRole: (name: string) => Promise<boolean>;
  offerings: (types: readonly string[], zones: readonly string[]) => Promise<{ type: string; zone: string }[]>;
  /** Id of the image that a public parameter names; undefined: there is no such parameter. */
  image: (parameter: string) => Promise<string | undefined>;

  /** Undefined: there is none. */
  deployedFunction: () => Promise<DeployedFunction | undefined>;
  /** The last tick and what was recorded last; undefined: there is none. */
  history: () => Promise<Found | undefined>;
  state: () => Promise<ClusterState>;
  /** Of the parameters with these names, those that are there. No value is read. */
  parameters: (names: readonly string[]) => Promise<ParameterAge[]>;
  alarms: (prefix: string) => Promise<Alarm[]>;
  /** With the cluster's tag; terminated ones are not among them. */
  instances: () => Promise<Instance[]>;
  /** That nothing uses. */
  looseVolumes: () => Promise<{ id: string; gib: number; name: string }[]>;
  /** At instances with the cluster's tag, beside their root devices. */
  attachedVolumes: () => Promise<AttachedVolume[]>;
  /** That Lambda made for the stage's function. */
  functionInterfaces: () => Promise<{ id: string; status: string }[]>;
  /** With the cluster's tag. */
  launchTemplates: () => Promise<{ id: string; name: string }[]>;

  close: () => void;
}

export interface Identity {
  account: string;
  arn: string;
}

export interface Zone {
  name: string;
  /** `available`, or why not. */
  state: string;
}

export interface DeployedFunction {
  /** `Active`, `Pending`, `Inactive`, `Failed`. */
  state: string;
  /** Of the last update: `Successful`, `InProgress`, `Failed`. */
  update: string;
  /** Why, where one of the two is none of the good ones. */
  reason: string | undefined;
  changedAt: number;
  /** Executions reserved for it; undefined: none are, and it shares those of the account. */
  reserved: number | undefined;
  /** Ids of the pools' launch templates, by pool; undefined: its environment could not be read. */
  launchTemplates: Record<string, string> | undefined;
}

export interface AttachedVolume {
  id: string;
  gib: number;
  /** Its tag `Name`; empty: it has none. */
  name: string;
  instance: string;
  /** As EC2 calls it: `/dev/sdg`. */
  device: string;
  /** Whether Kubernetes made it for a claim: its CSI driver attaches and detaches it. */
  isOfClaim: boolean;
}

export interface ParameterAge {
  name: string;
  /** 1: as Terraform made it, without a token. */
  version: number;
  writtenAt: number;
}

export interface Alarm {
  name: string;
  /** `OK`, `ALARM`, `INSUFFICIENT_DATA`. */
  state: string;
  reason: string;
  description: string;
  /** Since when it is in that state; undefined: CloudWatch does not say. */
  since: number | undefined;
}
