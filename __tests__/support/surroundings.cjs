/**
 * The surroundings of a whole run, the same on a founder's machine and on a runner of CI; workers and the programs that
 * they start inherit them.
 */
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

/** What our commands, Terraform or the SDKs read of a shell: an account, a stage, or that this is CI. */
const OF_THE_SHELL =
  /^(CI|STAGE|TERRAFORM_BINARY_NAME|CDKTF_OUTDIR|NO_COLOR|FORCE_COLOR|KUBECONFIG|(AWS|TF|AUTOSCALER)_.*)$/;

module.exports = async () => {
  for (const name of Object.keys(process.env)) if (OF_THE_SHELL.test(name)) delete process.env[name];
  // One temporary folder, which goes with the run: cdktf, Terraform and killed programs leave theirs behind.
  const folder = mkdtempSync(path.join(tmpdir(), 'tests-'));
  process.env.TMPDIR = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
};
