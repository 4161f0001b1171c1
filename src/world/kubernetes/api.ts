import { KubeError, type KubeMeta, type KubeObject } from '../contract';
import { EMPTY_BUDGET } from './budgets';
import { type Context, newMeta } from './context';
import { checkEvent, expire } from './events';
import type { Pod } from './objects';
import { jsonPatch, mergePatch, strategicMergePatch } from './patch';
import type { Pods } from './pods';
import { parseFieldSelector, parseLabelSelector } from './selectors';
import { qualified } from './store';

/** Resources without a namespace. */
const CLUSTER_SCOPED = new Set(['nodes', 'namespaces', 'persistentvolumes', 'storageclasses']);

/** Generic reads and writes, with the manners of kube-apiserver: versions, immutable fields, selectors. */
export class Api {
  readonly #context: Context;
  readonly #pods: Pods;

  constructor(context: Context, pods: Pods) {
    this.#context = context;
    this.#pods = pods;
  }

  list(
    resource: string,
    options: { namespace?: string; fieldSelector?: string; labelSelector?: string },
  ): { resourceVersion: string; items: KubeObject[] } {
    const { store } = this.#context;
    const { namespace } = options;
    const fields = options.fieldSelector ? parseFieldSelector(resource, options.fieldSelector) : () => true;
    const labels = options.labelSelector ? parseLabelSelector(options.labelSelector) : () => true;
    const items = store
      .list(resource)
      .filter(
        (object) =>
          (namespace === undefined || object.metadata.namespace === namespace) &&
          fields(object) &&
          labels(object.metadata.labels ?? {}),
      );
    return { resourceVersion: store.revision, items };
  }

  create(resource: string, body: Record<string, unknown>, namespace: string | undefined): KubeObject {
    const given = (body.metadata ?? {}) as Partial<KubeMeta> & { generateName?: string };
    const name =
      given.name ??
      (given.generateName === undefined ? undefined : `${given.generateName}${this.#context.suffixes.suffix()}`);
    if (name === undefined) throw new KubeError(422, 'Invalid', 'name or generateName is required');
    const scope = CLUSTER_SCOPED.has(resource) ? undefined : (namespace ?? given.namespace ?? 'default');
    const { labels, annotations, ownerReferences } = given;
    const meta = newMeta(this.#context, name, scope, {
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(ownerReferences ? { ownerReferences } : {}),
    });
    if (resource === 'pods') return this.#pods.admit(body, meta);
    if (resource === 'events') checkEvent(body, scope);
    const defaults = resource === 'poddisruptionbudgets' ? { status: EMPTY_BUDGET } : {};
    const created = this.#context.store.insert(resource, { ...defaults, ...body, metadata: meta } as KubeObject);
    return resource === 'events' ? expire(this.#context, created) : created;
  }

  /** By the content type: merge patch, strategic merge patch or JSON patch. */
  patch(
    resource: string,
    name: string,
    patch: unknown,
    contentType: string,
    namespace: string | undefined,
  ): KubeObject {
    const old = this.#context.store.get(resource, name, namespace);
    return this.#write(resource, old, patched(old, patch, contentType) as Record<string, unknown>);
  }

  replace(resource: string, name: string, object: Record<string, unknown>, namespace: string | undefined): KubeObject {
    return this.#write(resource, this.#context.store.get(resource, name, namespace), object);
  }

  remove(resource: string, object: KubeObject, options: Record<string, unknown>): KubeObject {
    const grace = options.gracePeriodSeconds;
    if (resource === 'pods') return this.#pods.delete(object as Pod, typeof grace === 'number' ? { grace } : {});
    this.#context.store.delete(resource, object);
    this.#removeOwned(object.metadata.uid);
    return object;
  }

  /** Garbage collection in the background: what a deleted controller owned goes too. */
  #removeOwned(uid: string): void {
    const { store } = this.#context;
    for (const set of store.list('replicasets')) {
      if (set.metadata.ownerReferences?.some((owner) => owner.uid === uid)) this.remove('replicasets', set, {});
    }
    for (const pod of store.podsOf(uid)) this.#pods.delete(pod);
  }

  #write(resource: string, old: KubeObject, next: Record<string, unknown>): KubeObject {
    const meta = (next.metadata ?? {}) as Partial<KubeMeta>;
    const { name, namespace, uid, resourceVersion, creationTimestamp } = old.metadata;
    if (meta.resourceVersion && meta.resourceVersion !== resourceVersion)
      throw conflict(
        resource,
        name,
        'the object has been modified; please apply your changes to the latest version and try again',
      );
    if (meta.uid && meta.uid !== uid)
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${uid}`,
      );
    if (resource === 'nodes') forbidNewProviderId(name, old, next);
    const metadata: KubeMeta = {
      ...meta,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    };
    const written = this.#context.store.update(resource, {
      ...next,
      apiVersion: old.apiVersion,
      kind: old.kind,
      metadata,
    } as KubeObject);
    return resource === 'events' ? expire(this.#context, written) : written;
  }
}

const conflict = (resource: string, name: string, why: string): KubeError =>
  new KubeError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    undefined,
    { name, kind: resource },
  );

function patched(old: KubeObject, patch: unknown, contentType: string): unknown {
  const type = contentType.split(';')[0]?.trim();
  if (type === 'application/merge-patch+json') return mergePatch(old, patch);
  if (type === 'application/strategic-merge-patch+json') return strategicMergePatch(old, patch);
  if (type === 'application/json-patch+json') return jsonPatch(old, patch);
  throw new KubeError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
  );
}

function forbidNewProviderId(name: string, old: KubeObject, next: Record<string, unknown>): void {
  const before = (old.spec as { providerID?: string }).providerID;
  const after = (next.spec as { providerID?: string } | undefined)?.providerID;
  if (before !== after)
    throw new KubeError(
      422,
      'Invalid',
      `Node "${name}" is invalid: spec.providerID: Forbidden: node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)`,
    );
}
