/**
 * Runs one thing at a time for files that were saved: those that come while it runs are gathered for the next run, so
 * none is lost, and the newest state of all is what is worked on.
 */
export class Latest {
  private readonly waiting = new Set<string>();
  private since = 0;
  private running: Promise<void> | undefined;

  /** @param run gets the files, and when the first of them was saved, by `performance.now()` */
  constructor(private readonly run: (files: string[], since: number) => Promise<void>) {}

  /** Whether something was saved since the run that goes on began. */
  get isWaiting(): boolean {
    return this.waiting.size > 0;
  }

  add(files: readonly string[], at: number): void {
    if (files.length === 0) return;
    if (this.waiting.size === 0) this.since = at;
    for (const file of files) this.waiting.add(file);
    this.running ??= this.drain();
  }

  /** Files wait until this has ended. */
  first(what: () => Promise<void>): Promise<void> {
    const before = this.running;
    const done = (async () => {
      await before;
      await what();
    })();
    const next = () => this.drain();
    this.running = done.then(next, next);
    return done;
  }

  /** Rejects with what the run threw. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async drain(): Promise<void> {
    while (this.waiting.size > 0) {
      const files = [...this.waiting];
      this.waiting.clear();
      await this.run(files, this.since);
    }
    this.running = undefined;
  }
}
