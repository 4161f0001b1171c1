import { cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { K8S } from '../../k8s/manifests';
import { freePorts } from '../../support/ports';
import { controlPlaneProgram } from './binary';
import type { ControlPlane } from './control-plane';
import { NodeExporters } from './node-exporters';
import { type NodeOf, registeredNode } from './nodes';
import { answers, type RunningProcess } from './processes';
import { prometheusProgram } from './prometheus';
import { prometheusArguments, prometheusConfig } from './prometheus-config';

const START_MS = 60_000;

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

/** A real Prometheus that watches a control plane as it does in a cluster, and what it scrapes. */
export class Monitoring {
  /** `http://127.0.0.1:<port>`, what the function is given as Prometheus' address. */
  readonly url: string;
  readonly nodes: NodeExporters;
  readonly #prometheus: () => Promise<RunningProcess>;
  readonly #data: string;
  #running: RunningProcess | undefined;

  private constructor(url: string, nodes: NodeExporters, data: string, prometheus: () => Promise<RunningProcess>) {
    this.url = url;
    this.nodes = nodes;
    this.#data = data;
    this.#prometheus = prometheus;
  }

  /**
   * Creates the Node `server-0`, on which the pods that are discovered run, and starts the exporters and Prometheus; to be
   * called when `k8s/` is applied. The processes go with the control plane. Resolves when kube-state-metrics was scraped.
   *
   * @param alerts where they are pushed; signed, so `credentials` are needed
   * @param server the instance of `server-0`, where there is one
   */
  static async start(
    control: ControlPlane,
    config: RuntimeConfig,
    alerts?: { to: string; credentials: { accessKeyId: string; secretAccessKey: string } },
    server: NodeOf = { instanceId: 'i-5e', instanceType: 't3.medium', zone: 'us-east-1a', role: 'server' },
  ): Promise<Monitoring> {
    const program = prometheusProgram();
    await control.create(registeredNode(server, config));
    const ports = await freePorts('prometheus', 'kubeStateMetrics');
    const kubeStateMetrics = await startKubeStateMetrics(control, ports.kubeStateMetrics);
    const nodes = await NodeExporters.start();
    const file = path.join(control.folder, 'prometheus.yml');
    const tokenFile = path.join(control.folder, 'prometheus.token');
    const caFile = path.join(control.folder, 'ca.crt');
    writeFileSync(tokenFile, await control.tokenFor('monitoring/prometheus'), { mode: 0o600 });
    cpSync(path.join(K8S, 'prometheus/rules.yml'), path.join(control.folder, 'rules.yml'));
    writeFileSync(
      file,
      prometheusConfig({
        api: { url: control.url, caFile, tokenFile },
        kubeStateMetrics,
        nodeExporters: nodes.address,
        ...(alerts && { alertsTo: alerts.to }),
      }),
    );
    const listen = `127.0.0.1:${ports.prometheus}`;
    const data = path.join(control.folder, 'prometheus');
    const prometheus = () =>
      control.run(
        'prometheus',
        program,
        [
          `--config.file=${file}`,
          `--storage.tsdb.path=${data}`,
          `--web.listen-address=${listen}`,
          ...prometheusArguments(),
        ],
        {
          AWS_EC2_METADATA_DISABLED: 'true',
          ...(alerts && {
            AWS_ACCESS_KEY_ID: alerts.credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: alerts.credentials.secretAccessKey,
          }),
        },
      );
    const monitoring = new Monitoring(`http://${listen}`, nodes, data, prometheus);
    await monitoring.#start();
    return monitoring;
  }

  /** As when its machine goes: nothing answers at its port any more. */
  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  /** Starts it again without anything that it had recorded. Resolves when it has scraped kube-state-metrics. */
  async restartEmpty(): Promise<void> {
    await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
    await this.#start();
  }

  async #start(): Promise<void> {
    const running = await this.#prometheus();
    this.#running = running;
    const scraped = async () => (await this.query('kube_node_info')).length > 0;
    await answers(running, 'has scraped kube-state-metrics', scraped, START_MS);
  }

  /** An instant query now. @throws Error with Prometheus' words when it refuses it */
  async query(query: string): Promise<Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
    const { data, error } = (await response.json()) as {
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
      error?: string;
    };
    if (data === undefined) throw new Error(`Prometheus refuses ${query}: ${error}`);
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** Its processes end with the control plane. */
  async stop(): Promise<void> {
    await this.nodes.stop();
  }
}

/**
 * Starts the stand-in with the ServiceAccount's own token, so that the rights that ship are tried.
 *
 * @returns `127.0.0.1:<port>`
 */
export async function startKubeStateMetrics(control: ControlPlane, port: number): Promise<string> {
  const address = `127.0.0.1:${port}`;
  const kubeconfig = await control.kubeconfigFor('monitoring/kube-state-metrics');
  const running = await control.run('kube-state-metrics', controlPlaneProgram(), [
    'kube-state-metrics',
    `--kubeconfig=${kubeconfig}`,
    `--listen=${address}`,
  ]);
  await answers(running, 'answers', async () => (await fetch(`http://${address}/metrics`)).ok, START_MS);
  return address;
}
