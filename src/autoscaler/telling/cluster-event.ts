import { createHash } from 'node:crypto';

/**
 * A Kubernetes Event about a Pod or a Node. Reasons and wording of the first four are Cluster Autoscaler's, since people
 * and dashboards look for them (processors/status/eventing_scale_up_processor.go, core/scaledown/actuation/actuator.go);
 * `DeletingNode` is the cloud node controller's, `SpotInterruption` AWS Node Termination Handler's.
 */
export interface ClusterEvent {
  about: Involved;
  type: 'Normal' | 'Warning';
  reason: EventReason;
  /** What makes two of them one: a message may differ in its numbers only. */
  key: string;
  message: string;
}

export type EventReason =
  | 'TriggeredScaleUp'
  | 'NotTriggerScaleUp'
  | 'ScaleDown'
  | 'ScaleDownFailed'
  | 'NotTriggerScaleDown'
  | 'DeletingNode'
  | 'SpotInterruption';

export interface Involved {
  kind: 'Pod' | 'Node';
  name: string;
  uid: string;
  /** Of a Pod. */
  namespace?: string;
}

export const EVENT_SOURCE = 'k3s-autoscaler';

/** `events.k8s.io`, through which others read the same Event, knows notes of 1024 bytes at most. */
const MAX_MESSAGE = 1_000;
/** A name has 253 characters at most. */
const MAX_NAME = 200;

/** The same object, reason and key give the same name: who creates it again is told so, and counts it up. */
export function eventName({ about, reason, key }: ClusterEvent): string {
  const hash = createHash('sha256').update(`${about.uid}/${reason}/${key}`).digest('hex');
  return `${about.name.slice(0, MAX_NAME).replace(/[^a-z0-9]+$/, '')}.${hash.slice(0, 16)}`;
}

/** `core/v1`, which `kubectl describe` reads. An Event about a Node, which has no namespace, belongs into `default`. */
export function eventObject(event: ClusterEvent, at: number): Record<string, unknown> {
  const { about, type, reason, message } = event;
  const time = eventTime(at);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(event), namespace: eventNamespace(event) },
    involvedObject: { apiVersion: 'v1', ...about },
    type,
    reason,
    message: cut(message),
    source: { component: EVENT_SOURCE },
    reportingComponent: EVENT_SOURCE,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

export const eventNamespace = ({ about }: ClusterEvent): string => about.namespace ?? 'default';

/** metav1.Time has no fraction of a second. */
export const eventTime = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

export const cut = (message: string): string =>
  message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
