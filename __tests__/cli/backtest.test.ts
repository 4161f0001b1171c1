import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { madeExport } from '../../bench/backtest/export';
import { runCli } from '../../src/cli/program';
import { said } from './said';

let directory: string;
let file: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'backtest-'));
  file = path.join(directory, 'export.jsonl');
  // Two hours of a small cluster.
  const from = Date.parse('2026-01-05T00:00:00Z');
  writeFileSync(file, madeExport({ from, steps: 480, stepMs: 15_000, nodes: 3, seed: 1 }));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('backtest', () => {
  it('replays a file as far as it goes under three policies', async () => {
    const { code, out } = await said(() => runCli(['backtest', '--file', file, '--json']));
    expect(code).toBe(0);
    const document = JSON.parse(out);
    expect(document).toMatchObject({
      from: '2026-01-05T00:00:00.000Z',
      to: '2026-01-05T01:59:45.000Z',
      stepSeconds: 15,
      steps: 480,
      usableSteps: 480,
      findings: [],
    });
    expect(document.policies.map(({ policy }: { policy: string }) => policy)).toEqual(['ours', 'matrix', 'peak']);
  });

  it('takes a part of it, and writes the plot beside the table', async () => {
    const html = path.join(directory, 'plot.html');
    const range = ['--from', '2026-01-05T00:30:00Z', '--to', '2026-01-05T02:00:00+01:00'];
    const { code, out, err } = await said(() => runCli(['backtest', '--file', file, ...range, '--html', html]));
    expect(code).toBe(0);
    expect(out).toContain('2026-01-05T00:30:00.000Z to 2026-01-05T01:00:00.000Z, every 15 s: 121 of 121 steps');
    expect(err).toBe(`wrote ${html}: open it in a browser\n`);
    expect(readFileSync(html, 'utf8')).toContain('<title>k3s-autoscaler backtest</title>');
  });

  it('refuses a file whose steps are others, as most of them would be missing', async () => {
    const { code, err } = await said(() => runCli(['backtest', '--file', file, '--step', '5s']));
    expect(code).toBe(1);
    expect(err).toMatch(/Only 33\.\d % of the steps between .* can be used/);
  });

  const range = ['--from', '2026-01-05T00:00:00Z', '--to', '2026-01-05T01:00:00Z'];
  it.each<[string, string[], RegExp]>([
    ['no source', [], /takes either --prometheus or --file; give one of them/],
    ['two sources', ['--file', 'x', '--prometheus', 'http://x'], /takes either --prometheus or --file/],
    [
      'a server without a range',
      ['--prometheus', 'http://127.0.0.1:1'],
      /--prometheus: needs a range; give --from and --to/,
    ],
    [
      'an address that is none',
      ['--prometheus', 'localhost:9090', ...range],
      /--prometheus localhost:9090: must be an http/,
    ],
    [
      'a time without a zone',
      ['--file', 'x', '--from', '2026-01-05T00:00:00'],
      /--from 2026.*: must be a time with its zone/,
    ],
    ['a step that is none', ['--file', 'x', '--step', '15'], /--step 15: must be a duration/],
    ['a step of nothing', ['--file', 'x', '--step', '0s'], /--step 0s: must be a duration .*above 0/],
    [
      'a range that ends first',
      ['--prometheus', 'http://x', '--from', '2026-01-06T00:00:00Z', '--to', '2026-01-05T00:00:00Z'],
      /begins before it ends/,
    ],
    [
      'too many steps',
      ['--prometheus', 'http://x', '--from', '2020-01-01T00:00:00Z', '--to', '2026-01-01T00:00:00Z'],
      /at most 1100000 steps, and is 12\d+; give a longer --step/,
    ],
    [
      'a pattern that is none',
      ['--file', 'x', '--workers', 'ip-('],
      /--workers ip-\(: must be a regular expression for names of Nodes.*Unterminated group; write it like --workers 'ip-/,
    ],
    ['a file that is not there', ['--file', 'no/such.jsonl'], /--file no\/such\.jsonl: .*ENOENT/],
    [
      'a plot that cannot be written',
      ['--file', 'x', '--html', 'no/such/plot.html'],
      /--html no\/such\/plot\.html: must be a file/,
    ],
  ])('refuses %s with exit code 2 and no stack', async (_what, flags, message) => {
    const { code, err } = await said(() => runCli(['backtest', ...flags]));
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });

  it('says which server did not answer, with exit code 1', async () => {
    const { code, err } = await said(() => runCli(['backtest', '--prometheus', 'http://127.0.0.1:1', ...range]));
    expect(code).toBe(1);
    expect(err).toMatch(/^--prometheus http:\/\/127\.0\.0\.1:1\/: query 'fresh' was not answered/);
  });
});
