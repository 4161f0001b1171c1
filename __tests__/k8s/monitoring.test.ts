import { parse } from 'yaml';
import { PORT } from '../../src/infra/names';
import { type ContainerSpec, containersOf, find, KUSTOMIZATION, type PodSpec, read, rights } from './manifests';

/** What makes the monitoring work as a whole: arguments, ports, rights and the configuration of Prometheus, side by side. */

const podOf = (kind: string, name: string): PodSpec => find(kind, name).spec.template.spec;
const container = (kind: string, name: string, wanted = name): ContainerSpec =>
  containersOf(podOf(kind, name)).find((each) => each.name === wanted) as ContainerSpec;
const argument = ({ args = [] }: ContainerSpec, name: string): string[] =>
  args.flatMap((arg) => (arg.startsWith(`--${name}=`) ? [arg.slice(name.length + 3)] : []));
const portNumber = ({ ports = [] }: ContainerSpec, name: string): number | undefined =>
  ports.find((port) => port.name === name)?.containerPort;

interface Discovery {
  role: string;
  namespaces: { names: string[] };
  selectors: { role: string; label: string }[];
}
const { scrape_configs: JOBS, rule_files: RULE_FILES } = parse(read('prometheus/prometheus.yml')) as {
  rule_files: string[];
  scrape_configs: {
    job_name: string;
    kubernetes_sd_configs: Discovery[];
    static_configs?: unknown;
    relabel_configs: { source_labels: string[]; regex: string; action: string }[];
  }[];
};
const SCRIPT = read('prometheus/compose-config.sh');
/** The default of a setting of the script, which its pod does not set. */
const setting = (name: string): string | undefined =>
  new RegExp(`^${name}=\\$\\{${name}:-(.*)\\}$`, 'm').exec(SCRIPT)?.[1];

