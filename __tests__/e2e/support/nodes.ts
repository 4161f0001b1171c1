import { TAG } from '../../../src/autoscaler/names';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { newNode } from '../../../src/world/kubernetes/nodes';
import type { ApiObject } from './api';

/** The label by which KWOK takes a node as one of its own; taken off, the node's heartbeats end. */
export const KWOK_LABEL = { 'kwok.x-k8s.io/node': 'fake' };

export interface NodeOf {
  instanceId: string;
  instanceType: string;
  zone: string;
  /** `worker` is one that the autoscaler made, of `pool`. */
  role: 'server' | 'base' | 'worker';
  pool?: string;
}

/**
 * The Node as the kubelet of that instance registers it after our user data: name, provider id, labels and taints of its
 * pool, size of its type; not Ready, which KWOK makes it. Its address is this machine's, since the API server dials it.
 *
 * @param config pools with their labels and taints
 */
export function registeredNode(
  { instanceId, instanceType, zone, role, pool }: NodeOf,
  config: RuntimeConfig,
): ApiObject {
  const context = { clock: { now: Date.now }, uids: { uuid: () => '' } } as never;
  const instance = { id: instanceId, type: instanceType, zone, privateIp: '127.0.0.1', tags: { [TAG.role]: role } };
  return asCreated(newNode(context, instance as never, pool, config) as never, KWOK_LABEL);
}

/** A Node of the world as one that can be created: the server gives the rest of its metadata itself. */
export function asCreated(node: ApiObject, labels: Record<string, string> = {}): ApiObject {
  const { name, annotations = {} } = node.metadata;
  return { ...node, metadata: { name, annotations, labels: { ...node.metadata.labels, ...labels } } };
}
