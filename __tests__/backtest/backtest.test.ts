import { backtest } from '../../src/backtest/backtest';
import { readableBacktest } from '../../src/backtest/readable';
import { answersOf, codeOf, configOf, outcomeOf, played, rangeOf, START, STEP_MS, type Step, steps } from './made';

/** A worker of t3.medium: 0.0416 + 0.08 × 20 ÷ 730 + 0.005 an hour. */
const HOURLY = 0.0416 + 1.6 / 730 + 0.005;
const HOUR = 240;
const few = { pods: { '250/128': 4 } };
const many = { pods: { '250/128': 54 } };

describe('what nobody changes', () => {
  it('costs the base worker all the time, in every policy', () => {
    // GIVEN two hours of four small pods, which the base worker holds
    const run = played(steps(2 * HOUR, few));

    // THEN 2 × 0.0487918 dollars
    for (const policy of ['ours', 'matrix', 'peak']) {
      const outcome = outcomeOf(run, policy);
      expect(outcome.costUsd).toBeCloseTo(2 * HOURLY, 5);
      expect(outcome).toMatchObject({
        pendingPodSeconds: 0,
        nodes: { mean: 1, peak: 1 },
        launches: 0,
        directionChanges: 0,
      });
    }
    expect(run.document.findings).toEqual([]);
  });
});

describe('fifty pods for an hour', () => {
  const run = played([...steps(HOUR / 2, few), ...steps(HOUR, many), ...steps(2 * HOUR, few)]);

  it('get all their nodes at once from the planner, and they go again', () => {
    const ours = outcomeOf(run, 'ours');
    // 54 × 250 m on nodes with 2000 m: 7 in all, one of them there
    expect(ours.nodes.peak).toBe(7);
    expect(ours).toMatchObject({ launches: 6, removals: 6, directionChanges: 1 });
    // THEN they waited for the next look and the boot, three minutes at the most
    expect(ours.pendingPodSeconds).toBeGreaterThan(0);
    expect(ours.pendingPodSeconds).toBeLessThanOrEqual(50 * 195);
  });

  it('get one node after the other from the matrix, so they wait longer', () => {
    expect(outcomeOf(run, 'matrix').pendingPodSeconds).toBeGreaterThan(3 * outcomeOf(run, 'ours').pendingPodSeconds);
  });

  it('never wait where the peak is there all the time, which costs most', () => {
    const peak = outcomeOf(run, 'peak');
    expect(peak).toMatchObject({ pendingPodSeconds: 0, nodes: { mean: 7, peak: 7 }, launches: 0, removals: 0 });
    // 7 × 3.5 hours
    expect(peak.costUsd).toBeCloseTo(7 * 3.5 * HOURLY, 4);
    expect(peak.costUsd).toBeGreaterThan(outcomeOf(run, 'ours').costUsd);
  });

  it('are told of in a table, beside what each policy is', () => {
    const text = readableBacktest(run.document).join('\n');
    expect(text).toMatch(/^2026-01-05T00:00:00\.000Z to .*, every 15 s: 840 of 840 steps/);
    expect(text).toMatch(/^ours +\$\d+\.\d\d +\d+ % +\d+ +\d\.\d\d +7 +6 +6 +1$/m);
    expect(text).toMatch(/^peak +\$1\.20 +0 % +0 +7\.00 +7 +0 +0 +0$/m);
  });
});

describe('CPU that is used', () => {
  it('makes the planner launch although no pod waits', () => {
    // GIVEN a base worker with two cores, of which 1.9 are busy
    const run = played([...steps(HOUR / 2, few), ...steps(HOUR, { ...few, busy: 1.9 })]);
    expect(outcomeOf(run, 'ours').launches).toBeGreaterThanOrEqual(1);
    expect(outcomeOf(run, 'matrix').launches).toBeGreaterThanOrEqual(1);
  });

  it('that is not known lets nothing go, as in a real tick', () => {
    const unknown: Step = { ...few, busy: undefined };
    const rest = (step: Step) => [...steps(HOUR / 4, few), ...steps(HOUR / 2, many), ...steps(HOUR, step)];
    expect(outcomeOf(played(rest({ ...few, busy: 0.2 })), 'ours').removals).toBeGreaterThan(0);
    const run = played(rest(unknown));
    expect(outcomeOf(run, 'ours').removals).toBe(0);
    expect(run.document.findings).toMatchObject([{ code: 'cpu-unknown', count: HOUR }]);
  });
});

describe('a gap', () => {
  it('costs nothing, keeps nobody waiting, and is named with its times', () => {
    // GIVEN ten minutes without data in three hours
    const run = played([...steps(HOUR, few), ...steps(40, undefined), ...steps(2 * HOUR - 40, few)]);
    expect(outcomeOf(run, 'peak').costUsd).toBeCloseTo((3 - 1 / 6) * HOURLY, 5);
    expect(run.document).toMatchObject({
      steps: 3 * HOUR,
      usableSteps: 3 * HOUR - 40,
      findings: [{ code: 'no-data', count: 40, first: '2026-01-05T01:00:00.000Z', last: '2026-01-05T01:09:45.000Z' }],
    });
  });
});

