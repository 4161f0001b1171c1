import { randomUUID } from 'node:crypto';
import { KEPT_TICKS } from '../kept';
import type { Frame, LoopState, Pushed, RunHead } from './frame';

/** How far a listener has come. */
interface Place {
  /** Which of the runs. */
  run: number;
  /** So many frames of it, with those that are kept no more. */
  frames: number;
}

/** An event of the stream; `id` is where its listener stands after it. */
export interface Told {
  id: string;
  data: string;
}

/**
 * All that the page is told: the last frames of the run that goes on, and how the loop stands. A listener is given what it
 * lacks whenever it is ready for more, so that a slow one keeps nothing waiting in memory.
 */
export class Telling {
  /** Ids of another server, which listened on this port before, lead nowhere here. */
  readonly #server = randomUUID();
  #run = 0;
  #head: RunHead;
  /** As JSON: most of them are never looked at again, and text is far smaller than objects. */
  #frames: string[] = [];
  /** Those that are kept no more. */
  #dropped = 0;
  #state: LoopState;
  #listeners = new Set<() => void>();

  constructor(head: RunHead, state: LoopState) {
    this.#head = head;
    this.#state = state;
  }

  get state(): LoopState {
    return this.#state;
  }

  push(frame: Frame): void {
    if (frame.index !== this.#count) {
      throw new Error(`frame ${frame.index} was pushed where ${this.#count} is next; call reset for a new run`);
    }
    this.#frames.push(JSON.stringify(frame));
    if (this.#frames.length > KEPT_TICKS) {
      this.#frames.shift();
      this.#dropped += 1;
    }
    this.#wake();
  }

  reset(head: RunHead): void {
    this.#run += 1;
    this.#head = head;
    this.#frames = [];
    this.#dropped = 0;
    this.#wake();
  }

  tell(state: LoopState): void {
    this.#state = state;
    this.#wake();
  }

  /** A `Run`, as JSON. */
  run(): string {
    return `{"head":${JSON.stringify(this.#head)},"frames":[${this.#frames.join(',')}]}`;
  }

  /**
   * Endless; each item is told before the next is asked for.
   *
   * @param lastId where the listener stood when it was cut off; undefined: it has just asked for the run. Then it is told
   *   the last frame again, by which it can see that it lacks some.
   */
  async *follow(lastId: string | undefined, signal: AbortSignal): AsyncGenerator<Told> {
    let place = this.#placeOf(lastId);
    let state: LoopState | undefined;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      if (place.run !== this.#run) {
        place = { run: this.#run, frames: 0 };
        yield this.#told(place, { kind: 'reset', head: this.#head });
      } else if (state !== this.#state) {
        state = this.#state;
        yield this.#told(place, { kind: 'state', state });
      } else if (place.frames < this.#count) {
        // Of what is kept no more a slow listener, or one that was cut off for long, hears nothing: it sees the gap.
        const next = Math.max(place.frames, this.#dropped);
        const frame = this.#frames[next - this.#dropped] as string;
        place = { ...place, frames: next + 1 };
        yield { id: this.#idOf(place), data: `{"kind":"frame","frame":${frame}}` };
      } else await this.#changed();
    }
  }

  get #count(): number {
    return this.#dropped + this.#frames.length;
  }

  #told(place: Place, pushed: Pushed): Told {
    return { id: this.#idOf(place), data: JSON.stringify(pushed) };
  }

  #idOf({ run, frames }: Place): string {
    return `${this.#server}/${run}/${frames}`;
  }

  #placeOf(id: string | undefined): Place {
    if (id === undefined) return { run: this.#run, frames: Math.max(0, this.#count - 1) };
    const [server, run, frames] = id.split('/');
    const place = { run: Number(run), frames: Number(frames) };
    const isKnown = server === this.#server && place.run === this.#run && place.frames <= this.#count;
    // Of anything else it is told that a new run began.
    return isKnown && Number.isInteger(place.frames) && place.frames >= 0 ? place : { run: -1, frames: 0 };
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#listeners.add(resolve));
  }

  #wake(): void {
    const listeners = this.#listeners;
    this.#listeners = new Set();
    for (const resolve of listeners) resolve();
  }
}
