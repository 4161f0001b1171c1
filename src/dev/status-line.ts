/** Moves to the line's beginning and clears it. */
const CLEAR = '\r\u001b[K';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** A last line that stays below everything that is written. */
export class StatusLine {
  #text = '';

  constructor(
    private readonly write: (text: string) => void,
    private readonly width: () => number,
  ) {
    this.write(HIDE_CURSOR);
  }

  /** Whole lines, each with its end. */
  readonly above = (lines: string): void => {
    this.write(`${CLEAR}${lines}${this.#fitted()}`);
  };

  show(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.write(`${CLEAR}${this.#fitted()}`);
  }

  close(): void {
    this.write(`${CLEAR}${SHOW_CURSOR}`);
  }

  /** Columns. In the last one some terminals go on to the next line. */
  get room(): number {
    return Math.max(0, this.width() - 1);
  }

  #fitted(): string {
    return this.#text.slice(0, this.room);
  }
}
