import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { claimAtEqualPrices } from '../../src/cost/claim';
import { monthlyUsd } from '../../src/cost/plan-costs';
import { readPlayedRuns } from '../../src/cost/played-runs';
import { savingOf } from '../../src/cost/saving';
import { sharesOf } from '../../src/cost/shares';
import { everyTwoMinutes, instance, publicSubnet, template } from './resources';

const START = Date.parse('2026-01-05T00:00:00Z');

/** Ten hours: 6 dollars where the peak all the time is 10. */
const run = {
  name: 'tour',
  timeline: [{ time: '2026-01-05T00:02:00Z' }, { time: '2026-01-05T10:00:00Z' }],
  summary: { costUsd: 6, staticCostUsd: 10, nodeHours: 30, peakNodes: 5 },
};

describe('the saving of a run', () => {
  it('is of the workers, and of a bill in which both sides pay for a server and one for the autoscaler', () => {
    // GIVEN a server at 73 a month, which is 1 for ten hours, and an autoscaler at 7.3, which is 0.1
    const saving = savingOf(run, { serverUsd: 73, autoscalerUsd: 7.3 }, START);

    // THEN 1 − 6 ÷ 10, and 1 − (6 + 1 + 0.1) ÷ (10 + 1) = 35.45 %
    expect(saving).toMatchObject({ hours: 10, nodeHours: 30, staticNodeHours: 50, usd: 6, staticUsd: 10 });
    expect(saving).toHaveProperty('ofWorkers', 40);
    expect((saving as { ofAll: number }).ofAll).toBeCloseTo(35.4545, 3);
  });

  it('is negative where the autoscaler cost more than it saved', () => {
    const flat = { ...run, summary: { ...run.summary, costUsd: 10 } };
    expect((savingOf(flat, { serverUsd: 73, autoscalerUsd: 7.3 }, START) as { ofAll: number }).ofAll).toBeLessThan(0);
  });

  it('cannot be told without prices or without a length, and says why', () => {
    const standing = { serverUsd: 1, autoscalerUsd: 1 };
    const unpriced = { ...run, summary: { ...run.summary, costUsd: null } };
    expect(savingOf(unpriced, standing, START)).toEqual({
      name: 'tour',
      why: "a worker's instance type has no price",
    });
    expect(savingOf({ ...run, timeline: [] }, standing, START)).toHaveProperty('why', 'it had no worker, or no tick');
  });
});

describe('the claim of the reference design', () => {
  it('is 62 % at one price model without a burst, and 32 % with one worker more around the clock', () => {
    const { beforeUsd, after } = claimAtEqualPrices([0, 24]);
    // 3 × (730 × (0.0464 + 0.005) + 1.6) = 117.366
    expect(beforeUsd).toBeCloseTo(117.366, 3);
    // 2 × (730 × (0.023 + 0.005) + 1.6) = 44.08; and 730 × (0.0416 + 0.005) + 1.6 = 35.618 more
    expect(after[0]?.usd).toBeCloseTo(44.08, 3);
    expect(after[0]?.percent).toBeCloseTo(62.44, 2);
    expect(after[1]?.usd).toBeCloseTo(79.698, 3);
    expect(after[1]?.percent).toBeCloseTo(32.09, 2);
  });
});

describe('the shares of a stack', () => {
  it('add up to the whole', () => {
    const cost = monthlyUsd(
      [
        instance('server', 'server'),
        instance('base-0', 'base'),
        template('server'),
        template('base'),
        publicSubnet,
        everyTwoMinutes,
      ],
      'us-east-1',
    );
    const shares = Object.fromEntries(sharesOf(cost).map(({ name, usd }) => [name, usd]));
    expect(shares.server).toBeCloseTo(35.618, 6);
    expect(shares['base workers']).toBeCloseTo(35.618, 6);
    expect(shares.autoscaler).toBeCloseTo(0.0219, 6);
  });
});

describe('reading runs', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'runs-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (text: string): string => {
    const at = path.join(directory, 'run.json');
    writeFileSync(at, text);
    return at;
  };

  it('takes a report, or an array of them', () => {
    expect(readPlayedRuns(file(JSON.stringify(run)))).toEqual([run]);
    expect(readPlayedRuns(file(JSON.stringify([run, run])))).toHaveLength(2);
  });

  it.each([
    ['no JSON', '# tour', /--run .*run\.json: .*it is no JSON.*write one with npm run -s simulate/],
    ['no report', '{"name":"tour"}', /--run .*: 0\.timeline: /],
    ['a field of another kind', JSON.stringify({ ...run, summary: { ...run.summary, costUsd: '6' } }), /costUsd/],
    ['no run at all', '[]', /must be what simulate --json printed/],
  ])('refuses %s', (_what, text, message) => {
    expect(() => readPlayedRuns(file(text))).toThrow(message);
  });

  it('refuses a file that is not there', () => {
    expect(() => readPlayedRuns('no/such.json')).toThrow(/--run no\/such\.json: .*ENOENT/);
  });
});
