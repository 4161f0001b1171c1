import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../src/cli/program';
import { said } from './said';

jest.setTimeout(60_000);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'cost-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const played = {
  name: 'tour',
  timeline: [{ time: '2026-01-05T10:00:00Z' }],
  summary: { costUsd: 6, staticCostUsd: 10, nodeHours: 30, peakNodes: 5 },
};

function runFile(): string {
  const file = path.join(directory, 'run.json');
  writeFileSync(file, JSON.stringify(played));
  return file;
}

describe('cost', () => {
  it('adds up what a stage costs, and what is there for the autoscaler is cents', async () => {
    const { code, out } = await said(() => runCli(['cost', '--stage', 'test', '--json']));

    expect(code).toBe(0);
    const { stage, region, monthly, shares } = JSON.parse(out);
    expect({ stage, region }).toEqual({ stage: 'test', region: 'us-east-1' });
    expect(monthly.unpriced).toEqual([]);
    expect(monthly.usd).toBeCloseTo(
      shares.reduce((sum: number, { usd }: { usd: number }) => sum + usd, 0),
      6,
    );
    expect(shares.find(({ name }: { name: string }) => name === 'autoscaler').usd).toBeLessThan(0.25);
  });

  it('says whose duration it reckons with, and tells the saving of a run beside the claim of the reference design', async () => {
    const { out } = await said(() => runCli(['cost', '--stage', 'test', '--tick-ms', '900', '--run', runFile()]));
    expect(out).toContain('A tick is 900 ms at 512 MB: as --tick-ms says.');
    expect(out).toContain('tour: 40 % less for workers than its peak all the time, at equal prices');
    expect(out).toMatch(/0 burst hours a day {2}\$117\.37 → \$44\.08: 62 % less/);
  });

  it('says what it assumes of spot, and by which flag a run is held against the claim', async () => {
    const { out } = await said(() => runCli(['cost', '--stage', 'test']));
    expect(out).toContain(
      'Spot in a run is taken at 34 % of on demand, an assumption (19 to 54 % were seen); none stands.',
    );
    // 0.0416 × 0.34 + 1.6 ÷ 730 + 0.005, and with 0.19 and 0.54 in place of 0.34
    expect(out).toContain(
      't3.medium in us-east-1 with disk and address is $0.0213 by it ($0.0151 to $0.0297: 29 % less to 39 % more), on demand $0.0488.',
    );
    expect(out).toContain(
      'With --run it tells what a run saved, beside the 60 to 80 % that the reference design promises.',
    );
    const withRun = await said(() => runCli(['cost', '--stage', 'test', '--run', runFile()]));
    expect(withRun.out).not.toContain('With --run');
    const json = await said(() => runCli(['cost', '--stage', 'test', '--json']));
    expect(JSON.parse(json.out).spot).toEqual({ share: 0.34, seen: { least: 0.19, most: 0.54 }, asOf: '2025-06-28' });
  });

  it('names in another region what has no price there, and says so where the sum stands', async () => {
    const config = path.join(directory, 'autoscaler.config.ts');
    const define = path.resolve(__dirname, '../../src/config/define');
    writeFileSync(
      config,
      `import { defineConfig } from ${JSON.stringify(define)};\n` +
        "export default defineConfig({ region: 'eu-central-1', zones: ['eu-central-1a', 'eu-central-1b'] });\n",
    );
    const { out } = await said(() => runCli(['cost', '--stage', 'test', '--config', config]));
    expect(out).toMatch(/^test: \$0\.00 a month .*\(eu-central-1, .*\), without \d+ that have no price$/m);
    expect(out).toMatch(/^ +no price +aws_instance\.server: t3\.medium on-demand, 730 h, no price for eu-central-1$/m);
    const home = await said(() => runCli(['cost', '--stage', 'test']));
    expect(home.out).not.toContain('no price');
  });

  it.each([
    [['--run', 'no/such.json'], /--run no\/such\.json: must be what simulate --json printed/],
    [['--tick-ms', '-1'], /--tick-ms -1: must be a number above 0/],
    [['--stage', 'No Good'], /stage/],
  ])('refuses %j with exit code 2 and no stack', async (flags, message) => {
    const { code, err } = await said(() => runCli(['cost', ...flags]));
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
  });
});
