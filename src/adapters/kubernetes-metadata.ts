import { SourceError } from './errors';

/**
 * What every object of Kubernetes has, and how objects are read: whatever cannot be read throws `SourceError` 'invalid'
 * that names the object. A default in its place would be a lie about a node or a pod, and the planner acts on it.
 */

export interface Metadata {
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[];
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  lastTransitionTime?: string;
}

/** Names the object in whatever its reading throws. */
export function reading<T>(kind: string, metadata: Metadata | undefined, read: (name: string) => T): T {
  const full = named(kind, { metadata });
  try {
    return read(metadata?.name ?? '');
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new SourceError('invalid', `${kind} ${full}: ${text}`, { cause });
  }
}

/** `namespace/name`, or the name alone where it has no namespace. */
export function named(kind: string, item: unknown): string {
  const { name, namespace } = (item as { metadata?: Metadata }).metadata ?? {};
  if (!name) throw new SourceError('invalid', `a ${kind} has no metadata.name`);
  return namespace ? `${namespace}/${name}` : name;
}

export function needed(what: string, value: string | undefined): string {
  if (!value) throw new Error(`${what} is missing`);
  return value;
}

export function time(what: string, value: string | undefined): number {
  const milliseconds = Date.parse(value ?? '');
  if (Number.isNaN(milliseconds)) throw new Error(`${what} is ${JSON.stringify(value)}, no RFC 3339 time`);
  return milliseconds;
}
