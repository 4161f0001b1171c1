/** What is wrong with a scenario file, said so that it can be put right without reading code. */

export interface ScenarioProblem {
  /** 1-based. */
  line: number;
  column: number;
  /** From the top of the file: `workloads[0].pod.cpu`. */
  path: string;
  /** What stands there; undefined where something is missing. */
  value: unknown;
  rule: string;
  fix: string;
}

const MAX_VALUE_LENGTH = 120;

function printed(value: unknown): string {
  if (value === undefined) return '(not there)';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}

function block(file: string, problem: ScenarioProblem): string {
  return [
    `${file}:${problem.line}:${problem.column}: ${problem.path || '(the whole file)'}`,
    `    value: ${printed(problem.value)}`,
    `    rule:  ${problem.rule}`,
    `    fix:   ${problem.fix}`,
  ].join('\n');
}

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