describe('Prometheus', () => {
  const prometheus = container('Deployment', 'prometheus');

  it('runs with these arguments and no other', () => {
    expect(prometheus.command).toEqual(['sh', '/scripts/compose-config.sh', 'start']);
    expect(prometheus.args).toEqual([
      '--storage.tsdb.path=/prometheus',
      '--storage.tsdb.retention.time=7d',
      '--storage.tsdb.retention.size=2GB',
      '--web.listen-address=127.0.0.1:9090',
      '--web.listen-address=$(NODE_IP):9090',
      '--web.cors.origin=^$',
      '--rules.alert.resend-delay=30s',
      '--query.timeout=10s',
      '--query.max-samples=5000000',
    ]);
    expect(prometheus.env).toEqual([{ name: 'NODE_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }]);
  });

  it('listens where its port says, its Service leads and its script asks', () => {
    expect(prometheus.ports).toEqual([{ name: 'web', containerPort: 9090 }]);
    for (const address of argument(prometheus, 'web.listen-address')) expect(address).toMatch(/:9090$/);
    expect(setting('WEB')).toBe('http://127.0.0.1:9090');
    // What `forward` forwards to, on the server itself.
    expect(argument(prometheus, 'web.listen-address')).toContain(`127.0.0.1:${PORT.prometheusOnServer}`);
    expect(podOf('Deployment', 'prometheus')).toMatchObject({ hostNetwork: true });
  });

  it('writes below what it mounts', () => {
    const mounts = (prometheus.volumeMounts ?? []).map(({ name, mountPath }) => [name, mountPath]);
    expect(mounts).toContainEqual(['data', argument(prometheus, 'storage.tsdb.path')[0]]);
    const owner = container('Deployment', 'prometheus', 'own-data');
    const { runAsUser, runAsGroup } = podOf('Deployment', 'prometheus').securityContext;
    expect(owner.command).toEqual(['chown', `${runAsUser}:${runAsGroup}`, '/prometheus']);
  });

  it('resolves by the server’s resolver, since it is in the server’s network and asks for no name of the cluster', () => {
    expect(podOf('Deployment', 'prometheus')).toMatchObject({ hostNetwork: true, dnsPolicy: 'Default' });
    expect(JOBS.map((job) => job.static_configs)).toEqual([undefined, undefined]);
  });

  it('is seen by the container that signals it', () => {
    expect(SCRIPT).toContain('kill -HUP "$pid"');
    expect(podOf('Deployment', 'prometheus').shareProcessNamespace).toBe(true);
    const [uid, ...others] = new Set(
      podOf('Deployment', 'prometheus').containers.map(({ securityContext }) => securityContext.runAsUser),
    );
    expect([uid, others]).toEqual([undefined, []]);
  });

  it.each(['check-config', 'config'])('has what its script reads where container %s of it looks', (name) => {
    const { env, volumeMounts = [] } = container('Deployment', 'prometheus', name);
    const at = (volume: string) => volumeMounts.find((each) => each.name === volume)?.mountPath;
    expect(env).toBeUndefined();
    expect(at('config')).toBe(setting('CONFIG'));
    expect(at('run')).toBe(setting('RUN'));
    if (name === 'config') expect(`${at('alerting')}/alerting.yml`).toBe(setting('ALERTING'));
  });

  it('finds its rules beside its configuration', () => {
    const files = KUSTOMIZATION.configMapGenerator.find(({ name }) => name === 'prometheus-config')?.files;
    expect(files).toEqual(['prometheus/prometheus.yml', ...RULE_FILES.map((file) => `prometheus/${file}`)]);
  });

  it('may find pods where it scrapes, and nothing else', () => {
    expect(rights('Role', 'prometheus')).toEqual(['core/pods: get, list, watch']);
    const namespaces = JOBS.flatMap(({ kubernetes_sd_configs }) => kubernetes_sd_configs).map((discovery) => [
      discovery.role,
      ...discovery.namespaces.names,
    ]);
    const { namespace } = find('Role', 'prometheus').metadata;
    expect(namespaces).toEqual([
      ['pod', namespace],
      ['pod', namespace],
    ]);
    expect(find('RoleBinding', 'prometheus').metadata.namespace).toBe(namespace);
  });

  it.each([
    ['kube-state-metrics', 'Deployment'],
    ['node-exporter', 'DaemonSet'],
  ] as const)('scrapes the pods of %s, at the port that has the metrics', (name, kind) => {
    const job = JOBS.find(({ job_name }) => job_name === name);
    const { namespace } = find(kind, name).metadata;
    const { labels } = find(kind, name).spec.template.metadata;
    const [selector] = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    expect(job?.kubernetes_sd_configs).toEqual([
      { role: 'pod', namespaces: { names: [namespace] }, selectors: [{ role: 'pod', label: selector }] },
    ]);
    const port = job?.relabel_configs.find(({ source_labels }) =>
      source_labels.includes('__meta_kubernetes_pod_container_port_name'),
    );
    expect(port?.action).toBe('keep');
    const kept = (container(kind, name).ports ?? []).filter((each) => new RegExp(`^(${port?.regex})$`).test(each.name));
    expect(kept).toHaveLength(1);
  });

  it('waits for a tick that is pushed, for longer than the ten seconds that are its default', () => {
    const { alerting } = parse(read('prometheus/alerting.template.yml')) as {
      alerting: { alertmanagers: { timeout: string; scheme: string; sigv4: object }[] };
    };
    expect(alerting.alertmanagers).toHaveLength(1);
    expect(alerting.alertmanagers[0]).toMatchObject({
      scheme: 'https',
      timeout: '30s',
      sigv4: { region: '@AWS_REGION@', service_name: 'lambda' },
    });
  });
});

describe('kube-state-metrics', () => {
  const exporter = container('Deployment', 'kube-state-metrics');

  it('may list and watch what it tells of, and nothing else', () => {
    const resources = (argument(exporter, 'resources')[0] ?? '').split(',').sort();
    expect(resources).toEqual(['nodes', 'pods']);
    expect(rights('ClusterRole', 'k3s-autoscaler-kube-state-metrics')).toEqual(
      resources.map((resource) => `core/${resource}: list, watch`),
    );
  });

  it('tells of what its metrics are about', () => {
    const about = (argument(exporter, 'metric-allowlist')[0] ?? '')
      .split(',')
      .map((pattern) => `${/^\^kube_([a-z]+)_/.exec(pattern)?.[1]}s`);
    expect([...new Set(about)].sort()).toEqual((argument(exporter, 'resources')[0] ?? '').split(',').sort());
  });

  it('listens where its ports say, and answers at each as its version does', () => {
    expect(exporter.args).toHaveLength(4);
    expect(argument(exporter, 'port')).toEqual([String(portNumber(exporter, 'metrics'))]);
    expect(argument(exporter, 'telemetry-port')).toEqual([String(portNumber(exporter, 'telemetry'))]);
    expect(exporter.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'metrics' });
    expect(exporter.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'telemetry' });
  });
});

describe('node-exporter', () => {
  it('listens where its port says, with the collectors that are asked for', () => {
    const exporter = container('DaemonSet', 'node-exporter');
    expect(argument(exporter, 'web.listen-address')).toEqual([`:${portNumber(exporter, 'metrics')}`]);
    expect(exporter.args?.filter((arg) => arg.startsWith('--collector'))).toEqual([
      '--collector.disable-defaults',
      '--collector.cpu',
      '--collector.meminfo',
    ]);
  });
});
