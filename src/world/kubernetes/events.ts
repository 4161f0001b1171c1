import { KubeError, type KubeObject } from '../contract';
import type { Context } from './context';

/** The resource `events` of core/v1: what the API server checks, and for how long it keeps one. */

/** kube-apiserver's `--event-ttl`. A patch begins it anew. */
const TTL_MS = 3_600_000;

/** `legacyValidateEvent` of pkg/apis/core/validation/events.go. @throws KubeError 422 */
export function checkEvent(body: Record<string, unknown>, namespace: string | undefined): void {
  const about = body.involvedObject as { namespace?: string } | undefined;
  if (namespace === (about?.namespace || 'default')) return;
  const value = JSON.stringify(about?.namespace ?? '');
  const { name } = (body.metadata ?? {}) as { name?: string };
  const rule = 'does not match event.namespace';
  throw new KubeError(
    422,
    'Invalid',
    `Event "${name}" is invalid: involvedObject.namespace: Invalid value: ${value}: ${rule}`,
  );
}

/** Forgets the Event an hour after its last write. */
export function expire<T extends KubeObject>({ store, clock }: Context, event: T): T {
  const { name, namespace, resourceVersion } = event.metadata;
  clock.schedule(clock.now() + TTL_MS, () => {
    const now = store.find('events', name, namespace);
    if (now?.metadata.resourceVersion === resourceVersion) store.delete('events', now);
  });
  return event;
}

/** What a list of Events can be selected by, beside name and namespace. */
export const EVENT_FIELDS: Record<string, (object: KubeObject) => string> = {
  ...Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid'].map((field) => [
      `involvedObject.${field}`,
      (event: KubeObject) => (event.involvedObject as Record<string, string> | undefined)?.[field] ?? '',
    ]),
  ),
  reason: (event) => String(event.reason ?? ''),
  type: (event) => String(event.type ?? ''),
};
