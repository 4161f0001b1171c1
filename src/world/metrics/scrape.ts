import type { Sample, VirtualClock } from '../contract';
import type { Cluster } from '../kubernetes/cluster';
import type { Node, Pod } from '../kubernetes/objects';
import { KUBE_STATE_METRICS, NODE_EXPORTER } from '../kubernetes/system';
import { nodeSeries, podSeries } from './kube-state';
import { JOB, type Series, series } from './series';
import type { Usage } from './usage';

/** What Prometheus would have after one scrape of kube-state-metrics and of every node-exporter. */
export class Scraper {
  readonly #cluster: Cluster;
  readonly #usage: Usage;
  readonly #clock: VirtualClock;
  /** Objects are never changed in place, so the series of one hold until it is another. */
  readonly #cache = new WeakMap<object, Series[]>();

  constructor(cluster: Cluster, usage: Usage, clock: VirtualClock) {
    this.#cluster = cluster;
    this.#usage = usage;
    this.#clock = clock;
  }

  scrape(): Sample[] {
    const at = this.#clock.now();
    const pods = this.#cluster.store.list<Pod>('pods');
    const samples: Sample[] = [];
    const add = (all: Series[]): void => {
      for (const { labels, value } of all) samples.push({ labels, value, at });
    };
    for (const pod of pods)
      if (appOf(pod) === NODE_EXPORTER && this.#cluster.isSystem(pod)) add(this.#exporter(pod, at));
    for (const pod of pods)
      if (appOf(pod) === KUBE_STATE_METRICS && this.#cluster.isSystem(pod)) this.#state(pod, pods, add);
    return samples;
  }

  #state(own: Pod, pods: Pod[], add: (all: Series[]) => void): void {
    if (own.status.podIP === undefined) return;
    const target = { job: JOB.state, instance: `${own.status.podIP}:8080` };
    const alive = this.#cluster.pods.runsOn(own);
    add([series('up', target, alive ? 1 : 0)]);
    if (!alive) return;
    for (const node of this.#cluster.store.list<Node>('nodes')) add(this.#cached(node, () => nodeSeries(node, target)));
    for (const pod of pods) add(this.#cached(pod, () => podSeries(pod, target)));
  }

  /** A target is there as soon as its pod has an address; a machine that is off answers nothing. */
  #exporter(pod: Pod, at: number): Series[] {
    const node = pod.spec.nodeName;
    if (node === undefined || pod.status.podIP === undefined) return [];
    // It runs in the host's network.
    const target = { job: JOB.node, instance: `${pod.status.hostIP}:9100`, node };
    const meter = this.#usage.meter(node);
    if (!meter) return [series('up', target, 0)];
    const modes = Object.entries(meter.seconds(at));
    const cpus = Array.from({ length: meter.cores }, (_, cpu) => String(cpu));
    return [
      series('up', target, 1),
      ...cpus.flatMap((cpu) =>
        modes.map(([mode, value]) => series('node_cpu_seconds_total', { ...target, cpu, mode }, value)),
      ),
    ];
  }

  #cached(object: object, make: () => Series[]): Series[] {
    let found = this.#cache.get(object);
    if (!found) {
      found = make();
      this.#cache.set(object, found);
    }
    return found;
  }
}

const appOf = (pod: Pod): string | undefined => pod.metadata.labels?.app;
