import { SourceError } from './errors';
import { type Namespaces, selectsNamespaces } from './kubernetes-constraints';
import { type Metadata, named } from './kubernetes-metadata';
import type { PodSpec } from './kubernetes-pod-spec';
import { livingSpec, NO_SURROUNDINGS, type Surroundings } from './kubernetes-pods';
import { type Storage, usesClaims } from './kubernetes-volumes';

export type List = <T>(path: string, convert: (item: unknown) => T) => Promise<T[]>;

/** Lists what these pods refer to, side by side, and nothing where they refer to nothing: most clusters save three lists. */
export async function surroundingsOf(pods: unknown[], list: List): Promise<Surroundings> {
  const specs = pods.map(livingSpec).filter((spec): spec is PodSpec => spec !== undefined);
  const [namespaces, storage] = await Promise.all([
    specs.some(selectsNamespaces) ? namespacesOf(list) : NO_SURROUNDINGS.namespaces,
    specs.some(usesClaims) ? storageOf(list) : NO_SURROUNDINGS.storage,
  ]);
  return { namespaces, storage };
}

async function namespacesOf(list: List): Promise<Namespaces> {
  const found = await byName<{ metadata?: Metadata }>(list, 'api/v1/namespaces', 'namespace');
  // The pod that selects by them is in one. Without any, anti-affinity would keep clear of nobody.
  if (found.size === 0) throw new SourceError('empty', 'there is no namespace, though there are pods');
  return new Map([...found].map(([name, { metadata }]) => [name, metadata?.labels ?? {}]));
}

async function storageOf(list: List): Promise<Storage> {
  const [claims, volumes, classes] = await Promise.all([
    byName(list, 'api/v1/persistentvolumeclaims', 'persistentvolumeclaim'),
    byName(list, 'api/v1/persistentvolumes', 'persistentvolume'),
    byName(list, 'apis/storage.k8s.io/v1/storageclasses', 'storageclass'),
  ]);
  return { claims, volumes, classes };
}

/** By name, or by `namespace/name` where it has a namespace. */
const byName = async <T extends object>(list: List, path: string, kind: string): Promise<Map<string, T>> =>
  new Map(await list(path, (item): [string, T] => [named(kind, item), item as T]));
