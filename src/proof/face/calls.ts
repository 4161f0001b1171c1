import type { Service } from '../../world/scenario/types';

/** One request to a service, before it has an effect. */
export interface Call {
  service: Service;
  /** As its API names it; for Kubernetes verb + resource. */
  operation: string;
  mutates: boolean;
  /** What it is about: an instance, a node, a pod, a write of the state. */
  target: string;
}

/** One request as it went, for the trace and for whoever judges. */
export interface CallRecord extends Call {
  /** Place among all calls of the run, from 1. */
  n: number;
  invocation: string;
  /** Virtual milliseconds since 1970, as all times here. */
  issuedAt: number;
  /** Undefined: it never reached the service. */
  effectAt?: number;
  mishap?: string;
  /** What the service made of it: `ok`, or its refusal. */
  outcome?: string;
  /** What was true of its target at that instant. */
  truth?: Truth;
}

/** What only the world knows at the instant of the effect. */
export type Truth =
  | { kind: 'state'; write: 'acquire' | 'mark' | 'save' | 'release' | 'other'; epochBefore: number; epochAfter: number }
  | { kind: 'instance'; cluster: string | undefined; role: string | undefined; evictablePods: string[] }
  | { kind: 'launch'; instances: string[] }
  | {
      kind: 'node';
      mark: string | undefined;
      wasCordoned: boolean;
      cordons: boolean | undefined;
      instanceAlive: boolean;
    }
  | { kind: 'pod'; node: string | undefined; mark: string | undefined }
  /** What Prometheus had: the nodes of an answer in its order, and how old its newest sample was, milliseconds. */
  | { kind: 'series'; nodes: string[]; ageMs: number };

/** What goes wrong with a call. */
export type Mishap =
  /** The sandbox is killed; `before`: nothing has been sent. */
  | { kind: 'kill'; when: 'before' | 'after' }
  /** It takes effect and its answer is lost: the connection breaks, and the client may ask again by itself. */
  | { kind: 'lost' }
  /** It takes effect (or not) and nothing ever comes: the caller's deadline ends it. */
  | { kind: 'hang'; takesEffect: boolean }
  /** The sandbox stands still for a while, before it is sent or before its answer is read. */
  | { kind: 'freeze'; when: 'before' | 'after'; ms: number }
  /** The service refuses without effect; with `forgets` even what it has done before under the same token. */
  | { kind: 'refuse'; code: string; forgets?: true }
  /** The answer is something else than the service meant. */
  | { kind: 'garbage' | 'partial' | 'stale' };

export const nameOf = (mishap: Mishap): string =>
  [mishap.kind, 'when' in mishap ? mishap.when : undefined, 'code' in mishap ? mishap.code : undefined]
    .filter((word) => word !== undefined)
    .join(' ');
