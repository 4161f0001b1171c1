/**
 * Says at the end, in a line each, which tests failed and which were skipped, and why, and closes with
 * `N passed, N failed, N skipped` alone on a line.
 * With `TEST_NO_SKIPS=1` the run fails where a test was skipped: what CI did not run must not look as if it had passed.
 * The reason travels in the test's title, the one thing a test in a worker and its reporter share; `itOrSkip` in
 * `__tests__/support/skips.ts` writes it there.
 */
const { writeSync } = require('node:fs');
const { stripVTControlCharacters } = require('node:util');

/** A server or process that a test left open would keep Jest, and continuous integration, for ever. */
const EXIT_GRACE_MS = 10_000;

/** Characters. */
const LONGEST_REASON = 160;

const REASON_MARK = ' [skipped: ';

/** The title without its reason, and the reason; `undefined` where a test was skipped without one. */
function splitReason(title) {
  const at = title.lastIndexOf(REASON_MARK);
  if (at < 0 || !title.endsWith(']')) return { name: title, reason: undefined };
  return { name: title.slice(0, at), reason: title.slice(at + REASON_MARK.length, -1) };
}

/** One line for each skipped test. With `-t` Jest skips all that was not asked for: only stated reasons count then. */
function skippedLines(results, filtered) {
  const skipped = results.testResults
    .flatMap((file) => file.testResults)
    .filter((test) => test.status === 'pending' || test.status === 'todo')
    .map((test) => splitReason(test.fullName));
  return skipped
    .filter((test) => !filtered || test.reason !== undefined)
    .map((test) => `skipped: ${test.name}: ${test.reason ?? 'no reason given'}`);
}

/**
 * One line for each failed test, and for each file that did not load: Jest tells the whole of it where it happens, which
 * may be thousands of lines before.
 */
function failedLines(results) {
  const failed = results.testResults.flatMap(({ testFilePath, testExecError, failureMessage, testResults }) => [
    ...(testExecError ? [[testFilePath, testExecError.message || testExecError.stack || failureMessage]] : []),
    ...testResults
      .filter((test) => test.status === 'failed')
      .map((test) => [test.fullName, test.failureMessages.join('\n')]),
  ]);
  return failed.map(([what, why = '']) => `failed: ${what}: ${firstLine(why)}`);
}

const firstLine = (text) => stripVTControlCharacters(text).trim().split('\n', 1)[0].slice(0, LONGEST_REASON);

/** A file that does not even load counts as one failure, though Jest counts no test for it. */
function closingLine(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`;
}

class SkipReporter {
  constructor(globalConfig) {
    this.filtered = Boolean(globalConfig.testNamePattern);
    this.skipped = [];
    this.staysOn = globalConfig.watch || globalConfig.watchAll;
  }

  // Jest always puts its own summary after all other reporters, so the last word can only be said on the way out; on
  // stderr like the summary, which keeps the order.
  onRunComplete(_contexts, results) {
    this.skipped = skippedLines(results, this.filtered);
    const lines = [...failedLines(results), ...this.skipped, ...this.verdict(), closingLine(results)];
    process.once('exit', () => writeSync(process.stderr.fd, `\n${lines.join('\n')}\n`));
    if (!this.staysOn) setTimeout(failForOpenHandles, EXIT_GRACE_MS).unref();
  }

  verdict() {
    const isFailure = process.env.TEST_NO_SKIPS === '1' && this.skipped.length > 0;
    return isFailure ? [`TEST_NO_SKIPS=1: the run fails, because of what was skipped: ${this.skipped.length}`] : [];
  }

  // Jest, which asks every reporter when all is over, ends as if a test had failed.
  getLastError() {
    const [why] = this.verdict();
    return why === undefined ? undefined : new Error(why);
  }
}

function failForOpenHandles() {
  writeSync(
    process.stderr.fd,
    `A test left something open: Jest did not end within ${EXIT_GRACE_MS / 1000} s. --detectOpenHandles shows what.\n`,
  );
  process.exit(1);
}

module.exports = SkipReporter;
module.exports.closingLine = closingLine;
module.exports.failedLines = failedLines;
module.exports.skippedLines = skippedLines;
