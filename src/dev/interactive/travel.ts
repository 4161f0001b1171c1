import type { PlayedTick } from '../../world/play';
import { KEPT_TICKS } from '../kept';

/** The last ticks, and the one that is looked at: the last, unless somebody went back. */
export class Travel {
  readonly #ticks: PlayedTick[] = [];
  /** Those that are kept no more. */
  #dropped = 0;
  /** Among those that are kept. */
  #index: number | undefined;

  add(tick: PlayedTick): void {
    this.#ticks.push(tick);
    if (this.#ticks.length <= KEPT_TICKS) return;
    this.#ticks.shift();
    this.#dropped += 1;
    // Who looks at the one that goes looks at the oldest then.
    if (this.#index !== undefined) this.#index = Math.max(0, this.#index - 1);
  }

  /** How many there were, with those that are kept no more. */
  get count(): number {
    return this.#dropped + this.#ticks.length;
  }

  get ticks(): readonly PlayedTick[] {
    return this.#ticks;
  }

  /** Undefined before the first tick. */
  get current(): PlayedTick | undefined {
    return this.#ticks[this.#index ?? this.#ticks.length - 1];
  }

  /** Somebody went back. */
  get isBack(): boolean {
    return this.#index !== undefined;
  }

  /** `2 of 31`; of the oldest one that is kept, that it is. */
  get position(): string {
    const position = `${this.#dropped + (this.#index ?? this.#ticks.length - 1) + 1} of ${this.count}`;
    return this.#index === 0 && this.#dropped > 0 ? `${position}, the oldest kept` : position;
  }

  back(): void {
    if (this.#ticks.length > 0) this.#index = Math.max(0, (this.#index ?? this.#ticks.length - 1) - 1);
  }

  forward(): void {
    if (this.#index === undefined) return;
    this.#index = this.#index + 1 < this.#ticks.length - 1 ? this.#index + 1 : undefined;
  }

  toEnd(): void {
    this.#index = undefined;
  }
}
