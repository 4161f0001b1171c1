/** Which resource a path of the Kubernetes API names, and what the function may do with it. */

export interface ResourceKind {
  /** Group and version as in the path: `v1`, `apps/v1`. */
  apiVersion: string;
  resource: string;
  kind: string;
  namespaced: boolean;
}

const kind = (apiVersion: string, resource: string, name: string, namespaced = true): ResourceKind => ({
  apiVersion,
  resource,
  kind: name,
  namespaced,
});

const KINDS: ResourceKind[] = [
  kind('v1', 'nodes', 'Node', false),
  kind('v1', 'namespaces', 'Namespace', false),
  kind('v1', 'persistentvolumes', 'PersistentVolume', false),
  kind('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  kind('v1', 'pods', 'Pod'),
  kind('v1', 'events', 'Event'),
  kind('v1', 'configmaps', 'ConfigMap'),
  kind('v1', 'secrets', 'Secret'),
  kind('events.k8s.io/v1', 'events', 'Event'),
  kind('apps/v1', 'daemonsets', 'DaemonSet'),
  kind('apps/v1', 'deployments', 'Deployment'),
  kind('apps/v1', 'replicasets', 'ReplicaSet'),
  kind('apps/v1', 'statefulsets', 'StatefulSet'),
  kind('batch/v1', 'jobs', 'Job'),
  kind('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  kind('storage.k8s.io/v1', 'storageclasses', 'StorageClass', false),
];

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export interface Target extends ResourceKind {
  verb: Verb;
  namespace?: string;
  name?: string;
  /** `eviction`, `status`. */
  subresource?: string;
}

/** Undefined for a path that no API server knows, or a method that the path does not take. */
export const targetOf = (method: string, url: URL): Target | undefined => {
  const match = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))\/(.+)$/.exec(url.pathname);
  if (!match) return undefined;
  const apiVersion = match[1] ?? match[2];
  const parts = (match[3] ?? '').split('/').map(decodeURIComponent);
  // `/namespaces/x` alone is the namespace itself; with more behind it, it is a scope.
  const scoped = parts[0] === 'namespaces' && parts.length > 2;
  const namespace = scoped ? parts[1] : undefined;
  const [resource, name, subresource, ...rest] = scoped ? parts.slice(2) : parts;
  const found = KINDS.find((one) => one.apiVersion === apiVersion && one.resource === resource);
  if (!found || rest.length > 0 || (scoped && !found.namespaced)) return undefined;
  // A single namespaced object is reachable only within its namespace.
  if (name !== undefined && found.namespaced && !scoped) return undefined;
  const verb = verbOf(method, name, subresource, url);
  return (
    verb && {
      ...found,
      verb,
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
      ...(subresource !== undefined && { subresource }),
    }
  );
};

const verbOf = (
  method: string,
  name: string | undefined,
  subresource: string | undefined,
  url: URL,
): Verb | undefined => {
  if (subresource !== undefined) return subresourceVerb(method, subresource);
  if (name === undefined) {
    if (method === 'GET') return /^(1|true)$/.test(url.searchParams.get('watch') ?? '') ? 'watch' : 'list';
    return method === 'POST' ? 'create' : undefined;
  }
  return ({ GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const)[method];
};

const subresourceVerb = (method: string, subresource: string): Verb | undefined => {
  if (subresource === 'eviction') return method === 'POST' ? 'create' : undefined;
  if (subresource === 'status') return ({ GET: 'get', PUT: 'update', PATCH: 'patch' } as const)[method];
  return undefined;
};

/** Verb + resource: `listNodes`, `patchNode`, `createEviction`. */
export const operationOf = ({ verb, kind: name, subresource }: Target): string => {
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  if (subresource === 'eviction') return 'createEviction';
  const plural = verb === 'list' || verb === 'watch';
  return `${verb}${name}${plural ? (name.endsWith('s') ? 'es' : 's') : ''}${subresource ? capital(subresource) : ''}`;
};

/** The controller's ClusterRole: the whole table of its rights. Nothing else: no secrets, no pod deletion, no watch. */
const RIGHTS: Record<string, Verb[]> = {
  nodes: ['get', 'list', 'patch', 'delete'],
  pods: ['get', 'list'],
  'pods/eviction': ['create'],
  poddisruptionbudgets: ['get', 'list'],
  daemonsets: ['get', 'list'],
  replicasets: ['get', 'list'],
  persistentvolumes: ['get', 'list'],
  persistentvolumeclaims: ['get', 'list'],
  storageclasses: ['get', 'list'],
  namespaces: ['get', 'list'],
  events: ['create', 'patch'],
};

export const isAllowed = ({ resource, subresource, verb, namespace, name }: Target): boolean => {
  if (resource === 'configmaps' && namespace === 'kube-system' && name === 'k3s-autoscaler-status') {
    return verb === 'get' || verb === 'update' || verb === 'patch';
  }
  return RIGHTS[subresource ? `${resource}/${subresource}` : resource]?.includes(verb) ?? false;
};
