import { KEPT_TICKS } from '../../../kept';
import type { Frame, LoopState, PictureNode, PicturePod, Pushed, Run, RunHead } from '../../frame';

/** What a person can ask about. */
export interface Subject {
  kind: 'node' | 'pod' | 'pool';
  /** Of a pod `namespace/name`. */
  name: string;
}

export type Measure = 'cpu' | 'memory';

/** What the page shows, and of it what: everything that a part of the page reads. */
export class State {
  #run: Run = { head: { scenario: '', seed: 0, start: 0, artifact: '', cpu: { up: 0, down: 0 } }, frames: [] };
  /** Index of a frame; null: the last one, also when more come. */
  #at: number | null = null;
  #selected: Subject | null = null;
  #measure: Measure = 'cpu';
  #loop: LoopState | undefined;

  /** @param changed called after each change */
  constructor(private readonly changed: () => void) {}

  get head(): RunHead {
    return this.#run.head;
  }

  get frames(): readonly Frame[] {
    return this.#run.frames;
  }

  /** Whether the last tick is shown, whichever that is. */
  get follows(): boolean {
    return this.#at === null;
  }

  /** Index of the oldest tick that is kept. */
  get first(): number {
    return this.#run.frames[0]?.index ?? 0;
  }

  /** Index of the last tick; -1 where there is none yet. */
  get last(): number {
    return this.first + this.#run.frames.length - 1;
  }

  /** Index of the tick that is shown; -1 where there is none yet. */
  get at(): number {
    return this.#at ?? this.last;
  }

  get frame(): Frame | undefined {
    return this.#frameAt(this.at);
  }

  get selected(): Subject | null {
    return this.#selected;
  }

  get measure(): Measure {
    return this.#measure;
  }

  get loop(): LoopState | undefined {
    return this.#loop;
  }

  load(run: Run): void {
    this.#run = run;
    this.#keepInside();
    this.changed();
  }

  /** @returns false where frames before this one are missing: the run must be loaded anew */
  hear(pushed: Pushed): boolean {
    if (pushed.kind === 'state') this.#loop = pushed.state;
    else if (pushed.kind === 'reset') {
      this.#run = { head: pushed.head, frames: [] };
      this.#at = null;
      this.#selected = null;
    } else {
      const { head, frames } = this.#run;
      const { frame } = pushed;
      if (frame.index > this.last + 1) return false;
      if (frame.index < this.first) return true;
      frames[frame.index - this.first] = frame;
      if (frames.length > KEPT_TICKS) this.#run = { head, frames: frames.slice(-KEPT_TICKS) };
      this.#keepInside();
    }
    this.changed();
    return true;
  }

  /** Shows the tick at the position, or the nearest that there is; the last one is followed. */
  go(to: number): void {
    this.#at = to >= this.last ? null : Math.max(this.first, to);
    this.changed();
  }

  /** To the next tick, or the one before (-1), in which something was done. */
  goToDeed(direction: 1 | -1): void {
    for (let index = this.at + direction; index >= this.first && index <= this.last; index += direction) {
      if (this.#frameAt(index)?.actions.length) {
        this.go(index);
        return;
      }
    }
  }

  select(subject: Subject | null): void {
    this.#selected = subject;
    this.changed();
  }

  show(measure: Measure): void {
    this.#measure = measure;
    this.changed();
  }

  #frameAt(index: number): Frame | undefined {
    return this.#run.frames[index - this.first];
  }

  /** Who looks at a tick that is kept no more looks at the oldest then. */
  #keepInside(): void {
    if (this.#at !== null && this.#at < this.first) this.#at = this.first;
    if (this.#at !== null && this.#at >= this.last) this.#at = null;
  }
}

export const isSame = (one: Subject | null, other: Subject): boolean =>
  one?.kind === other.kind && one.name === other.name;

export const findNode = (frame: Frame, name: string): PictureNode | undefined =>
  frame.picture.nodes.find((node) => node.name === name);

/** The pod and the node that it is on; without the node where it is pending. */
export function findPod(frame: Frame, name: string): { pod: PicturePod; node?: PictureNode } | undefined {
  const pending = frame.picture.pending.find((pod) => pod.name === name);
  if (pending) return { pod: pending };
  for (const node of frame.picture.nodes) {
    const pod = node.pods.find((each) => each.name === name);
    if (pod) return { pod, node };
  }
  return undefined;
}
