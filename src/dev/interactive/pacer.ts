import { aborted } from '../aborted';
/** What real time there is; injected. */
export interface RealTime {
  /** Milliseconds that only grow. */
  now(): number;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const SLOWEST = 1;
const FASTEST = 3840;

/** How fast the world's time passes: faster, slower, or not at all, changed while somebody waits. */
export class Pacer {
  #isPaused = false;
  #hurried = false;
  #change = new AbortController();

  /** @param speed virtual seconds in a second */
  constructor(
    private readonly time: RealTime,
    private speedNow: number,
  ) {}

  get speed(): number {
    return this.speedNow;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  faster(): void {
    this.setSpeed(this.speedNow * 2);
  }

  slower(): void {
    this.setSpeed(this.speedNow / 2);
  }

  setSpeed(speed: number): void {
    this.speedNow = Math.min(FASTEST, Math.max(SLOWEST, speed));
    this.#changed();
  }

  pause(): void {
    this.#isPaused = true;
    this.#changed();
  }

  resume(): void {
    this.#isPaused = false;
    this.#changed();
  }

  /** Whoever waits now gets what has passed so far: there is something to do. */
  hurry(): void {
    this.#hurried = true;
    this.#changed();
  }

  /**
   * Waits until so much virtual time has passed, or less where something changed meanwhile.
   *
   * @returns virtual milliseconds that have passed
   */
  async pass(virtualMs: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#hurried) {
        this.#hurried = false;
        return 0;
      }
      const either = AbortSignal.any([signal, this.#change.signal]);
      if (!this.#isPaused) return this.#run(virtualMs, either);
      await aborted(either);
    }
  }

  async #run(virtualMs: number, either: AbortSignal): Promise<number> {
    const began = this.time.now();
    const speed = this.speedNow;
    await this.time.sleep(virtualMs / speed, either);
    this.#hurried = false;
    if (!either.aborted) return virtualMs;
    return Math.min(virtualMs, Math.floor((this.time.now() - began) * speed));
  }

  #changed(): void {
    const change = this.#change;
    this.#change = new AbortController();
    change.abort();
  }
}
