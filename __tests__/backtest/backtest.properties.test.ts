import fc from 'fast-check';
import { Findings } from '../../src/backtest/findings';
import { historyOf } from '../../src/backtest/history';
import { playPeak } from '../../src/backtest/policies/peak';
import { answersOf, configOf, played, rangeOf, type Step, steps } from './made';

const SHAPES = ['100/128', '250/256', '900/512', '1500/1024'];

/** Some minutes alike, then others. */
const demand = fc
  .array(
    fc.record({
      minutes: fc.integer({ min: 1, max: 30 }),
      pods: fc.record(Object.fromEntries(SHAPES.map((shape) => [shape, fc.nat({ max: 12 })]))),
      busy: fc.double({ min: 0, max: 8, noNaN: true }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.flatMap(({ minutes, pods, busy }) => steps(4 * minutes, { pods, busy })))
  .filter((all) => all.length > 1);

const cpuOf = (pods: Record<string, number>): number =>
  Object.entries(pods).reduce((sum, [shape, count]) => sum + count * Number(shape.split('/')[0]), 0);

describe('whatever a cluster was asked for', () => {
  it('a static fleet at the peak keeps no pod waiting, and has at least the nodes that the work needs', () => {
    fc.assert(
      fc.property(demand, (all) => {
        const history = historyOf(answersOf(all), rangeOf(all), new Findings());
        const { nodes, pendingPodSeconds, launches } = playPeak(history, configOf()).outcome;
        const most = Math.max(...all.map((step) => cpuOf(step?.pods ?? {})));
        expect({ pendingPodSeconds, launches }).toEqual({ pendingPodSeconds: 0, launches: 0 });
        expect(nodes.mean).toBe(nodes.peak);
        expect(nodes.peak).toBeGreaterThanOrEqual(Math.ceil(most / 2000));
      }),
      { numRuns: 25 },
    );
  });

  it('nobody pays for more workers than the limit allows, nor for fewer than the base', () => {
    fc.assert(
      fc.property(demand, (all) => {
        const run = played(all, { limits: { maxNodes: 60 }, pools: POOLS });
        const config = configOf({ pools: POOLS });
        const dearest = Math.max(
          ...Object.values(config.instanceTypes).map(({ usdPerHour }) => usdPerHour['on-demand']),
        );
        const hours = (15 * all.length) / 3600;
        for (const { costUsd, nodes } of run.document.policies) {
          expect(nodes.peak).toBeLessThanOrEqual(60);
          expect(nodes.mean).toBeGreaterThanOrEqual(1);
          expect(costUsd).toBeLessThanOrEqual(nodes.mean * hours * dearest + 1e-9);
        }
      }),
      { numRuns: 6 },
    );
  });

  it('it is the same the second time', () => {
    fc.assert(
      fc.property(demand, (all) => {
        expect(played(all).document).toEqual(played(all).document);
      }),
      { numRuns: 3 },
    );
  });
});

const POOLS = { burst: { instanceTypes: ['t3.medium'], market: 'on-demand', min: 0, max: 59 } };

describe('data of which a part is missing', () => {
  it('never has fewer findings than the whole', () => {
    const found = (answers: ReturnType<typeof answersOf>, all: readonly Step[]): number => {
      const findings = new Findings();
      try {
        historyOf(answers, rangeOf(all), findings);
      } catch {
        // It is refused, and what was found until then is what counts.
      }
      return findings.list().reduce((sum, { count }) => sum + count, 0);
    };
    fc.assert(
      fc.property(
        demand,
        fc.nat({ max: 30 }),
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, of, seed, share) => {
          const whole = found(answersOf(all), all);
          const answers = answersOf(all);
          const series = Object.values(answers).flat();
          const cut = series[of % series.length];
          if (cut) cut.points = cut.points.filter((_, i) => ((i * 7919 + seed) % 1000) / 1000 >= share);
          expect(found(answers, all)).toBeGreaterThanOrEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });
});
