import type { ApiObject } from './api';

/** Where objects of each kind live. */
const KINDS: Record<string, { plural: string; namespaced: boolean }> = {
  Namespace: { plural: 'namespaces', namespaced: false },
  Node: { plural: 'nodes', namespaced: false },
  PersistentVolume: { plural: 'persistentvolumes', namespaced: false },
  PriorityClass: { plural: 'priorityclasses', namespaced: false },
  ClusterRole: { plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { plural: 'clusterrolebindings', namespaced: false },
  ValidatingAdmissionPolicy: { plural: 'validatingadmissionpolicies', namespaced: false },
  ValidatingAdmissionPolicyBinding: { plural: 'validatingadmissionpolicybindings', namespaced: false },
  StorageClass: { plural: 'storageclasses', namespaced: false },
  ConfigMap: { plural: 'configmaps', namespaced: true },
  DaemonSet: { plural: 'daemonsets', namespaced: true },
  Deployment: { plural: 'deployments', namespaced: true },
  Job: { plural: 'jobs', namespaced: true },
  Pod: { plural: 'pods', namespaced: true },
  PodDisruptionBudget: { plural: 'poddisruptionbudgets', namespaced: true },
  Role: { plural: 'roles', namespaced: true },
  RoleBinding: { plural: 'rolebindings', namespaced: true },
  Service: { plural: 'services', namespaced: true },
  ServiceAccount: { plural: 'serviceaccounts', namespaced: true },
};

/** Path of the list that the object belongs to, without the first slash. @throws Error for a kind that is not in the table */
export function listPath({ apiVersion, kind, metadata }: ApiObject): string {
  const known = KINDS[kind];
  if (known === undefined) throw new Error(`__tests__/e2e/support/paths.ts has no ${kind}; add it to the table`);
  const root = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
  const scope = known.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
  return `${root}${scope}/${known.plural}`;
}

/** Path of the object. */
export const objectPath = (object: ApiObject): string => `${listPath(object)}/${object.metadata.name}`;