describe('data that cannot be', () => {
  const some = steps(HOUR, few);

  it.each<[string, string, number, string]>([
    ['half a pod', 'pods', 1.5, 'invalid'],
    ['no number', 'pods', Number.NaN, 'incomplete'],
    ['other pods than there are in all', 'total', 5, 'incomplete'],
    ['old data', 'fresh', 91, 'stale'],
    ['data of the future', 'fresh', -5, 'invalid'],
    ['fewer busy cores than none', 'busy', -1, 'invalid'],
    ['a core busier than busy', 'hottest', 1.2, 'invalid'],
    ['a counter that began anew', 'resets', 1, 'cpu-reset'],
  ])('%s is named', (_what, query, value, code) => {
    const answers = answersOf(some);
    const series = answers[query as keyof typeof answers][0];
    series?.points.splice(9, 1, [START + 9 * STEP_MS, value]);
    const { document } = backtest(answers, rangeOf(some), configOf());
    expect(document.findings).toMatchObject([{ code, count: 1, first: '2026-01-05T00:02:15.000Z' }]);
  });

  it('beside the steps, as when a clock was set, is named and not used', () => {
    const answers = answersOf(some);
    for (const series of Object.values(answers).flat()) {
      series.points = series.points.map(([at, value], i) => [i === 20 ? at - 7000 : at, value]);
    }
    const { document } = backtest(answers, rangeOf(some), configOf());
    expect(document.findings.map(({ code }) => code)).toEqual(['no-data', 'off-grid']);
    expect(document.usableSteps).toBe(HOUR - 1);
  });

  it('that goes back in time is named and not used', () => {
    const answers = answersOf(some);
    answers.fresh[0]?.points.push([START + 5 * STEP_MS, 1]);
    expect(backtest(answers, rangeOf(some), configOf()).document.findings).toMatchObject([
      { code: 'off-grid', count: 1 },
    ]);
  });

  it('is refused where the workers never told their CPU', () => {
    expect(() => played(steps(HOUR, { ...few, busy: undefined }))).toThrow(
      /no CPU of a worker: .*have node-exporter scraped/,
    );
  });
});

it('a cluster none of whose nodes is a worker is refused, and not taken for one that does nothing', () => {
  // GIVEN the answers that such a cluster gives: no worker, and none whose CPU is known
  const some = steps(HOUR, few);
  const answers = answersOf(some);
  const [workers] = answers.workers;
  for (const point of workers?.points ?? []) point[1] = 0;
  for (const name of ['busy', 'measured', 'hottest', 'resets'] as const) answers[name].splice(0);
  // THEN
  expect(() => backtest(answers, rangeOf(some), configOf())).toThrow(
    /no worker at any time, by --workers 'worker-\.\*' .*Give a regular/,
  );
});

