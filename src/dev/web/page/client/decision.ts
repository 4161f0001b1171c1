import { deedOf } from './chart-data';
import { byId, el, keyed, leading, mark, say } from './dom';
import type { State } from './state';
import { clockOf } from './words';

/** What the tick decided and did, and the ticks in which something was done. */
export class Decision {
  readonly #title = el('h2', { id: 'decision-title' }, 'Decision');
  readonly #code = el('span', { class: 'code' });
  readonly #text = el('span');
  readonly #hold = el('p', { class: 'hold' });
  readonly #actions = el('ul', { class: 'actions', 'aria-label': 'What it did' });
  readonly #deeds = el('ol', { class: 'plain story', 'aria-labelledby': 'done-title' });

  constructor(private readonly state: State) {
    byId('decision').append(
      this.#title,
      el('p', { class: 'said' }, this.#code, ' ', this.#text),
      this.#hold,
      this.#actions,
    );
    byId('done').append(el('h2', { id: 'done-title' }, 'What was done'), this.#deeds);
  }

  render(): void {
    const { frame, frames, at } = this.state;
    say(this.#title, frame ? `Decision at ${clockOf(frame.at)} (${frame.trigger})` : 'Decision');
    say(this.#code, frame?.decision.code ?? '');
    say(this.#text, frame?.decision.text ?? 'There is no tick yet.');
    this.#hold.hidden = !frame?.hold;
    say(this.#hold, frame?.hold ? `Removals are held. ${frame.hold.code}: ${frame.hold.text}` : '');
    this.#actions.hidden = !frame?.actions.length;
    keyed(
      this.#actions,
      [...new Set(frame?.actions)],
      (action) => action,
      (action) => el('li', {}, action),
      () => undefined,
    );
    const deeds = frames.filter(({ actions }) => actions.length > 0).reverse();
    byId('done').hidden = deeds.length === 0;
    keyed(
      this.#deeds,
      deeds,
      ({ index, at: moment }) => `${index} ${moment}`,
      ({ index, at: moment }) => leading(clockOf(moment), () => this.state.go(index)),
      (item, deed) => {
        const [time, code, text] = [...item.children];
        if (time) mark(time, 'aria-current', deed.index === at ? 'step' : false);
        mark(item, 'data-deed', deedOf(deed) ?? false);
        if (code) say(code, deed.decision.code);
        if (text) say(text, deed.actions.join('; '));
      },
    );
  }
}
