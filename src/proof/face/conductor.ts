import type { VirtualClock } from '../../world/contract';

interface Step {
  at: number;
  order: number;
  run: () => void;
}

/** Something that computes between its steps: an invocation. */
export interface Player {
  /** It waits for a step, or has come to its end, so that the next step may be taken. */
  readonly isStill: boolean;
}

/**
 * Takes the steps of all invocations in one order: the earliest first, of two at one instant the one that was planned
 * first. Before each step the world is moved to its instant; after it everybody computes until they wait again. So a
 * run is a function of its seed: no thread, socket or timer has a say.
 */
export class Conductor {
  readonly #steps: Step[] = [];
  readonly #players = new Set<Player>();
  #order = 0;

  constructor(readonly clock: VirtualClock) {}

  now(): number {
    return this.clock.now();
  }

  /** A time that has passed means now. */
  at(time: number, run: () => void): void {
    const step = { at: Math.max(time, this.clock.now()), order: this.#order++, run };
    let place = this.#steps.length;
    while (place > 0 && (this.#steps[place - 1] as Step).at > step.at) place--;
    this.#steps.splice(place, 0, step);
  }

  join(player: Player): void {
    this.#players.add(player);
  }

  leave(player: Player): void {
    this.#players.delete(player);
  }

  async runUntil(time: number): Promise<void> {
    await this.#settle();
    for (let next = this.#next(time); next; next = this.#next(time)) {
      this.#steps.shift();
      next.run();
      await this.#settle();
    }
  }

  /** Moves the world to the next step, or to the end; a change of the world on the way may plan an earlier one. */
  #next(end: number): Step | undefined {
    for (;;) {
      const next = this.#steps[0];
      this.clock.advanceTo(Math.min(next?.at ?? end, end), () => this.#steps[0] !== next);
      if (this.#steps[0] === next) return next && next.at <= end ? next : undefined;
    }
  }

  async #settle(): Promise<void> {
    do await new Promise(setImmediate);
    while ([...this.#players].some((player) => !player.isStill));
  }
}
