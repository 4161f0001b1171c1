import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  APPLIED,
  containersOf,
  DEMO,
  find,
  K8S,
  KUSTOMIZATION,
  type Manifest,
  type PodSpec,
  workloads,
} from './manifests';

/** What one manifest names of another one must be there: the API server takes a name of nothing, and nothing happens. */

const ALL = [...APPLIED, ...DEMO];
const RUNNING = workloads(ALL);
const name = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;
const namespaceOf = ({ metadata }: Manifest): string | undefined => metadata.namespace;

const has = (kind: string, wanted: string, namespace: string | undefined): boolean =>
  ALL.some(
    (each) =>
      each.kind === kind &&
      each.metadata.name === wanted &&
      (kind === 'ClusterRole' || namespaceOf(each) === namespace),
  );

/** Names of the files in a ConfigMap that kustomize makes, or of one that is a manifest. */
function configMap(wanted: string, namespace: string | undefined): string[] | undefined {
  const made = KUSTOMIZATION.configMapGenerator.find((each) => each.name === wanted && each.namespace === namespace);
  if (made) return made.files.map((file) => path.basename(file));
  return has('ConfigMap', wanted, namespace) ? [] : undefined;
}

const selects = (labels: Record<string, string>, namespace: string | undefined) =>
  RUNNING.filter(
    ({ manifest }) =>
      namespaceOf(manifest) === namespace &&
      Object.entries(labels).every(([key, value]) => manifest.spec.template.metadata.labels[key] === value),
  );
const portsOf = (pod: PodSpec): string[] => pod.containers.flatMap(({ ports = [] }) => ports.map((port) => port.name));

describe.each(RUNNING)('$name', ({ manifest, pod }) => {
  const namespace = namespaceOf(manifest);

  it('runs under an account that there is', () => {
    const account = pod.serviceAccountName as string | undefined;
    expect([account, account === undefined || has('ServiceAccount', account, namespace)]).toEqual([account, true]);
    // Without one it is `default`, which may do nothing here, and shows its token to nobody.
    if (account === undefined) expect(pod.automountServiceAccountToken).toBe(false);
  });

  it('mounts the volumes that it has, and has none that it does not mount', () => {
    const mounted = containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts.map((each) => each.name));
    expect([...new Set(mounted)].sort()).toEqual((pod.volumes ?? []).map((each) => each.name).sort());
  });

  it('takes its ConfigMaps from here, or from what the server makes, and then can do without', () => {
    const sync = readFileSync(path.join(K8S, '../userdata/sync.sh'), 'utf8');
    for (const { configMap: map } of pod.volumes ?? []) {
      if (map === undefined) continue;
      const isServers = sync.includes(`--namespace ${namespace} create configmap ${map.name} `);
      expect([map.name, configMap(map.name, namespace) !== undefined || isServers]).toEqual([map.name, true]);
      expect([map.name, map.optional ?? false]).toEqual([map.name, isServers]);
    }
  });

  it('asks the ports that its container opens', () => {
    for (const { name: container, ports = [], startupProbe, livenessProbe, readinessProbe } of containersOf(pod)) {
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
        if (probe?.httpGet === undefined) continue;
        expect([container, ports.map((port) => port.name)]).toEqual([
          container,
          expect.arrayContaining([probe.httpGet.port]),
        ]);
      }
    }
  });

  it('is what its selector selects, alone', () => {
    const labels = manifest.spec.selector?.matchLabels as Record<string, string> | undefined;
    if (manifest.kind !== 'Job') {
      expect(selects(labels ?? {}, namespace).map((each) => name(each.manifest))).toEqual([name(manifest)]);
    }
  });

  it('runs scripts that are in what it mounts', () => {
    for (const { command = [], volumeMounts = [] } of containersOf(pod)) {
      for (const script of command.filter((word) => /^\/.*\.sh$/.test(word))) {
        const mount = volumeMounts.find(({ mountPath }) => path.dirname(script) === mountPath);
        const volume = pod.volumes?.find((each) => each.name === mount?.name);
        expect(configMap(volume?.configMap?.name ?? '', namespace)).toContain(path.basename(script));
      }
    }
  });
});

describe('the manifests', () => {
  it.each(
    ALL.filter(({ kind }) => /^(Cluster)?RoleBinding$/.test(kind)).map((binding) => ({ name: name(binding), binding })),
  )('$name gives a role that there is to an account that there is', ({ binding }) => {
    const { kind, name: role } = binding.roleRef;
    expect(has(kind, role, namespaceOf(binding))).toBe(true);
    for (const subject of binding.subjects) {
      expect([subject, has(subject.kind, subject.name, subject.namespace)]).toEqual([subject, true]);
    }
  });

  it('give rights to no role for nothing: each is bound', () => {
    const roles = ALL.filter(({ kind }) => /^(Cluster)?Role$/.test(kind)).map(name);
    const bound = ALL.filter(({ roleRef }) => roleRef).map(({ roleRef }) => `${roleRef.kind}/${roleRef.name}`);
    expect(bound.sort()).toEqual(roles.sort());
  });

  it('lie in namespaces that there are', () => {
    const there = [
      'default',
      'kube-system',
      ...APPLIED.filter(({ kind }) => kind === 'Namespace').map((each) => each.metadata.name),
    ];
    const named = [...ALL.map(namespaceOf), ...KUSTOMIZATION.configMapGenerator.map(({ namespace }) => namespace)];
    expect(named.filter((each) => each !== undefined && !there.includes(each))).toEqual([]);
    const without = ALL.filter((each) => namespaceOf(each) === undefined).map(({ kind }) => kind);
    expect([...new Set(without)].sort()).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'Namespace',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ]);
  });

  it('lead each Service to a port of one workload', () => {
    const services = ALL.filter(({ kind }) => kind === 'Service');
    expect(services.map(name)).toEqual(['Service/prometheus']);
    for (const service of services) {
      const [only, ...others] = selects(service.spec.selector, namespaceOf(service));
      expect(others).toEqual([]);
      for (const { targetPort } of service.spec.ports) expect(only && portsOf(only.pod)).toContain(targetPort);
    }
  });

  it('guard one workload with each budget', () => {
    for (const budget of ALL.filter(({ kind }) => kind === 'PodDisruptionBudget')) {
      expect(selects(budget.spec.selector.matchLabels, namespaceOf(budget))).toHaveLength(1);
    }
  });

  it('bind the admission policy that there is', () => {
    const binding = find('ValidatingAdmissionPolicyBinding', 'k3s-autoscaler-nodes');
    expect(find('ValidatingAdmissionPolicy', binding.spec.policyName).kind).toBe('ValidatingAdmissionPolicy');
  });

  it('are all applied, but for the demo and what is filled in by the server', () => {
    const files = readdirSync(K8S, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(ya?ml|sh)$/.test(file));
    const applied = [...KUSTOMIZATION.resources, ...KUSTOMIZATION.configMapGenerator.flatMap((each) => each.files)];
    const others = [
      'kustomization.yaml',
      'prometheus/alerting.template.yml',
      'demo/scenario-a.yaml',
      'demo/scenario-b.yaml',
    ];
    expect([...applied, ...others].sort()).toEqual(files.sort());
  });
});
