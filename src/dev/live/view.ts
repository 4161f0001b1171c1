import type { ReloadEvent } from '../reload/events';
import { reloadLines } from '../reload/words';
import type { StatusLine } from '../status-line';
import { printable } from '../text';
import type { LiveEvent } from './events';
import { inWords, seconds } from './words';

/** Four beats that are missed make the function plan by itself. */
const LATE_MS = 3_000;

export interface LiveViewOptions {
  write(text: string): void;
  /** One JSON document a line instead of words. */
  json: boolean;
  /** Where the heartbeat's age stays in sight: on a terminal only. */
  status?: StatusLine | undefined;
}

/** What is shown of an attached laptop, and of the saves that it plans with. */
export class LiveView {
  private readonly above: (text: string) => void;

  constructor(private readonly options: LiveViewOptions) {
    this.above = options.status?.above ?? options.write;
  }

  show(event: LiveEvent): void {
    this.tell(event, (told) => inWords(told).map(printable));
  }

  reload(event: ReloadEvent): void {
    this.tell(event, reloadLines);
  }

  heartbeat(ageMs: number): void {
    const late = ageMs >= LATE_MS ? ': too old, the function plans by itself' : '';
    this.options.status?.show(`heartbeat ${seconds(ageMs)} old${late}`);
  }

  private tell<Event>(event: Event, words: (event: Event) => string[]): void {
    const lines = this.options.json ? [JSON.stringify(event)] : words(event);
    this.above(`${lines.join('\n')}\n`);
  }
}
