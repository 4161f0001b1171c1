import type { VirtualClock } from '../contract';
import type { Cluster } from '../kubernetes/cluster';
import type { Node, Pod } from '../kubernetes/objects';
import { factsOf } from '../kubernetes/scheduler/facts';
import type { Change } from '../kubernetes/store';
import { CpuMeter } from './cpu';

/** What each machine's CPU does: the pods that run on it, and a load put on top (`stress --cpu`). */
export class Usage {
  readonly #cluster: Cluster;
  readonly #clock: VirtualClock;
  readonly #meters = new Map<string, CpuMeter>();
  /** Share of the machine's capacity, 0–1, by node. */
  readonly #loads = new Map<string, number>();
  readonly #stopLoad = new Map<string, () => void>();

  constructor(cluster: Cluster, clock: VirtualClock) {
    this.#cluster = cluster;
    this.#clock = clock;
    cluster.watch((change) => this.#noticed(change));
  }

  /** @param since when its counters began, milliseconds */
  machineStarted(node: string, cores: number, since: number): void {
    this.#meters.set(node, new CpuMeter(cores, since));
    this.#measure(node);
  }

  machineStopped(node: string): void {
    this.#meters.delete(node);
    this.#loads.delete(node);
  }

  /** Until the next load on the node, or for `forMs`. */
  load(node: string, share: number, forMs: number | undefined): void {
    this.#stopLoad.get(node)?.();
    this.#setLoad(node, share);
    if (forMs !== undefined)
      this.#stopLoad.set(
        node,
        this.#clock.schedule(this.#clock.now() + forMs, () => this.#setLoad(node, 0)),
      );
  }

  /** Measures every machine anew: pods may use another amount from now on. */
  refresh(): void {
    for (const node of this.#meters.keys()) this.#measure(node);
  }

  meter(node: string): CpuMeter | undefined {
    return this.#meters.get(node);
  }

  #setLoad(node: string, share: number): void {
    if (!this.#meters.has(node)) return;
    this.#loads.set(node, share);
    this.#measure(node);
  }

  #noticed({ resource, before, after }: Change): void {
    if (resource !== 'pods') return;
    const was = runningOn(before as Pod | undefined);
    const is = runningOn(after as Pod | undefined);
    if (was === is) return;
    for (const node of [was, is]) if (node !== undefined) this.#measure(node);
  }

  #measure(node: string): void {
    const meter = this.#meters.get(node);
    if (!meter) return;
    const pods = this.#cluster.store.podsOn(node).filter((pod) => runningOn(pod) === node);
    const milli = pods.reduce(
      (sum, pod) => sum + this.#cluster.workloads.usageOf(pod, factsOf(pod).requests.cpu ?? 0),
      0,
    );
    meter.set(this.#clock.now(), milli / 1000 + (this.#loads.get(node) ?? 0) * meter.cores);
  }
}

const runningOn = (pod: Pod | undefined): string | undefined =>
  pod?.status.phase === 'Running' ? pod.spec.nodeName : undefined;

/** Whole cores that the API says the node has. */
export const coresOf = (node: Node): number => Number(node.status.capacity.cpu);
