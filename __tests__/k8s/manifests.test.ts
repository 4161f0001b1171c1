import { spawnSync } from 'node:child_process';
import { itOrSkip } from '../support/skips';
import { APPLIED, containersOf, DEMO, documents, find, K8S, KUSTOMIZATION, read, rights, workloads } from './manifests';
import { missingKubectl, missingShellcheck } from './tools';

const RUNNING = workloads([...APPLIED, ...DEMO]);
const OURS = workloads(APPLIED);

describe("the controller's rights", () => {
  it('are the whole table, and nothing else', () => {
    expect(rights('ClusterRole', 'k3s-autoscaler')).toEqual([
      'apps/daemonsets: get, list',
      'apps/replicasets: get, list',
      'core/events: create, patch',
      'core/namespaces: get, list',
      'core/nodes: delete, get, list, patch',
      'core/persistentvolumeclaims: get, list',
      'core/persistentvolumes: get, list',
      'core/pods/eviction: create',
      'core/pods: get, list',
      'policy/poddisruptionbudgets: get, list',
      'storage.k8s.io/storageclasses: get, list',
    ]);
    expect(rights('Role', 'k3s-autoscaler-status')).toEqual([
      'core/configmaps (k3s-autoscaler-status): get, patch, update',
    ]);
  });

  it('are bound to its account alone, by two bindings', () => {
    const bindings = APPLIED.filter(({ kind, subjects }) => /Binding$/.test(kind) && subjects !== undefined).filter(
      ({ subjects }) => JSON.stringify(subjects).includes('"k3s-autoscaler"'),
    );
    expect(bindings.map(({ kind, roleRef }) => [kind, roleRef.name])).toEqual([
      ['ClusterRoleBinding', 'k3s-autoscaler'],
      ['RoleBinding', 'k3s-autoscaler-status'],
    ]);
    for (const { subjects } of bindings) {
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'k3s-autoscaler', namespace: 'kube-system' }]);
    }
  });

  it('find their ConfigMap, which the account cannot make', () => {
    expect(find('ConfigMap', 'k3s-autoscaler-status').metadata.namespace).toBe('kube-system');
  });

  it('are nobody’s who runs in the cluster: no pod is started under the account', () => {
    expect(RUNNING.map(({ pod }) => pod.serviceAccountName)).not.toContain('k3s-autoscaler');
    expect(find('ServiceAccount', 'k3s-autoscaler').automountServiceAccountToken).toBe(false);
  });
});

describe('the monitoring', () => {
  it('is asked at port 30090 of the server, which the other nodes do not pass on', () => {
    const { spec } = find('Service', 'prometheus');
    expect(spec).toMatchObject({ type: 'NodePort', externalTrafficPolicy: 'Local' });
    expect(spec.ports).toEqual([{ name: 'web', port: 9090, targetPort: 'web', nodePort: 30_090 }]);
  });

  it.each(['prometheus', 'kube-state-metrics'])('keeps %s on the server, where no removal reaches it', (name) => {
    const { spec } = find('Deployment', name).spec.template;
    const terms = spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    expect(terms).toEqual([
      { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] },
    ]);
    expect(spec.tolerations).toEqual([
      { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
    ]);
  });

  it('measures every node, whatever its taints', () => {
    expect(find('DaemonSet', 'node-exporter').spec.template.spec.tolerations).toEqual([{ operator: 'Exists' }]);
  });

  it('keeps seven days, and never more than its share of the volume', () => {
    const [prometheus] = find('Deployment', 'prometheus').spec.template.spec.containers;
    expect(prometheus.args).toEqual(
      expect.arrayContaining(['--storage.tsdb.retention.time=7d', expect.stringMatching(/retention\.size=\dGB$/)]),
    );
    expect(find('Deployment', 'prometheus').spec.template.spec.volumes).toContainEqual({
      name: 'data',
      hostPath: { path: '/var/lib/rancher/prometheus', type: 'DirectoryOrCreate' },
    });
  });

  it('cannot be reloaded or ended by whoever reaches its port', () => {
    const [prometheus] = find('Deployment', 'prometheus').spec.template.spec.containers;
    expect(prometheus.args.join(' ')).not.toMatch(/enable-lifecycle|enable-admin-api|remote-write-receiver/);
  });
});

