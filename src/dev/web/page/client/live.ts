import type { Control, Pushed, Run } from '../../frame';
import { byId, say } from './dom';
import type { State } from './state';

/** The dev loop behind the page: what it pushes, and what can be asked of it. */
export class Live {
  /** What came while the run was being loaded. */
  #waiting: Pushed[] | undefined;

  constructor(private readonly state: State) {}

  start(): void {
    const events = new EventSource('events');
    // Each connection begins with all frames: whatever was missed in between is among them.
    events.onopen = () => void this.#load();
    events.onerror = () => say(byId('connection'), 'The dev loop does not answer; trying again.');
    events.onmessage = ({ data }) => this.#hear(JSON.parse(data));
  }

  /** @returns what went wrong, for people; undefined: it was taken */
  async ask(control: Control): Promise<string | undefined> {
    try {
      const answer = await fetch('control', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(control),
      });
      return answer.ok ? undefined : messageOf(await answer.text());
    } catch {
      return 'The dev loop does not answer. Is it still running?';
    }
  }

  async #load(): Promise<void> {
    if (this.#waiting) return;
    const waiting: Pushed[] = [];
    this.#waiting = waiting;
    try {
      const answer = await fetch('frames');
      if (!answer.ok) throw new Error(messageOf(await answer.text()));
      this.state.load((await answer.json()) as Run);
      say(byId('connection'), 'live');
    } catch (error) {
      say(byId('connection'), `The frames could not be loaded: ${error instanceof Error ? error.message : error}`);
    }
    this.#waiting = undefined;
    // Of another run than what was loaded, perhaps: only loading again tells.
    if (waiting.some(({ kind }) => kind === 'reset')) return this.#load();
    for (const pushed of waiting) this.state.hear(pushed);
  }

  #hear(pushed: Pushed): void {
    if (this.#waiting) this.#waiting.push(pushed);
    else if (!this.state.hear(pushed)) void this.#load();
  }
}

/** A refusal is JSON that names what, where, the value, the rule and the fix. */
function messageOf(body: string): string {
  try {
    const { what, where, value, rule, fix } = JSON.parse(body);
    return `${what} ${where} (${JSON.stringify(value)}) ${rule}: ${fix}.`;
  } catch {
    return body;
  }
}
