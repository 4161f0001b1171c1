import { parse, stringify } from 'yaml';
import { find, read } from '../../k8s/manifests';
import { filledTemplate } from '../../k8s/prometheus-pod';

interface ScrapeConfig {
  job_name: string;
  kubernetes_sd_configs: Record<string, unknown>[];
  relabel_configs: Record<string, unknown>[];
}

export interface Surroundings {
  /** The API server, and how the ServiceAccount `monitoring/prometheus` shows itself to it. */
  api: { url: string; caFile: string; tokenFile: string };
  /** `127.0.0.1:<port>` of the two exporters. */
  kubeStateMetrics: string;
  nodeExporters: string;
  /** Where alerts are pushed, as `alerting.template.yml` has it: `http://127.0.0.1:<port>`. None: no alerts leave. */
  alertsTo?: string;
}

/**
 * The configuration that ships, k8s/prometheus/prometheus.yml, with what a Prometheus outside of the cluster has to have
 * other:
 *
 * - where the API server is and with which token it is asked: a pod finds that in its own folders. The token is that of
 *   the ServiceAccount that ships, so its rights are tried too;
 * - where the pods that it discovers are scraped: KWOK's pods run nothing, so the discovered address becomes the one at
 *   which their stand-in listens. `instance` stays what it would have been;
 * - where alerts go: the function's URL has another scheme and host here. How they are signed is as it ships.
 *
 * Job names, discovery, intervals, what is kept and the rules are untouched.
 */
export function prometheusConfig({ api, kubeStateMetrics, nodeExporters, alertsTo }: Surroundings): string {
  const config = parse(read('prometheus/prometheus.yml')) as { scrape_configs: ScrapeConfig[] };
  for (const job of config.scrape_configs) {
    for (const discovery of job.kubernetes_sd_configs) {
      discovery.api_server = api.url;
      discovery.authorization = { credentials_file: api.tokenFile };
      discovery.tls_config = { ca_file: api.caFile };
    }
    job.relabel_configs.push({ source_labels: ['__address__'], target_label: 'instance' }, ...addressOf(job.job_name));
  }
  return stringify(alertsTo === undefined ? config : { ...config, ...alertingTo(alertsTo) });

  function addressOf(job: string): Record<string, unknown>[] {
    if (job === 'kube-state-metrics') return [{ target_label: '__address__', replacement: kubeStateMetrics }];
    if (job !== 'node-exporter') throw new Error(`nothing stands in for the pods of job ${job}`);
    return [
      { target_label: '__address__', replacement: nodeExporters },
      {
        source_labels: ['__meta_kubernetes_pod_node_name'],
        target_label: '__metrics_path__',
        replacement: '/$1/metrics',
      },
    ];
  }
}

function alertingTo(url: string): object {
  const { protocol, host } = new URL(url);
  const filled = parse(filledTemplate(host)) as { alerting: { alertmanagers: { scheme: string }[] } };
  for (const receiver of filled.alerting.alertmanagers) receiver.scheme = protocol.replace(':', '');
  return filled;
}

/** Arguments of the container that ships, but for where it listens and keeps its data. */
export function prometheusArguments(): string[] {
  const containers: { name: string; args: string[] }[] = find('Deployment', 'prometheus').spec.template.spec.containers;
  const args = containers.find(({ name }) => name === 'prometheus')?.args ?? [];
  return args.filter((arg) => !/^--(storage\.tsdb\.path|web\.listen-address)=/.test(arg));
}
