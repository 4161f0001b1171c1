import type { Resources } from '../../snapshot';

/**
 * What kube-scheduler takes for free on each node by its position, pods that ask for nothing counted with its default:
 * in arrays of numbers, as thousands of nodes are looked through for every pod.
 */
export class FreeShares {
  #cpu = new Float64Array(64);
  #memory = new Float64Array(64);
  /** Of one millicore and of one byte, in points of a hundred, half of them for each. */
  #perCpu = new Float64Array(64);
  #perMemory = new Float64Array(64);
  #length = 0;

  add(cpuMilli: number, memoryBytes: number, size: Resources): void {
    if (this.#length === this.#cpu.length) this.#grow();
    const index = this.#length;
    this.#length += 1;
    this.#cpu[index] = cpuMilli;
    this.#memory[index] = memoryBytes;
    this.#perCpu[index] = 50 / Math.max(1, size.cpuMilli);
    this.#perMemory[index] = 50 / Math.max(1, size.memoryBytes);
  }

  drop(): void {
    this.#length -= 1;
  }

  take(index: number, cpuMilli: number, memoryBytes: number): void {
    this.#cpu[index] = (this.#cpu[index] as number) - cpuMilli;
    this.#memory[index] = (this.#memory[index] as number) - memoryBytes;
  }

  /** The node has so much more of memory, and by it so much in all. */
  enlarge(index: number, memoryBytes: number, size: number): void {
    this.take(index, 0, -memoryBytes);
    this.#perMemory[index] = 50 / Math.max(1, size);
  }

  /** Of the node, once so much more is asked of it. */
  of(index: number, cpuMilli: number, memoryBytes: number): number {
    const cpu = (this.#cpu[index] as number) - cpuMilli;
    const memory = (this.#memory[index] as number) - memoryBytes;
    return (
      (cpu > 0 ? cpu * (this.#perCpu[index] as number) : 0) +
      (memory > 0 ? memory * (this.#perMemory[index] as number) : 0)
    );
  }

  /** The first position from `start` on whose share will be above `least`; -1: there is none. */
  firstAbove(least: number, start: number, cpuMilli: number, memoryBytes: number): number {
    const cpus = this.#cpu;
    const memories = this.#memory;
    const perCpu = this.#perCpu;
    const perMemory = this.#perMemory;
    for (let i = start; i < this.#length; i += 1) {
      const cpu = (cpus[i] as number) - cpuMilli;
      const memory = (memories[i] as number) - memoryBytes;
      const share = (cpu > 0 ? cpu * (perCpu[i] as number) : 0) + (memory > 0 ? memory * (perMemory[i] as number) : 0);
      if (share > least) return i;
    }
    return -1;
  }

  #grow(): void {
    this.#cpu = doubled(this.#cpu);
    this.#memory = doubled(this.#memory);
    this.#perCpu = doubled(this.#perCpu);
    this.#perMemory = doubled(this.#perMemory);
  }
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * column.length);
  larger.set(column);
  return larger;
}
