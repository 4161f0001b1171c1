import type { Resources } from '../../snapshot';

/**
 * What kube-scheduler takes for free on each node by its position, pods that ask for nothing counted with its default;
 * in arrays of numbers, as thousands of nodes are looked through for every pod.
 */
export class FreeShares {
  readonly #cpu: number[] = [];
  readonly #memory: number[] = [];
  /** Of one millicore and of one byte, in points of a hundred, half of them for each. */
  readonly #perCpu: number[] = [];
  readonly #perMemory: number[] = [];

  add(cpuMilli: number, memoryBytes: number, size: Resources): void {
    this.#cpu.push(cpuMilli);
    this.#memory.push(memoryBytes);
    this.#perCpu.push(50 / Math.max(1, size.cpuMilli));
    this.#perMemory.push(50 / Math.max(1, size.memoryBytes));
  }

  drop(): void {
    for (const column of [this.#cpu, this.#memory, this.#perCpu, this.#perMemory]) column.pop();
  }

  take(index: number, cpuMilli: number, memoryBytes: number): void {
    this.#cpu[index] = (this.#cpu[index] as number) - cpuMilli;
    this.#memory[index] = (this.#memory[index] as number) - memoryBytes;
  }

  /** Of the node, once so much more is asked of it. */
  freeShare(index: number, cpuMilli: number, memoryBytes: number): number {
    const cpu = (this.#cpu[index] as number) - cpuMilli;
    const memory = (this.#memory[index] as number) - memoryBytes;
    return (
      (cpu > 0 ? cpu * (this.#perCpu[index] as number) : 0) +
      (memory > 0 ? memory * (this.#perMemory[index] as number) : 0)
    );
  }
}
