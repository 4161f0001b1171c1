import type { PictureNode, PicturePod } from '../../frame';
import { button, byId, el, keyed, mark, say } from './dom';
import { pack } from './pack';
import { podButtons } from './pod-buttons';
import { isSame, type Measure, type State } from './state';
import { countOf, cpuOf, memoryOf, STATE_WORDS } from './words';
import type { Workloads } from './workloads';

/** About that of a card: only the shape of the blocks depends on it. */
const RATIO = 3.4;

/** Share of a pod that asks for nothing, so that it can be seen and picked too. */
const LEAST = 0.015;

const ROLES: PictureNode['role'][] = ['server', 'base', 'worker', 'foreign'];

/** Nodes as cards, and in each its pods: as much of the area as they take of the node. */
export class Nodes {
  readonly #pools = el('div', { role: 'group', 'aria-label': 'Pools' });
  readonly #measures: [Measure, HTMLButtonElement][];

  constructor(
    private readonly state: State,
    private readonly workloads: Workloads,
  ) {
    this.#measures = [
      ['cpu', button('CPU', () => state.show('cpu'))],
      ['memory', button('Memory', () => state.show('memory'))],
    ];
    const label = 'Blocks are as large as the pods ask for';
    byId('choices').append(
      this.#pools,
      el('div', { role: 'group', 'aria-label': label, class: 'choice' }, ...this.#measures.map(([, choice]) => choice)),
    );
  }

  render(): void {
    const { frame, measure, selected } = this.state;
    for (const [name, choice] of this.#measures) mark(choice, 'aria-pressed', String(name === measure));
    const nodes = [...(frame?.picture.nodes ?? [])].sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
    keyed(
      byId('nodes'),
      nodes,
      ({ instance, name }) => instance ?? name,
      () => el('li', { class: 'node' }, ...partsOfCard()),
      (card, node) => this.#draw(card, node),
    );
    keyed(
      this.#pools,
      Object.keys(frame?.pools ?? {}).sort(),
      (name) => name,
      (name) => button(`pool ${name}`, () => this.state.select({ kind: 'pool', name })),
      (element, name) => mark(element, 'aria-pressed', String(isSame(selected, { kind: 'pool', name }))),
    );
  }

  #draw(card: HTMLElement, node: PictureNode): void {
    const { name, state, pods } = node;
    const [title, about, area, used] = [...card.children] as [HTMLButtonElement, HTMLElement, HTMLElement, HTMLElement];
    const [label, chip] = [...title.children] as [HTMLElement, HTMLElement];
    title.onclick = () => this.state.select({ kind: 'node', name });
    say(label, name);
    say(chip, STATE_WORDS[state]);
    mark(card, 'data-state', state);
    mark(title, 'aria-pressed', String(isSame(this.state.selected, { kind: 'node', name })));
    mark(title, 'title', name);
    const market = node.market === 'spot' ? ['spot'] : [];
    say(about, [node.pool ?? node.role, node.type, ...market, node.zone].join(' · '));
    say(used, usedOf(node, this.state.measure));
    const whole = this.state.measure === 'cpu' ? node.cpuMilli : node.memoryBytes;
    const sorted = sortedBySize(pods, this.state.measure);
    const boxes = pack(
      sorted.map((pod) => (whole === 0 ? 0 : Math.max(LEAST, sizeIn(pod, this.state.measure) / whole))),
      RATIO,
    );
    mark(area, 'aria-label', `Pods on ${name}`);
    podButtons(area, sorted, { state: this.state, workloads: this.workloads }, tailOf, (element, index) => {
      const box = boxes[index];
      if (box) for (const [side, share] of Object.entries(box)) element.style.setProperty(side, `${share * 100}%`);
    });
  }
}

const partsOfCard = (): HTMLElement[] => [
  el('button', { type: 'button', class: 'title' }, el('span', { class: 'name' }), ' ', el('span', { class: 'chip' })),
  el('p', { class: 'about' }),
  el('div', { class: 'area', role: 'group' }),
  el('p', { class: 'used' }),
];

/** The part of a pod's name that tells it from others of its workload; the colour tells the workload. */
const tailOf = (name: string): string => name.slice(name.lastIndexOf('-') + 1);

const sizeIn = (pod: PicturePod, measure: Measure): number => (measure === 'cpu' ? pod.cpuMilli : pod.memoryBytes);

/** Those of one workload beside each other, the larger first, so that blocks stay where they are. */
const sortedBySize = (pods: readonly PicturePod[], measure: Measure): PicturePod[] =>
  [...pods].sort(
    (a, b) =>
      sizeIn(b, measure) - sizeIn(a, measure) ||
      a.workload.localeCompare(b.workload) ||
      a.name.localeCompare(b.name, undefined, { numeric: true }),
  );

function usedOf({ state, pods, cpuMilli, memoryBytes }: PictureNode, measure: Measure): string {
  if (cpuMilli === 0) return STATE_WORDS[state];
  const used = pods.reduce((sum, pod) => sum + sizeIn(pod, measure), 0);
  const whole = measure === 'cpu' ? cpuMilli : memoryBytes;
  const tell = measure === 'cpu' ? cpuOf : memoryOf;
  const percent = whole === 0 ? 0 : Math.round((used / whole) * 100);
  return `${countOf(pods.length, 'pod')}, ${percent} % requested, ${tell(Math.max(0, whole - used))} free`;
}