describe('every pod', () => {
  it('uses the network of its node only where it is Prometheus, which signs with the role of the server', () => {
    expect(RUNNING.filter(({ pod }) => pod.hostNetwork).map(({ name }) => name)).toEqual(['Deployment/prometheus']);
  });

  it('sees neither processes, nor memory, nor ports of its node, and one folder at most', () => {
    for (const { name, pod } of RUNNING) {
      expect([name, pod.hostPID ?? false, pod.hostIPC ?? false]).toEqual([name, false, false]);
      const ports = containersOf(pod).flatMap((container) => container.ports ?? []);
      expect(ports.filter(({ hostPort }) => hostPort !== undefined)).toEqual([]);
    }
    const folders = RUNNING.flatMap(({ pod }) => pod.volumes ?? []).flatMap(({ hostPath }) => hostPath?.path ?? []);
    expect(folders).toEqual(['/var/lib/rancher/prometheus']);
  });

  it.each(RUNNING)('$name has images of one version, little memory, and no rights in its containers', ({ pod }) => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of containersOf(pod)) {
      expect(container.image).toMatch(/^[a-z0-9.]+\/[a-z0-9/-]+:v?\d+\.\d+\.\d+(-alpine)?$/);
      expect(container.resources.limits.memory).toMatch(/^\d+Mi$/);
      expect(container.resources.requests).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) });
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const isOwner = container.name === 'own-data';
      expect((container.securityContext.capabilities as { add?: string[] }).add).toEqual(
        isOwner ? ['CHOWN'] : undefined,
      );
      expect(container.securityContext.runAsNonRoot ?? true).toBe(!isOwner);
    }
  });

  it.each(OURS)('$name of the monitoring says whether it lives and whether it answers', ({ name, pod }) => {
    for (const container of pod.containers) {
      expect([name, container.name, container.livenessProbe !== undefined]).toEqual([name, container.name, true]);
    }
    expect(pod.containers[0]?.readinessProbe).toBeDefined();
  });
});

describe('the kustomization', () => {
  itOrSkip(missingKubectl, 'renders all of it, labelled, with the configuration under a fixed name', () => {
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', K8S], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const rendered = documents(stdout);
    expect(rendered).toHaveLength(APPLIED.length + KUSTOMIZATION.configMapGenerator.length);
    for (const { metadata } of rendered) expect(metadata.labels['app.kubernetes.io/part-of']).toBe('k3s-autoscaler');
    const maps = rendered.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.namespace === 'monitoring');
    expect(maps.map(({ metadata }) => metadata.name).sort()).toEqual([
      'prometheus-config',
      expect.stringMatching(/^prometheus-scripts-[a-z0-9]+$/),
    ]);
    const { volumes } = rendered.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'prometheus')
      .spec.template.spec;
    expect(volumes.find(({ name }: { name: string }) => name === 'scripts').configMap.name).toBe(
      maps.find(({ metadata }) => metadata.name !== 'prometheus-config')?.metadata.name,
    );
  });

  it('leaves the demo to people', () => {
    expect(KUSTOMIZATION.resources.filter((file) => file.startsWith('demo/'))).toEqual([]);
    expect(DEMO.map(({ kind }) => kind)).toEqual(['Job', 'Deployment', 'PodDisruptionBudget']);
  });

  itOrSkip(missingShellcheck, 'carries a script that shellcheck finds nothing in', () => {
    const { stdout } = spawnSync('shellcheck', ['--shell=sh', '-'], {
      input: read('prometheus/compose-config.sh'),
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  });
});
