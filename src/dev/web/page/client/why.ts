import type { Frame } from '../../frame';
import { button, byId, el, keyed, leading, mark, say } from './dom';
import { sizeOf } from './pod-buttons';
import { findNode, findPod, type State, type Subject } from './state';
import { type Chapter, saidOf, storyOf } from './story';
import { clockOf, cpuOf, memoryOf, STATE_WORDS, usdOf } from './words';

const WORDS: Record<Subject['kind'], string> = { node: 'Node', pod: 'Pod', pool: 'Pool' };

/** What is said of the node, the pod or the pool that was picked, and what was said of it before. */
export class Why {
  readonly #title = el('h2', { id: 'why-title' });
  readonly #about = el('p', { class: 'about' });
  readonly #code = el('span', { class: 'code' });
  readonly #text = el('span');
  readonly #story = el('ol', { class: 'plain story', 'aria-label': 'What was said before' });
  readonly #before = el('h3', {}, 'Before');

  constructor(private readonly state: State) {
    const close = button('Close', () => state.select(null), { title: 'Close (Esc)', class: 'close' });
    byId('why').append(
      el('div', { class: 'bar' }, this.#title, close),
      this.#about,
      el('p', { class: 'said', 'aria-live': 'polite' }, this.#code, ' ', this.#text),
      this.#before,
      this.#story,
    );
  }

  render(): void {
    const { selected, frame, frames, at } = this.state;
    mark(byId('why'), 'data-open', selected !== null);
    const chapters = selected ? storyOf(frames, at, selected) : [];
    const said = selected && frame ? saidOf(frame, selected) : undefined;
    say(this.#title, selected ? `${WORDS[selected.kind]} ${selected.name}` : 'Why?');
    say(this.#about, selected && frame ? aboutOf(frame, selected) : '');
    say(this.#code, said?.code ?? '');
    say(this.#text, textOf(selected, frame, said?.text));
    const before = said ? chapters.slice(1) : chapters;
    this.#before.hidden = before.length === 0;
    keyed(
      this.#story,
      before,
      ({ from }) => String(from),
      ({ from, at: began }) => leading(clockOf(began), () => this.state.go(from)),
      (item, { said: was }: Chapter) => {
        const [, code, text] = [...item.children];
        if (code) say(code, was.code);
        if (text) say(text, was.text);
      },
    );
  }
}

function textOf(selected: Subject | null, frame: Frame | undefined, text: string | undefined): string {
  if (selected === null)
    return 'Pick a node, a pod or a pool: here stands why it is there, why it waits or why it stays.';
  if (text !== undefined) return text;
  if (frame !== undefined && isNotJudged(frame, selected))
    return selected.kind === 'pod'
      ? 'It runs: only pods that wait are judged.'
      : 'Its instance has no node in the cluster at this tick: only nodes are judged.';
  return 'Nothing was said of it at this tick.';
}

/** One that runs, and an instance that has not joined yet or has left: nobody asks why of them. */
const isNotJudged = (frame: Frame, { kind, name }: Subject): boolean =>
  kind === 'pod' ? findPod(frame, name)?.node !== undefined : kind === 'node' && findNode(frame, name)?.cpuMilli === 0;

function aboutOf(frame: Frame, { kind, name }: Subject): string {
  if (kind === 'pool') return '';
  if (kind === 'node') {
    const node = findNode(frame, name);
    if (node === undefined) return 'It is not there at this tick.';
    const offers = node.cpuMilli > 0 ? [`${cpuOf(node.cpuMilli)}, ${memoryOf(node.memoryBytes)} for pods`] : [];
    const { instance, pool, type, market, zone, state, usdPerHour } = node;
    return [
      STATE_WORDS[state],
      ...(instance && instance !== name ? [instance] : []),
      pool ?? node.role,
      type,
      market,
      zone,
      usdOf(usdPerHour),
      ...offers,
    ].join(' · ');
  }
  const found = findPod(frame, name);
  if (found === undefined) return 'It is not there at this tick.';
  const { pod, node } = found;
  return [pod.workload, sizeOf(pod), pod.phase, node ? `on ${node.name}` : 'on no node'].join(' · ');
}
