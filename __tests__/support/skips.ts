/** Tests that need what a machine may lack say so aloud, instead of passing unseen. */

/**
 * A test that runs when nothing is missing and is skipped, with its reason in the final summary, otherwise.
 *
 * @param missing what the machine lacks, for people (`terraform is not on PATH`); `undefined` when the test can run
 * @param timeoutMs Jest's timeout for this test
 */
export function itOrSkip(
  missing: string | undefined,
  name: string,
  test: () => void | Promise<void>,
  timeoutMs?: number,
): void {
  const run = async () => {
    await test();
  };
  if (missing === undefined) {
    it(name, run, timeoutMs);
    return;
  }
  // `scripts/jest-reporter.cjs` reads the reason out of the title again.
  it.skip(`${name} [skipped: ${missing}]`, run);
}
