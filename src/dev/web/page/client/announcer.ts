import { byId, say } from './dom';
import type { State } from './state';
import { clockOf } from './words';

/** Tells a screen reader what a tick decided, where that is not what the tick before it decided. */
export class Announcer {
  #last = '';

  constructor(private readonly state: State) {}

  render(): void {
    const { frame } = this.state;
    if (frame === undefined) return;
    const news = [frame.decision.code, ...frame.actions].join('; ');
    if (news === this.#last) return;
    this.#last = news;
    say(byId('announcer'), `${clockOf(frame.at)}: ${frame.decision.text} ${frame.actions.join('; ')}`);
  }
}
