import path from 'node:path';

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: { testResults: { status: string; fullName: string }[] }[];
}

const reporter = require(path.resolve(__dirname, '../../scripts/jest-reporter.cjs')) as {
  closingLine(results: Results): string;
  skippedLines(results: Results, filtered: boolean): string[];
};

const results: Results = {
  numPassedTests: 5,
  numFailedTests: 1,
  numPendingTests: 2,
  numTodoTests: 1,
  numRuntimeErrorTestSuites: 1,
  testResults: [
    {
      testResults: [
        { status: 'passed', fullName: 'stack synthesizes' },
        { status: 'pending', fullName: 'stack validates [skipped: terraform is not on PATH]' },
      ],
    },
    { testResults: [{ status: 'pending', fullName: 'lease waits' }] },
  ],
};

describe('the reporter', () => {
  it('closes with the counts, in which a file that did not load is a failure', () => {
    expect(reporter.closingLine(results)).toBe('5 passed, 2 failed, 3 skipped');
  });

  it('names each skipped test and why', () => {
    expect(reporter.skippedLines(results, false)).toEqual([
      'skipped: stack validates: terraform is not on PATH',
      'skipped: lease waits: no reason given',
    ]);
  });

  it('does not name those that a filter left out', () => {
    expect(reporter.skippedLines(results, true)).toEqual(['skipped: stack validates: terraform is not on PATH']);
  });
});