describe('pods', () => {
  it('that no node of the configuration holds are left out and named, by what they ask for and how much of all that is', () => {
    // GIVEN two of them in one step of an hour: 2 ÷ (240 × 4 + 2)
    const large = { pods: { '250/128': 4, '64000/1024': 2 } };
    const run = played([...steps(HOUR - 1, few), large]);
    expect(run.document.findings).toMatchObject([
      { code: 'pods-too-large', of: '64000m, 1024Mi', count: 2, share: 2 / (4 * HOUR + 2) },
    ]);
    expect(readableBacktest(run.document).join('\n')).toContain(
      'pods-too-large 64000m, 1024Mi: 2 (0.2 % of all pods times steps). ',
    );
    expect(outcomeOf(run, 'ours')).toMatchObject({ pendingPodSeconds: 0, nodes: { peak: 1 } });
  });

  it('that no node of the configuration holds are refused where they are more than a twentieth of all', () => {
    // GIVEN one such pod in 48 of 240 steps of four others: 48 ÷ (960 + 48); in 54: 54 ÷ 1014
    const large = { pods: { '250/128': 4, '64000/1024': 1 } };
    expect(() => played([...steps(192, few), ...steps(48, large)])).not.toThrow();
    expect(() => played([...steps(186, few), ...steps(54, large)])).toThrow(
      /pods-too-large: of all pods times steps between 2026-01-05T00:00:00\.000Z and .*, 5\.3 % .* 5 % may be left out .* request 64000m, 1024Mi; .*--config/,
    );
  });

  it('that only a larger type holds get that type, in every policy', () => {
    const pools = { burst: { instanceTypes: ['t3.medium', 't3.2xlarge'], market: 'on-demand', min: 0, max: 9 } };
    const run = played([...steps(HOUR, few), ...steps(HOUR, { pods: { '250/128': 4, '6000/1024': 1 } })], { pools });
    expect(outcomeOf(run, 'peak')).toMatchObject({ pendingPodSeconds: 0, nodes: { peak: 2 } });
    expect(outcomeOf(run, 'ours').launches).toBe(1);
  });

  it('of a configuration whose only pool has taints are refused with what to do', () => {
    const taints = [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' }];
    const pools = { burst: { instanceTypes: ['t3.medium'], market: 'on-demand', min: 0, max: 9, taints } };
    expect(() => played(steps(HOUR, few), { pools })).toThrow(/pools: must hold one without taints/);
  });
});

describe('what DaemonSets request on a worker', () => {
  const some = steps(HOUR, few);
  /** The step of that number told otherwise; undefined: not told. */
  const withDaemons = (index: number, told: { cpu?: number; memory?: number }) => {
    const answers = answersOf(some);
    for (const { metric, points } of answers.daemons) {
      const value = told[metric.resource as 'cpu' | 'memory'];
      points.splice(index, 1, ...(value === undefined ? [] : [[START + index * STEP_MS, value] as [number, number]]));
    }
    return answers;
  };

  it.each<[string, { cpu?: number; memory?: number }, string]>([
    ['is not told', {}, 'daemons-absent'],
    ['is told of CPU alone', { cpu: 0 }, 'daemons-partial'],
    ['is told of memory alone', { memory: 0 }, 'daemons-partial'],
    ['is no number', { cpu: Number.NaN, memory: 0 }, 'daemons-partial'],
    ['is less than nothing', { cpu: -1, memory: 0 }, 'daemons-invalid'],
    ['has no end', { cpu: 0, memory: Number.POSITIVE_INFINITY }, 'daemons-invalid'],
  ])('is named where it %s, and the step is left out', (_what, told, code) => {
    const { document, history } = backtest(withDaemons(9, told), rangeOf(some), configOf());
    expect(document.findings).toMatchObject([{ code, count: 1, first: '2026-01-05T00:02:15.000Z' }]);
    expect(history.usable.flatMap((isUsable, index) => (isUsable ? [] : [index]))).toEqual([9]);
    expect(history.daemons).toEqual({ cpuMilli: 0, memoryBytes: 0 });
  });

  it('is refused where it is never told: none is no guess that anybody may make', () => {
    const answers = answersOf(some);
    answers.daemons.splice(0);
    expect(() => backtest(answers, rangeOf(some), configOf())).toThrow(/Only 0\.0 % .*\(daemons-absent: 240\)/);
  });

  it('is the most of the steps that are used, and no other', () => {
    const answers = withDaemons(20, { cpu: 0.25, memory: 2 ** 26 });
    // GIVEN more than that in a step that is old
    answers.fresh[0]?.points.splice(9, 1, [START + 9 * STEP_MS, 91]);
    answers.daemons[0]?.points.splice(9, 1, [START + 9 * STEP_MS, 50]);
    const { history } = backtest(answers, rangeOf(some), configOf());
    expect(history.daemons).toEqual({ cpuMilli: 250, memoryBytes: 2 ** 26 });
  });

  it('in one step more than a worker has is refused, and no policy is said to cost nothing but the base', () => {
    expect(() => backtest(withDaemons(9, { cpu: 50, memory: 0 }), rangeOf(some), configOf())).toThrow(
      /, 100\.0 % .*They request 250m, 128Mi; DaemonSets request 50000m, 0Mi .* tells it of 2026-01-05T00:02:15\.000Z\./,
    );
  });
});

describe('a pool that buys spot', () => {
  it('is reckoned at a share of the on-demand price, and that it is assumed is named', () => {
    const burst = { instanceTypes: ['t3.medium'], market: 'spot', min: 0, max: 9 };
    const some = [...steps(HOUR, few), ...steps(HOUR, many)];
    const spot = played(some, { pools: { burst } });
    expect(spot.document.findings).toMatchObject([
      { code: 'spot-price-assumed', of: 'burst', meaning: expect.stringContaining('34 % of the on-demand price') },
    ]);
    // Six workers for two hours: 0.34 × 0.0416 + disk + address each, beside the base worker
    expect(outcomeOf(spot, 'peak').costUsd).toBeCloseTo(2 * (HOURLY + 6 * (HOURLY - 0.66 * 0.0416)), 4);
  });
});

describe('signals of the configuration', () => {
  it('are left out and named: their values depend on the workers that were there', () => {
    const signals = [{ name: 'queue', query: 'sum(jobs)', above: 5, window: '5m' }];
    expect(played(steps(HOUR, few), { policy: { signals } }).document.findings).toMatchObject([
      { code: 'signal-not-replayed', of: 'queue' },
    ]);
  });
});

describe('a shape', () => {
  it('keeps millicores and MiB apart, however large', () => {
    const run = played(steps(HOUR, { pods: { '1/16000000': 0, '250/128': 4 } }));
    expect(run.history.shapes).toEqual([{ cpuMilli: 250, memoryBytes: 128 * 2 ** 20 }]);
    expect(codeOf('448000/25165824')).toBe(String(448000 * 2 ** 24 + 25165824));
  });
});
