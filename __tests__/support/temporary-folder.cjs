/**
 * One temporary folder for a whole run, which goes with it: cdktf, Terraform and killed programs leave theirs behind.
 * Workers and the programs that they start are told by `TMPDIR`.
 */
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

module.exports = async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tests-'));
  process.env.TMPDIR = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
};
