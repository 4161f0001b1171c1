import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { refuseUnwritable } from '../../src/cli/writable';
import { type PackedRun, unpack } from '../../src/dev/web/packed';

jest.setTimeout(60_000);

const ROOT = path.resolve(__dirname, '../..');
const PROGRAM = ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts')];

let directory: string;
let scenario: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'simulate-html-'));
  scenario = path.join(directory, 'small.yaml');
  const pod = '{ cpu: 250m, memory: 128Mi }';
  writeFileSync(
    scenario,
    `name: small\nduration: 6m\nworkloads:\n  - { at: 3m, deployment: web, replicas: 12, pod: ${pod} }\n`,
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

function simulate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...PROGRAM, 'simulate', ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

it('simulate --html writes the run into one file, a frame for each tick, and says so beside the report', () => {
  // GIVEN
  const file = path.join(directory, 'run.html');
  // WHEN
  const { status, stdout, stderr } = simulate(scenario, '--html', file, '--json', '--seed', '7');
  // THEN the report is on stdout alone
  expect(status).toBe(0);
  const report = JSON.parse(stdout) as { timeline: { decision: string; pendingPods: number }[] };
  expect(stderr).toContain(`wrote ${file}: open it in a browser\n`);
  // AND the file has the same ticks
  const json = /<script type="application\/json" id="run">(.*?)<\/script>/s.exec(readFileSync(file, 'utf8'))?.[1];
  const { head, frames } = unpack(JSON.parse(json ?? '') as PackedRun);
  expect(head).toMatchObject({ scenario: 'small', seed: 7, cpu: { up: 70, down: 30 } });
  expect(head.artifact).toMatch(/^[0-9a-f]{64}$/);
  expect(frames.map(({ decision, counts }) => [decision.code, counts.pending])).toEqual(
    report.timeline.map(({ decision, pendingPods }) => [decision, pendingPods]),
  );
  expect(frames.map(({ index }) => index)).toEqual([0, 1, 2]);
  // AND pictures of the pods that wait, and of the machine that comes for them
  const waiting = frames[1]?.picture;
  expect(waiting?.pending).toHaveLength(4);
  expect(waiting?.nodes.map(({ role, state }) => `${role} ${state}`)).toEqual([
    'server ready',
    'base ready',
    'worker joining',
  ]);
  expect(Object.keys(frames[1]?.pods ?? {}).sort()).toEqual(waiting?.pending.map(({ name }) => name));
});

it('a file for several runs is refused before one of them is played', () => {
  const file = path.join(directory, 'two.html');
  expect(simulate(scenario, scenario, '--html', file)).toEqual({
    status: 2,
    stdout: '',
    stderr: `--html ${file}: is of one run; give one scenario file, not 2\n`,
  });
  expect(existsSync(file)).toBe(false);
});

it('a file that cannot be written is refused before the run is played, with the path and the fix', () => {
  const file = path.join(directory, 'none/run.html');
  expect(simulate(scenario, '--html', file)).toEqual({
    status: 2,
    stdout: '',
    stderr: `--html ${file}: must be a file that can be written: there is no directory ${path.dirname(file)}; give a path in a directory that is there\n`,
  });
});

it('so is a directory, and a file that is there already is none of that', () => {
  mkdirSync(path.join(directory, 'taken'));
  expect(() => refuseUnwritable('--html', path.join(directory, 'taken'))).toThrow(
    /taken: must be a file .*: it is a directory; give/,
  );
  expect(() => refuseUnwritable('--html', scenario)).not.toThrow();
});
