import type { Frame, PicturePod } from '../../frame';
import { byId, el, keyed } from './dom';
import type { State } from './state';

const HUES = [212, 148, 32, 282, 186, 92, 318, 60, 240, 350];

/** A colour for each workload, the same through the whole run: by the order in which they first appear. */
export class Workloads {
  readonly #places = new Map<string, number>();
  #read: { frames: readonly Frame[]; count: number } = { frames: [], count: 0 };

  constructor(private readonly state: State) {}

  render(): void {
    const { frames, frame } = this.state;
    if (this.#read.frames !== frames) {
      this.#places.clear();
      this.#read = { frames, count: 0 };
    }
    for (const { picture } of frames.slice(this.#read.count)) {
      for (const { workload } of podsOf(picture)) {
        if (!this.#places.has(workload)) this.#places.set(workload, this.#places.size);
      }
    }
    this.#read.count = frames.length;
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
