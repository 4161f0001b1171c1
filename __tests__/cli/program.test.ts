import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { programFor, runCli } from '../../src/cli/program';

/** The program as npm scripts start it, but for the launcher. */
jest.setTimeout(60_000);

const ROOT = path.resolve(__dirname, '../..');
const PROGRAM = ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts')];

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function start(args: string[], onOutput?: (text: string, kill: () => void) => void): Promise<Ended> {
  const child = spawn(process.execPath, [...PROGRAM, ...args], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1' } });
  const ended: Ended = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ended.out += chunk.toString();
    onOutput?.(ended.out, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ended.err += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code })));
}

/** The same in this process, which takes milliseconds. */
async function here(args: string[]): Promise<Ended> {
  const streams = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockReturnValue(true));
  try {
    const code = await runCli(args);
    const [out = '', err = ''] = streams.map(({ mock }) => mock.calls.map(([text]) => String(text)).join(''));
    return { code, out, err };
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'cli-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function scenarioFile(name: string, text: string): string {
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return file;
}

const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);

describe('bad usage is exit 2, one readable message and no stack trace', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown flag', ['dev', '--bogus'], /unknown option '--bogus'/],
    ['an unknown command', ['nonsense'], /unknown command 'nonsense'/],
    ['a missing file', ['simulate'], /missing required argument 'file'/],
    ['a file that is not there', ['simulate', 'no/such.yaml'], /no\/such\.yaml:1:1[\s\S]*not there/],
    ['a seed that is no number', ['simulate', 'x.yaml', '--seed', 'abc'], /--seed abc: must be a whole number/],
    ['a speed of nothing', ['dev', '--speed', '0'], /--speed 0: must be a number above 0/],
    ['both ways to attach', ['dev', '--live', '--shadow'], /--live and --shadow exclude each other/],
    ['a stage that is not attached to', ['dev', '--stage', 'dev-ana'], /--stage needs --live or --shadow/],
    ['a scenario for a stage', ['dev', '--shadow', '--scenario', 'x.yaml'], /--scenario is of the simulated world/],
    ['no command', [], /Usage:/],
  ])('%s', async (_what, args, message) => {
    const { code, out, err } = await here(args);
    expect(err).toMatch(message);
    noStack(err);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('a bad scenario names file, line and path, and no file is played', async () => {
    // GIVEN a good file and one with an unknown word on line 4
    const good = scenarioFile('good.yaml', 'name: good\nduration: 4m\n');
    const bad = scenarioFile('bad.yaml', 'name: bad\nduration: 4m\nworkloads:\n  - { at: 1m, deploymint: web }\n');
    // WHEN both are simulated
    const { code, out, err } = await start(['simulate', good, bad]);
    // THEN
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(`${bad}:4:15: workloads[0].deploymint`);
    expect(err).toMatch(/fix: .*deployment/);
    noStack(err);
  });

  it('a bad configuration inside a scenario names its line too', async () => {
    const file = scenarioFile(
      'config.yaml',
      'name: x\nduration: 4m\ncluster:\n  config:\n    limits: { maxNodes: many }\n',
    );
    const { code, err } = await start(['simulate', file]);
    expect(code).toBe(2);
    expect(err).toContain(`${file}:5:15: cluster.config.limits.maxNodes`);
    noStack(err);
  });
});

describe('--help is there everywhere, and exit 0', () => {
  it('also where its reader goes away, as `head` does', async () => {
    const child = spawn(process.execPath, [...PROGRAM, '--help'], { cwd: ROOT });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  // Two of them read their own words.
  it.each([[[]], [['simulate']], [['build']], [['docs']]])('%j', async (command) => {
    const { code, out } = await start([...command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Usage:/);
  });

  it('of each other command', async () => {
    const names = programFor(() => {}).commands.map((command) => command.name());
    expect(names.length).toBeGreaterThan(12);
    for (const name of names) {
      const { code, out } = await here([name, '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`Usage: .*${name}`, 'i'));
    }
  });
});

describe('simulate', () => {
  const small = () => scenarioFile('small.yaml', 'name: small\nduration: 4m\nexpect: [summary.ticks == 2]\n');

  it('prints one document for one file and an array for several, and nothing else on stdout', async () => {
    const one = await start(['simulate', small(), '--json']);
    expect(one.code).toBe(0);
    expect(JSON.parse(one.out)).toMatchObject({ name: 'small', seed: 1, summary: { ticks: 2 } });
    const two = await start(['simulate', small(), small(), '--json', '--seed', '9']);
    expect(JSON.parse(two.out)).toMatchObject([{ seed: 9 }, { seed: 9 }]);
  });

  it('is exit 1 when an expectation fails, and says what is there instead', async () => {
    const file = scenarioFile(
      'failing.yaml',
      'name: f\nduration: 4m\nexpect: [summary.ticks == 3, summary.nothing == 0]\n',
    );
    const { code, out } = await start(['simulate', file]);
    expect(code).toBe(1);
    expect(out).toMatch(/FAILED +summary\.ticks == 3: is 2/);
    expect(out).toMatch(/FAILED +summary\.nothing == 0: leads nowhere/);
  });
});

describe('dev', () => {
  it('without a terminal plays once and tells each tick, within 80 columns and without colour', async () => {
    const { code, out } = await start(['dev', '--scenario', 'scenarios/fifty-replicas.yaml']);
    expect(code).toBe(0);
    expect(out).toMatch(/00:04:00 \+ launched: 3 × t3a\.medium on-demand/);
    expect(out).toMatch(/00:04:00 schedule: 1 ready, 6 joining, 42 pending, CPU \d+ %: pending-pods:/);
    expect(out).toMatch(/00:05:00 \+ joined: worker-i-/);
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(out).not.toContain('\u001b');
  });

  it('--json writes one document a line', async () => {
    const { out } = await start(['dev', '--once', '--json', '--scenario', 'scenarios/fifty-replicas.yaml']);
    const kinds = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds[0]).toBe('started');
    expect(kinds.at(-1)).toBe('report');
    expect(new Set(kinds)).toEqual(new Set(['started', 'world', 'tick', 'report']));
  });

  it('ends everything at Ctrl-C, with exit 130', async () => {
    // GIVEN a run that would take hours
    let killed = false;
    let address = '';
    const { code, err } = await start(['dev', '--json', '--speed', '1'], (out, kill) => {
      if (killed) return;
      killed = true;
      address = (JSON.parse(out.split('\n')[0] ?? '') as { addresses: { prometheus: string } }).addresses.prometheus;
      kill();
    });
    // THEN the program is gone, and Prometheus with it
    expect({ code, err }).toEqual({ code: 130, err: '' });
    await expect(fetch(address)).rejects.toThrow();
  });
});
