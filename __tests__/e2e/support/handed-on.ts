/** A program that is looked for before a whole run of Jest: its workers inherit where it is, or why there is none. */
export class HandedOn {
  readonly #missing: string;

  /** @param variable of the environment, with its path */
  constructor(readonly variable: string) {
    this.#missing = `${variable}_MISSING`;
  }

  isAt(program: string): void {
    process.env[this.variable] = program;
  }

  lacks(why: string, log: (line: string) => void): void {
    process.env[this.#missing] = why;
    log(`end to end: ${why}`);
  }

  /** Why there is none, for `itOrSkip`; undefined when there is one. */
  missing = (): string | undefined =>
    process.env[this.#missing] ??
    (process.env[this.variable] === undefined ? 'run it by `npm run test:e2e`' : undefined);

  /** Its path. @throws Error when there is none */
  path(): string {
    const program = process.env[this.variable];
    if (program === undefined) throw new Error(this.missing());
    return program;
  }
}
