import { KubeError } from '../contract';

type Json = unknown;
type JsonObject = Record<string, Json>;

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7396. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/**
 * `patchMergeKey` of the lists that Kubernetes merges, by field name; every other list is replaced as a whole (taints
 * and tolerations among them). Source: the struct tags of k8s.io/api/core/v1/types.go.
 */
const MERGE_KEYS: Record<string, string> = {
  conditions: 'type',
  addresses: 'type',
  ownerReferences: 'uid',
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  schedulingGates: 'name',
  topologySpreadConstraints: 'topologyKey',
  ports: 'containerPort',
};

/** Strategic merge patch with the directives `$patch: replace` and `$patch: delete`. */
export function strategicMergePatch(target: Json, patch: Json, field = ''): Json {
  if (Array.isArray(patch)) return mergeList(target, patch, field);
  if (!isObject(patch)) return patch;
  const { $patch: directive, ...rest } = patch;
  const result: JsonObject = isObject(target) && directive !== 'replace' ? { ...target } : {};
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else result[key] = strategicMergePatch(result[key], value, key);
  }
  return result;
}

function mergeList(target: Json, patch: Json[], field: string): Json[] {
  const key = MERGE_KEYS[field];
  if (key === undefined || !patch.every(isObject)) return patch;
  const items = patch as JsonObject[];
  if (items.some((item) => item.$patch === 'replace')) return items.filter((item) => item.$patch === undefined);
  const result = Array.isArray(target) ? [...(target as JsonObject[])] : [];
  for (const item of items) {
    const index = result.findIndex((old) => old[key] === item[key]);
    if (item.$patch === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = strategicMergePatch(result[index], item) as JsonObject;
    else result.push(item);
  }
  return result;
}

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

/** RFC 6902. @throws KubeError 422 for a failed test or a path that is not there. */
export function jsonPatch(target: Json, operations: Json): Json {
  if (!Array.isArray(operations)) throw new KubeError(400, 'BadRequest', 'a JSON patch is a list of operations');
  const root = { '': structuredClone(target) };
  for (const operation of operations as Operation[]) apply(root, operation);
  return root[''];
}

function apply(root: JsonObject, { op, path, from, value }: Operation): void {
  switch (op) {
    case 'add':
      add(root, path, structuredClone(value));
      return;
    case 'remove':
      take(root, path);
      return;
    case 'replace':
      take(root, path);
      add(root, path, structuredClone(value));
      return;
    case 'move':
      add(root, path, take(root, from ?? ''));
      return;
    case 'copy':
      add(root, path, structuredClone(read(root, from ?? '')));
      return;
    case 'test':
      if (JSON.stringify(read(root, path)) !== JSON.stringify(value)) invalid(`testing value ${path} failed`);
      return;
    default:
      throw new KubeError(400, 'BadRequest', `JSON patch operation "${op}" is unknown`);
  }
}

const invalid = (message: string): never => {
  throw new KubeError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`);
};

/** The place that a path names: its parent and the last key. */
function place(root: JsonObject, path: string): { parent: JsonObject | Json[]; key: string } {
  const keys = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = keys.pop() as string;
  let parent: Json = root;
  for (const step of keys)
    parent = Array.isArray(parent) ? parent[Number(step)] : isObject(parent) ? parent[step] : undefined;
  if (!Array.isArray(parent) && !isObject(parent)) return invalid(`doc is missing path: ${path}`);
  return { parent, key };
}

function read(root: JsonObject, path: string): Json {
  const { parent, key } = place(root, path);
  return Array.isArray(parent) ? parent[Number(key)] : parent[key];
}

function add(root: JsonObject, path: string, value: Json): void {
  const { parent, key } = place(root, path);
  if (!Array.isArray(parent)) parent[key] = value;
  else if (key === '-') parent.push(value);
  else parent.splice(Number(key), 0, value);
}

function take(root: JsonObject, path: string): Json {
  const value = read(root, path);
  if (value === undefined) invalid(`doc is missing key: ${path}`);
  const { parent, key } = place(root, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return value;
}
