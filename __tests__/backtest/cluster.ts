import type { Sample } from '../../src/world/contract';
import { RemoteWrite } from '../../src/world/prometheus/remote-write';

export const T0 = Date.parse('2026-01-05T00:00:00Z');
export const STEP = 15_000;
export const MIB = 2 ** 20;

export interface MadePod {
  name: string;
  /** Default: a ReplicaSet. */
  by?: string;
  node?: string;
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  gated?: boolean;
  /** Of each container: cores, bytes. */
  containers?: { cpu?: number; memory?: number }[];
}

export interface Scrape {
  /** Nodes with the busy share of both their cores; undefined: its exporter tells nothing. */
  nodes: Record<string, number | undefined>;
  pods: MadePod[];
  /** Address of kube-state-metrics: another one after a restart. */
  exporter?: string;
}

/** What kube-state-metrics and node-exporter would have told, written as scrapes each 15 s. */
export class MadeCluster {
  private readonly write: RemoteWrite;
  private readonly seconds = new Map<string, { busy: number; idle: number }>();

  constructor(url: string) {
    this.write = new RemoteWrite(url);
  }

  /** @param from first step, @param to the one behind the last; undefined: nothing is scraped */
  during(from: number, to: number, scrape: Scrape | undefined): void {
    for (let step = from; step < to; step++) {
      const at = T0 + step * STEP;
      this.write.add(scrape === undefined ? [] : this.samplesOf(scrape, at), at);
    }
  }

  /** As after a reboot: the counters of the node begin at nothing. */
  reset(node: string): void {
    this.seconds.set(node, { busy: 0, idle: 0 });
  }

  flush(): Promise<void> {
    return this.write.flush();
  }

  private samplesOf({ nodes, pods, exporter = '10.0.0.1:8080' }: Scrape, at: number): Sample[] {
    const samples: Sample[] = [];
    const add = (name: string, labels: Record<string, string>, value: number): void => {
      samples.push({ labels: { __name__: name, ...labels }, value, at });
    };
    for (const [node, busy] of Object.entries(nodes)) {
      add('kube_node_info', { instance: exporter, node }, 1);
      if (busy !== undefined) this.cpuOf(node, busy, add);
    }
    for (const pod of pods) podSamples(pod, exporter, add);
    return samples;
  }

  private cpuOf(
    node: string,
    share: number,
    add: (name: string, labels: Record<string, string>, value: number) => void,
  ): void {
    const { busy, idle } = this.seconds.get(node) ?? { busy: 1000, idle: 1000 };
    const now = { busy: busy + (share * STEP) / 1000, idle: idle + ((1 - share) * STEP) / 1000 };
    this.seconds.set(node, now);
    for (const cpu of ['0', '1']) {
      add('node_cpu_seconds_total', { instance: node, node, cpu, mode: 'user' }, now.busy);
      add('node_cpu_seconds_total', { instance: node, node, cpu, mode: 'idle' }, now.idle);
    }
  }
}

function podSamples(
  { name, by = 'ReplicaSet', node = '', phase = 'Running', gated = false, containers = [] }: MadePod,
  instance: string,
  add: (name: string, labels: Record<string, string>, value: number) => void,
): void {
  const labels = { instance, namespace: 'default', pod: name, uid: `uid-${name}` };
  add('kube_pod_info', { ...labels, node, created_by_kind: by }, 1);
  for (const each of ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']) {
    add('kube_pod_status_phase', { ...labels, phase: each }, each === phase ? 1 : 0);
  }
  if (gated) add('kube_pod_status_reason', { ...labels, reason: 'SchedulingGated' }, 1);
  containers.forEach(({ cpu, memory }, index) => {
    const of = { ...labels, node, container: `c${index}` };
    if (cpu !== undefined) add('kube_pod_container_resource_requests', { ...of, resource: 'cpu', unit: 'core' }, cpu);
    if (memory !== undefined) {
      add('kube_pod_container_resource_requests', { ...of, resource: 'memory', unit: 'byte' }, memory);
    }
  });
}

/** So many like it, running. */
export const replicas = (count: number, name: string, cpu: number, mib: number, node = 'worker-i-1'): MadePod[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `${name}-${i}`,
    node,
    containers: [{ cpu, memory: mib * MIB }],
  }));
