/** Of the busy time, what the kernel takes. */
const SYSTEM_SHARE = 0.05;

/** Busy and idle core-seconds of one machine, integrated exactly between changes of its load. */
export class CpuMeter {
  #since: number;
  #busyCores = 0;
  #busySeconds = 0;
  #idleSeconds = 0;

  /** @param start when the machine began to count, milliseconds */
  constructor(
    readonly cores: number,
    start: number,
  ) {
    this.#since = start;
  }

  /** From `at` on this many cores are busy, at most all. */
  set(at: number, busyCores: number): void {
    this.#accrue(at);
    this.#busyCores = Math.min(this.cores, Math.max(0, busyCores));
  }

  /** `node_cpu_seconds_total` of each core by mode, as of `at`; the load lies evenly on all cores. */
  seconds(at: number): { idle: number; system: number; user: number } {
    this.#accrue(at);
    const busy = this.#busySeconds / this.cores;
    return { idle: this.#idleSeconds / this.cores, system: busy * SYSTEM_SHARE, user: busy * (1 - SYSTEM_SHARE) };
  }

  #accrue(at: number): void {
    const seconds = Math.max(0, at - this.#since) / 1000;
    this.#busySeconds += seconds * this.#busyCores;
    this.#idleSeconds += seconds * (this.cores - this.#busyCores);
    this.#since = Math.max(this.#since, at);
  }
}
