import type { LiveEvent } from './events';
import { inWords, seconds } from './words';

/** Four beats that are missed make the function plan by itself. */
const LATE_MS = 3_000;

/** What is shown of an attached laptop: words with the heartbeat's age below them on a terminal, or a JSON line an event. */
export class LiveView {
  private hasStatus = false;

  constructor(
    private readonly write: (text: string) => void,
    private readonly json: boolean,
    private readonly isTerminal = process.stdout.isTTY === true,
  ) {}

  show(event: LiveEvent): void {
    this.clear();
    this.write(`${this.json ? JSON.stringify(event) : inWords(event).join('\n')}\n`);
  }

  heartbeat(ageMs: number): void {
    if (this.json || !this.isTerminal) return;
    const late = ageMs >= LATE_MS ? ': too old, the function plans by itself' : '';
    this.clear();
    this.write(`heartbeat ${seconds(ageMs)} old${late}`);
    this.hasStatus = true;
  }

  private clear(): void {
    if (this.hasStatus) this.write('\r\u001b[K');
    this.hasStatus = false;
  }
}
