import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { itOrSkip } from '../support/skips';
import { JOBS, WORKFLOWS } from './workflow';

const missingShellcheck = spawnSync('shellcheck', ['--version']).status === 0 ? undefined : 'shellcheck is not on PATH';

const PROGRAM = path.join(__dirname, 'actionlint.cjs');

/** @returns what it says of each, in their order */
function actionlint(files: readonly (readonly [file: string, text: string])[]): object[][] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM], {
    input: JSON.stringify(files),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`actionlint ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as object[][];
}

const WRONG = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo \${{ github.nothing }}\n`;

describe('actionlint', () => {
  it('has nothing to say of the workflows, and would say what is wrong', () => {
    const [wrong, ...said] = actionlint([
      ['wrong.yml', WRONG],
      ...WORKFLOWS.map(({ file, text }) => [file, text] as const),
    ]);
    expect(wrong).toMatchObject([{ line: 6, message: expect.stringContaining('"nothing"') }]);
    expect(said).toEqual(WORKFLOWS.map(() => []));
  });
});

describe('shellcheck', () => {
  // As actionlint would hand them to it, which the build for Node cannot.
  itOrSkip(missingShellcheck, 'has nothing to say of what the steps run', () => {
    for (const { at, job } of JOBS) {
      for (const { run } of job.steps) {
        if (run === undefined) continue;
        const { stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], { input: `${run}\n`, encoding: 'utf8' });
        expect({ at, run, stdout }).toEqual({ at, run, stdout: '' });
      }
    }
  });
});
