import type { Frame, PicturePod, RunHead } from '../../frame';
import { byId, el, keyed } from './dom';
import type { State } from './state';

const HUES = [212, 148, 32, 282, 186, 92, 318, 60, 240, 350];

/** A colour for each workload, the same through the whole run: by the order in which they first appear. */
export class Workloads {
  readonly #places = new Map<string, number>();
  #head: RunHead | undefined;
  /** Index of the first frame that was not read yet. */
  #next = 0;

  constructor(private readonly state: State) {}

  render(): void {
    const { head, frames, frame, first, last } = this.state;
    if (this.#head !== head) {
      this.#places.clear();
      this.#head = head;
      this.#next = first;
    }
    for (const { picture } of frames.slice(Math.max(0, this.#next - first))) {
      for (const { workload } of podsOf(picture)) {
        if (!this.#places.has(workload)) this.#places.set(workload, this.#places.size);
      }
    }
    this.#next = last + 1;
    const shown = frame ? [...new Set(podsOf(frame.picture).map(({ workload }) => workload))].sort() : [];
    keyed(
      byId('legend'),
      shown,
      (workload) => workload,
      (workload) => el('li', {}, el('i', { class: 'swatch' }), workload),
      (item, workload) => this.paint(item, workload),
    );
  }

  paint(element: HTMLElement, workload: string): void {
    const place = this.#places.get(workload) ?? 0;
    element.style.setProperty('--hue', String(HUES[place % HUES.length]));
  }
}

const podsOf = ({ nodes, pending }: Frame['picture']): PicturePod[] => [
  ...nodes.flatMap(({ pods }) => pods),
  ...pending,
];
