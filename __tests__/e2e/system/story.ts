import { itOrSkip } from '../../support/skips';

/** Tests each of which goes on where the one before it stopped: when one has failed, those after it are not tried. */
export class Story {
  /** The name of the test that goes on or has failed, also by Jest's patience. */
  #unfinished: string | undefined;
  #isOver = false;

  /** @param missing what the machine lacks, for `itOrSkip` */
  constructor(readonly missing: string | undefined) {}

  it(name: string, test: () => Promise<void>, timeoutMs?: number): void {
    const run = async () => {
      if (this.#unfinished !== undefined) {
        // What Jest has given up goes on, and may yet end well.
        this.#isOver = true;
        throw new Error(`not tried, because it failed before: ${this.#unfinished}`);
      }
      this.#unfinished = name;
      await test();
      if (!this.#isOver) this.#unfinished = undefined;
    };
    itOrSkip(this.missing, name, run, timeoutMs);
  }
}
