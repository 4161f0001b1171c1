import type { RuntimeConfig } from '../config/runtime';
import type { History, Shape } from './history';
import { hourlyOf, type Machine, sizeOf } from './machines';
import { Load, type SimNode, type SimPod, weightOf } from './pods';

/** From RunInstances to Ready: 20 s launch and 40 s boot, as the simulated world has them. */
export const BOOT_MS = 60_000;
/** Older than any age that a policy asks for. */
const OLD_MS = 24 * 3600_000;

/** The workers that a policy has, and the pods that the history asks it to run. */
export class Fleet {
  readonly nodes: SimNode[] = [];
  /** Without a place, the longest waiting first. */
  waiting: SimPod[] = [];
  /** Signs of what was done, in order: a launch is 1, a removal −1. */
  readonly deeds: number[] = [];
  launches = 0;
  removals = 0;

  private readonly running: SimPod[][];
  private serial = 0;
  /** Nothing that waits can have got room since it was tried last. */
  private isSettled = true;
  private steppedAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly history: Pick<History, 'shapes' | 'counts' | 'daemons'>,
    readonly config: RuntimeConfig,
  ) {
    this.running = history.shapes.map(() => []);
  }

  /** Base workers, there since long ago. */
  addBase(at: number): void {
    const { count, instanceType } = this.config.baseWorkers;
    for (let i = 0; i < count; i++)
      this.add({ type: instanceType, market: 'on-demand' }, 'base', at - OLD_MS, at - OLD_MS);
  }

  /** A worker that is there since long ago. */
  addOld(machine: Machine, at: number): SimNode {
    return this.add(machine, 'worker', at - OLD_MS, at - OLD_MS);
  }

  launch(machine: Machine, at: number, zone?: string): SimNode {
    this.launches += 1;
    this.deeds.push(1);
    return this.add(machine, 'worker', at, at + BOOT_MS, zone);
  }

  /** Its pods wait anew, as their successors would; from now on it is not paid for. */
  end(node: SimNode, at: number): void {
    this.evict(node, at);
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.removals += 1;
    this.deeds.push(-1);
  }

  cordon(node: SimNode, isCordoned: boolean): void {
    node.isCordoned = isCordoned;
    this.isSettled &&= isCordoned;
  }

  evict(node: SimNode, at: number): void {
    for (const pod of [...node.pods]) {
      this.take(pod, node);
      const running = this.running[pod.shape] as SimPod[];
      running.splice(running.indexOf(pod), 1, this.make(pod.shape, at));
    }
  }

  /** Pods come and go as the history tells of this step, and those that wait are placed. */
  step(index: number, at: number): void {
    this.history.counts.forEach((column, shape) => {
      const pods = this.running[shape] as SimPod[];
      const wanted = column[index] as number;
      while (pods.length < wanted) pods.push(this.make(shape, at));
      // A ReplicaSet ends those first that have no node, and of the others the newest.
      while (pods.length > wanted) this.drop(pods);
    });
    if (this.nodes.some(({ readyAt }) => readyAt > this.steppedAt && readyAt <= at)) this.isSettled = false;
    this.steppedAt = at;
    if (!this.isSettled) this.place(at);
  }

  /** Tells each node how busy it is. @param cores of the step; NaN: not known */
  measure(cores: number, at: number): void {
    const all = this.running.reduce(
      (sum, pods, shape) => sum + pods.length * weightOf(this.history.shapes[shape] as Shape),
      0,
    );
    for (const node of this.nodes) {
      if (node.readyAt > at) continue;
      const share = all === 0 ? 0 : Math.min(1, (cores * node.weight) / all / node.cores);
      node.load.tell(Number.isNaN(cores) ? undefined : share);
    }
  }

  /** Pods that are placed, for who has to see them all. */
  get placed(): SimPod[] {
    return this.running.flat().filter(({ node }) => node !== undefined);
  }

  private make(shape: number, at: number): SimPod {
    this.serial += 1;
    const pod = { id: this.serial, shape, since: at };
    this.waiting.push(pod);
    this.isSettled = false;
    return pod;
  }

  private drop(pods: SimPod[]): void {
    const unplaced = pods.findLastIndex(({ node }) => node === undefined);
    const [pod] = pods.splice(unplaced === -1 ? pods.length - 1 : unplaced, 1) as [SimPod];
    if (pod.node) this.take(pod, pod.node);
    else this.waiting.splice(this.waiting.indexOf(pod), 1);
  }

  private place(at: number): void {
    this.isSettled = true;
    const open = this.nodes.filter((node) => node.readyAt <= at && !node.isCordoned);
    const stuck = new Set<number>();
    this.waiting = this.waiting.filter((pod) => {
      if (stuck.has(pod.shape)) return true;
      const node = this.best(open, this.history.shapes[pod.shape] as Shape);
      if (node) this.put(pod, node);
      else stuck.add(pod.shape);
      return node === undefined;
    });
  }

  /** The emptiest that holds it, as kube-scheduler's LeastAllocated has it; the first of equals. */
  private best(open: readonly SimNode[], { cpuMilli, memoryBytes }: Shape): SimNode | undefined {
    let best: SimNode | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const node of open) {
      const { free, size } = node;
      if (free.cpuMilli < cpuMilli || free.memoryBytes < memoryBytes || free.pods < 1) continue;
      const score = (free.cpuMilli - cpuMilli) / size.cpuMilli + (free.memoryBytes - memoryBytes) / size.memoryBytes;
      if (score > most) [best, most] = [node, score];
    }
    return best;
  }

  private put(pod: SimPod, node: SimNode): void {
    pod.node = node;
    node.pods.add(pod);
    this.weigh(pod, node, 1);
  }

  private take(pod: SimPod, node: SimNode): void {
    node.pods.delete(pod);
    delete pod.node;
    this.weigh(pod, node, -1);
    this.isSettled = false;
  }

  private weigh({ shape }: SimPod, node: SimNode, sign: 1 | -1): void {
    const asked = this.history.shapes[shape] as Shape;
    node.free.cpuMilli -= sign * asked.cpuMilli;
    node.free.memoryBytes -= sign * asked.memoryBytes;
    node.free.pods -= sign;
    node.weight += sign * weightOf(asked);
  }

  private add(machine: Machine, role: SimNode['role'], launchedAt: number, readyAt: number, zone?: string): SimNode {
    const { daemons } = this.history;
    const whole = sizeOf(machine.type, this.config);
    const size = {
      cpuMilli: whole.cpuMilli - daemons.cpuMilli,
      memoryBytes: whole.memoryBytes - daemons.memoryBytes,
      pods: whole.pods - 1,
    };
    this.serial += 1;
    const node: SimNode = {
      id: `i-${this.serial.toString(16).padStart(17, '0')}`,
      role,
      ...(machine.pool !== undefined && { pool: machine.pool }),
      type: machine.type,
      market: machine.market,
      zone: zone ?? this.emptiestZone(),
      usdPerHour: hourlyOf(machine, this.config),
      cores: whole.cpuMilli / 1000,
      launchedAt,
      readyAt,
      isCordoned: false,
      free: { ...size },
      size,
      pods: new Set(),
      weight: 0,
      load: new Load(),
    };
    this.nodes.push(node);
    this.isSettled = false;
    return node;
  }

  private emptiestZone(): string {
    const load = (zone: string): number => this.nodes.filter((node) => node.zone === zone).length;
    return [...this.config.zones].sort((a, b) => load(a) - load(b))[0] as string;
  }
}
