import type { PlayedTick } from '../../world/play';

/** The ticks so far, and the one that is looked at: the last, unless somebody went back. */
export class Travel {
  readonly #ticks: PlayedTick[] = [];
  #index: number | undefined;

  add(tick: PlayedTick): void {
    this.#ticks.push(tick);
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

  /** `2 of 31`. */
  get position(): string {
    return `${(this.#index ?? this.#ticks.length - 1) + 1} of ${this.#ticks.length}`;
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
