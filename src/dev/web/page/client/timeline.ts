import { button, byId, el, mark, say } from './dom';
import type { State } from './state';
import { clockOf, momentOf } from './words';

/** Where in the run we are: a scrubber, buttons, and keys that work wherever the focus is. */
export class Timeline {
  readonly #slider = el('input', { type: 'range', min: '0', step: '1', 'aria-label': 'Tick' });
  readonly #clock = el('time', { class: 'clock' });
  readonly #position = el('span', { class: 'position' });
  readonly #last: HTMLButtonElement;

  constructor(private readonly state: State) {
    this.#slider.addEventListener('input', () => state.go(Number(this.#slider.value)));
    this.#last = button('Last', () => state.go(Number.POSITIVE_INFINITY), {
      title: 'The last tick, and those to come (End)',
    });
    byId('ticks').append(
      this.#clock,
      button('⇤', () => state.goToDeed(-1), { 'aria-label': 'Previous action', title: 'Previous action (Shift ←)' }),
      button('←', () => state.go(state.at - 1), { 'aria-label': 'Previous tick', title: 'Previous tick (←)' }),
      this.#slider,
      button('→', () => state.go(state.at + 1), { 'aria-label': 'Next tick', title: 'Next tick (→)' }),
      button('⇥', () => state.goToDeed(1), { 'aria-label': 'Next action', title: 'Next action (Shift →)' }),
      this.#last,
      this.#position,
    );
    addEventListener('keydown', (event) => this.#key(event));
  }

  render(): void {
    const { frame, first, last, at, follows, head } = this.state;
    const position = `tick ${at + 1} of ${last + 1}${at === first && first > 0 ? ', the oldest kept' : ''}`;
    say(byId('scenario'), head.scenario === '' ? '' : `${head.scenario}, seed ${head.seed}`);
    document.title = head.scenario === '' ? 'k3s-autoscaler' : `${head.scenario} – k3s-autoscaler`;
    this.#slider.min = String(first);
    this.#slider.max = String(Math.max(0, last));
    this.#slider.value = String(Math.max(0, at));
    mark(
      this.#slider,
      'aria-valuetext',
      frame ? `${clockOf(frame.at)}, ${position}, ${frame.decision.code}` : 'no tick yet',
    );
    say(this.#clock, frame ? clockOf(frame.at) : '--:--:--');
    if (frame) mark(this.#clock, 'datetime', momentOf(frame.at));
    mark(this.#clock, 'title', frame ? momentOf(frame.at) : false);
    say(this.#position, position);
    mark(this.#last, 'aria-pressed', String(follows));
  }

  #key(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLElement && event.target.matches('select, input:not([type=range])');
    if (isTyping || event.altKey || event.ctrlKey || event.metaKey) return;
    const { state } = this;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => (event.shiftKey ? state.goToDeed(-1) : state.go(state.at - 1)),
      ArrowRight: () => (event.shiftKey ? state.goToDeed(1) : state.go(state.at + 1)),
      Home: () => state.go(0),
      End: () => state.go(Number.POSITIVE_INFINITY),
      Escape: () => state.select(null),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }
}
