/** What is wrong with a scenario file, said so that it can be put right without reading code. */

import { type Mistake, mistakeBlock } from '../../config/mistake';

export interface ScenarioProblem extends Mistake {
  /** 1-based. */
  line: number;
  column: number;
  /** From the top of the file: `workloads[0].pod.cpu`. */
  path: string;
}

const block = (file: string, problem: ScenarioProblem): string =>
  mistakeBlock(`${file}:${problem.line}:${problem.column}`, problem.path || '(the whole file)', problem, '(not there)');

/** Everything that is wrong with one scenario file. Its stack is its message: the mistake is in the file. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** What a command ends with: bad usage. */
  readonly exitCode = 2;

  constructor(
    readonly file: string,
    readonly problems: readonly ScenarioProblem[],
  ) {
    super(problems.map((problem) => block(file, problem)).join('\n'));
    this.stack = this.message;
  }
}
