import { createServer } from 'node:http';
import { closed, hostOf, listening } from './local-server';

/** What a fake node's exporter shows. */
interface Machine {
  cores: number;
  memoryBytes: number;
  /** Busy share of all cores, 0 to 1. */
  busy: number;
  /** Seconds of all cores up to `at` (milliseconds). */
  busySeconds: number;
  idleSeconds: number;
  at: number;
  down: boolean;
}

/** A new t3.medium with nothing on it. */
const NEW = { cores: 2, memoryBytes: 4 * 2 ** 30, busy: 0.02 };

/** As node-exporter 1.12 shows them with k8s/node-exporter/daemonset.yaml's arguments. */
const MODES = ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'] as const;
/** Of busy time, as a process that computes takes it. */
const SHARES: Partial<Record<(typeof MODES)[number], number>> = { user: 0.9, system: 0.1 };

/**
 * The node-exporters of all fake nodes in one server on 127.0.0.1: `/<node>/metrics`. Nodes of KWOK have no CPU, so the
 * test says how busy each is; the counters go by the machine's clock. A node that nobody named is a new t3.medium.
 */
export class NodeExporters {
  readonly #machines = new Map<string, Machine>();
  readonly #server = createServer((request, response) => {
    const node = /^\/([^/]+)\/metrics$/.exec(request.url ?? '')?.[1];
    if (node === undefined) {
      response.writeHead(404).end();
      return;
    }
    const machine = this.#of(node);
    if (machine.down) {
      request.socket.destroy();
      return;
    }
    this.#count(machine);
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text(machine));
  });

  static async start(): Promise<NodeExporters> {
    const exporters = new NodeExporters();
    await listening(exporters.#server);
    return exporters;
  }

  /** `127.0.0.1:<port>` */
  get address(): string {
    return hostOf(this.#server);
  }

  /** @param busy share of the node's cores from now on, 0 to 1, as `stress --cpu` of all cores is 1 */
  load(node: string, busy: number): void {
    this.#change(node, { busy });
  }

  size(node: string, size: { cores: number; memoryBytes: number }): void {
    this.#change(node, size);
  }

  /** It answers no more, as one whose machine is gone. */
  down(node: string): void {
    this.#change(node, { down: true });
  }

  async stop(): Promise<void> {
    await closed(this.#server);
  }

  #of(node: string): Machine {
    const known = this.#machines.get(node);
    if (known !== undefined) return known;
    const machine = { ...NEW, busySeconds: 0, idleSeconds: 0, at: Date.now(), down: false };
    this.#machines.set(node, machine);
    return machine;
  }

  #change(node: string, change: Partial<Machine>): void {
    const machine = this.#of(node);
    this.#count(machine);
    Object.assign(machine, change);
  }

  /** Brings the counters up to now. */
  #count(machine: Machine): void {
    const now = Date.now();
    const seconds = ((now - machine.at) / 1000) * machine.cores;
    machine.busySeconds += seconds * machine.busy;
    machine.idleSeconds += seconds * (1 - machine.busy);
    machine.at = now;
  }
}

function text({ cores, busySeconds, idleSeconds, memoryBytes }: Machine): string {
  const lines = [
    '# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.',
    '# TYPE node_cpu_seconds_total counter',
  ];
  for (let cpu = 0; cpu < cores; cpu += 1) {
    for (const mode of MODES) {
      const seconds = mode === 'idle' ? idleSeconds : busySeconds * (SHARES[mode] ?? 0);
      // The kernel counts in hundredths.
      lines.push(`node_cpu_seconds_total{cpu="${cpu}",mode="${mode}"} ${Number((seconds / cores).toFixed(2))}`);
    }
  }
  for (const [name, bytes] of Object.entries({ MemAvailable: memoryBytes * 0.8, MemTotal: memoryBytes })) {
    lines.push(
      `# HELP node_memory_${name}_bytes Memory information field ${name}_bytes.`,
      `# TYPE node_memory_${name}_bytes gauge`,
      `node_memory_${name}_bytes ${Math.round(bytes)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
