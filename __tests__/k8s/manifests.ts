import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const K8S = path.resolve(__dirname, '../../k8s');

/** A manifest as it is in its file; tests that read deeper say so by their casts. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: the schema's test checks the shapes; here they are read freely.
  [field: string]: any;
}

export const read = (file: string): string => readFileSync(path.join(K8S, file), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: as above.
export const documents = (text: string): any[] =>
  parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });

export const manifestsOf = (file: string): Manifest[] => documents(read(file));

export const KUSTOMIZATION = documents(read('kustomization.yaml'))[0] as {
  resources: string[];
  configMapGenerator: { name: string; namespace: string; files: string[] }[];
};

/** What `kubectl apply -k k8s` applies, but for the ConfigMaps that kustomize makes of files. */
export const APPLIED = KUSTOMIZATION.resources.flatMap(manifestsOf);
export const DEMO = ['demo/scenario-a.yaml', 'demo/scenario-b.yaml'].flatMap(manifestsOf);

export function find(kind: string, name: string): Manifest {
  const found = APPLIED.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found.length !== 1) throw new Error(`k8s/ has ${found.length} manifests ${kind}/${name}, and one was expected`);
  return found[0] as Manifest;
}

/** Manifests that start pods, each with its pod's spec. */
export const workloads = (manifests: Manifest[]): { name: string; manifest: Manifest; pod: PodSpec }[] =>
  manifests
    .filter(({ spec }) => spec?.template?.spec !== undefined)
    .map((manifest) => ({
      name: `${manifest.kind}/${manifest.metadata.name}`,
      manifest,
      pod: manifest.spec.template.spec,
    }));

/** The metrics that kube-state-metrics, as it ships, lets through. */
export function exportedMetrics(): string[] {
  const [container] = find('Deployment', 'kube-state-metrics').spec.template.spec.containers as [ContainerSpec];
  const flag = '--metric-allowlist=';
  const list = container.args?.find((arg) => arg.startsWith(flag))?.slice(flag.length) ?? '';
  return list.split(',').map((pattern) => pattern.replace(/^\^|\$$/g, ''));
}

interface Probe {
  httpGet?: { path: string; port: string | number };
}

export interface ContainerSpec {
  name: string;
  image: string;
  args?: string[];
  command?: string[];
  env?: { name: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
  ports?: { name: string; containerPort: number; hostPort?: number }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: Record<string, unknown>;
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext: Record<string, unknown>;
  initContainers?: ContainerSpec[];
  containers: ContainerSpec[];
  volumes?: { name: string; hostPath?: { path: string }; configMap?: { name: string; optional?: boolean } }[];
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  [field: string]: any;
}

export const containersOf = (pod: PodSpec): ContainerSpec[] => [...(pod.initContainers ?? []), ...pod.containers];

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

/** `group/resource: verbs`, as the table of rights says it. */
export const rights = (kind: string, name: string): string[] =>
  (find(kind, name).rules as Rule[])
    .flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      apiGroups.flatMap((group) =>
        resources.map((resource) => {
          const only = resourceNames === undefined ? '' : ` (${resourceNames.join(', ')})`;
          return `${group === '' ? 'core' : group}/${resource}${only}: ${[...verbs].sort().join(', ')}`;
        }),
      ),
    )
    .sort();
