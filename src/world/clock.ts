import type { VirtualClock } from './contract';

interface Due {
  at: number;
  order: number;
  run: () => void;
  cancelled: boolean;
}

/** Earlier first; of two at one time, the one that was scheduled first. */
const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A clock that moves only when it is told to, over a binary heap of what is due. */
export class Clock implements VirtualClock {
  #now: number;
  #order = 0;
  readonly #heap: Due[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** A time that has passed already means "as soon as the clock is advanced". */
  schedule(at: number, run: () => void): () => void {
    const due: Due = { at: Math.max(at, this.#now), order: this.#order++, run, cancelled: false };
    this.#push(due);
    return () => {
      due.cancelled = true;
    };
  }

  /** What is scheduled by what runs is run too, when it is due by `at`. */
  advanceTo(at: number, until: () => boolean = () => false): void {
    if (until()) return;
    for (let next = this.#heap[0]; next && next.at <= at; next = this.#heap[0]) {
      this.#pop();
      if (next.cancelled) continue;
      this.#now = Math.max(this.#now, next.at);
      next.run();
      if (until()) return;
    }
    this.#now = Math.max(this.#now, at);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let child = heap.push(due) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!before(due, heap[parent] as Due)) break;
      heap[child] = heap[parent] as Due;
      child = parent;
    }
    heap[child] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Due, heap[child] as Due)) child++;
      if (!before(heap[child] as Due, last)) break;
      heap[parent] = heap[child] as Due;
      parent = child;
    }
    heap[parent] = last;
  }
}
