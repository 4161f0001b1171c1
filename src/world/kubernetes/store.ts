import { KubeError, type KubeObject } from '../contract';
import { controllerOf, type Pod } from './objects';

export interface Change {
  resource: string;
  before?: KubeObject;
  after?: KubeObject;
}

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

/** API group of each resource, for the messages of errors. */
const GROUP: Record<string, string> = {
  deployments: 'apps',
  replicasets: 'apps',
  statefulsets: 'apps',
  daemonsets: 'apps',
  jobs: 'batch',
  poddisruptionbudgets: 'policy',
  storageclasses: 'storage.k8s.io',
};
export const qualified = (resource: string): string => (GROUP[resource] ? `${resource}.${GROUP[resource]}` : resource);

/**
 * etcd and the watch cache in one: objects by resource, one counter of versions. Objects are never changed in place:
 * each write puts a new one, so that a reader may keep what it was given.
 */
export class Store {
  #revision = 1000;
  readonly #tables = new Map<string, Map<string, KubeObject>>();
  readonly #byNode = new Map<string, Map<string, Pod>>();
  readonly #byOwner = new Map<string, Map<string, Pod>>();

  constructor(readonly onChange: (change: Change) => void) {}

  get revision(): string {
    return String(this.#revision);
  }

  /** In the order of creation. */
  list<T extends KubeObject = KubeObject>(resource: string): T[] {
    return [...(this.#tables.get(resource)?.values() ?? [])] as T[];
  }

  find<T extends KubeObject = KubeObject>(resource: string, name: string, namespace?: string): T | undefined {
    return this.#tables.get(resource)?.get(keyOf(namespace, name)) as T | undefined;
  }

  /** @throws KubeError 404 */
  get<T extends KubeObject = KubeObject>(resource: string, name: string, namespace?: string): T {
    const found = this.find<T>(resource, name, namespace);
    if (!found)
      throw new KubeError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, undefined, {
        name,
        kind: resource,
      });
    return found;
  }

  podsOn(node: string): Pod[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  podsOf(owner: string): Pod[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])];
  }

  /** @throws KubeError 409 AlreadyExists */
  insert<T extends KubeObject>(resource: string, object: T): T {
    const { name, namespace } = object.metadata;
    if (this.find(resource, name, namespace)) {
      throw new KubeError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, undefined, {
        name,
        kind: resource,
      });
    }
    return this.#put(resource, undefined, object);
  }

  /** Puts `next` in the place of the object of that name. */
  update<T extends KubeObject>(resource: string, next: T): T {
    return this.#put(resource, this.get(resource, next.metadata.name, next.metadata.namespace), next);
  }

  delete(resource: string, object: KubeObject): void {
    const { name, namespace } = object.metadata;
    const before = this.get(resource, name, namespace);
    this.#revision++;
    this.#tables.get(resource)?.delete(keyOf(namespace, name));
    this.#index(resource, before, undefined);
    this.onChange({ resource, before });
  }

  #put<T extends KubeObject>(resource: string, before: KubeObject | undefined, object: T): T {
    const after = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#revision) } };
    let table = this.#tables.get(resource);
    if (!table) {
      table = new Map();
      this.#tables.set(resource, table);
    }
    table.set(keyOf(after.metadata.namespace, after.metadata.name), after);
    this.#index(resource, before, after);
    this.onChange({ resource, after, ...(before ? { before } : {}) });
    return after;
  }

  #index(resource: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (resource !== 'pods') return;
    reindex(this.#byNode, before as Pod | undefined, after as Pod | undefined, (pod) => pod.spec.nodeName);
    reindex(this.#byOwner, before as Pod | undefined, after as Pod | undefined, (pod) => controllerOf(pod)?.uid);
  }
}

function reindex(
  index: Map<string, Map<string, Pod>>,
  before: Pod | undefined,
  after: Pod | undefined,
  by: (pod: Pod) => string | undefined,
): void {
  const from = before && by(before);
  const to = after && by(after);
  if (before && from !== undefined && from !== to) index.get(from)?.delete(before.metadata.uid);
  if (!after || to === undefined) {
    if (before && from !== undefined) index.get(from)?.delete(before.metadata.uid);
    return;
  }
  let pods = index.get(to);
  if (!pods) {
    pods = new Map();
    index.set(to, pods);
  }
  pods.set(after.metadata.uid, after);
}
