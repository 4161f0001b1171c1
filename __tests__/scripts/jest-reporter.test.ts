import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: {
    testFilePath?: string;
    testExecError?: { message: string; stack?: string };
    testResults: { status: string; fullName: string; failureMessages?: string[] }[];
  }[];
}

const ROOT = path.resolve(__dirname, '../..');
const REPORTER = path.join(ROOT, 'scripts/jest-reporter.cjs');
const reporter = require(REPORTER) as {
  closingLine(results: Results): string;
  failedLines(results: Results): string[];
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
    {
      testResults: [
        {
          status: 'failed',
          fullName: 'lease ends',
          failureMessages: ['Error: \u001b[31mnot within 5 ms\u001b[39m\n    at until (until.ts:24:13)'],
        },
      ],
    },
    { testFilePath: '/here/a.test.ts', testExecError: { message: 'Cannot find module\nb' }, testResults: [] },
    // As of an `afterAll` that throws
    {
      testFilePath: '/here/b.test.ts',
      testExecError: { message: '', stack: '\nError: late\n    at b' },
      testResults: [],
    },
  ],
};

describe('the reporter', () => {
  it('closes with the counts, in which a file that did not load is a failure', () => {
    expect(reporter.closingLine(results)).toBe('5 passed, 2 failed, 3 skipped');
  });

  it('names each failed test, and each file that did not load, with the beginning of why', () => {
    expect(reporter.failedLines(results)).toEqual([
      'failed: lease ends: Error: not within 5 ms',
      'failed: /here/a.test.ts: Cannot find module',
      'failed: /here/b.test.ts: Error: late',
    ]);
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

describe('a run in which a test was skipped', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'reporter-'));
    writeFileSync(path.join(folder, 'jest.config.json'), JSON.stringify({ reporters: [REPORTER], transform: {} }));
    writeFileSync(
      path.join(folder, 'some.test.js'),
      "it('passes', () => {});\nit.skip('waits [skipped: no clock]', () => {});\n",
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(env: NodeJS.ProcessEnv, ...args: string[]) {
    const { TEST_NO_SKIPS: _, ...rest } = process.env;
    const program = path.join(ROOT, 'node_modules/jest/bin/jest.js');
    const { status, stderr } = spawnSync(process.execPath, [program, '--rootDir', folder, ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...rest, ...env },
    });
    return { status, said: stderr.trim().split('\n').slice(-3) };
  }

  const SKIPPED = 'skipped: waits: no clock';

  it('is good, and says so', () => {
    expect(run({})).toEqual({ status: 0, said: expect.arrayContaining([SKIPPED, '1 passed, 0 failed, 1 skipped']) });
  });

  it('fails where nothing may be skipped', () => {
    expect(run({ TEST_NO_SKIPS: '1' })).toEqual({
      status: 1,
      said: [
        SKIPPED,
        'TEST_NO_SKIPS=1: the run fails, because of what was skipped: 1',
        '1 passed, 0 failed, 1 skipped',
      ],
    });
  });

  it('is good there where only what it was not asked for was skipped', () => {
    writeFileSync(path.join(folder, 'some.test.js'), "it('passes', () => {});\nit('other', () => {});\n");
    expect(run({ TEST_NO_SKIPS: '1' }, '-t', 'passes')).toMatchObject({ status: 0 });
  });
});
