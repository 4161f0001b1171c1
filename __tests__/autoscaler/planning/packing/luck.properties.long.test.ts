import { type Case, casesOf, codeOf } from '../../../e2e/agreement/cases';
import { hopelessOf, promisedOf } from '../../../e2e/agreement/codes';
import { takenByFresh } from '../../../e2e/agreement/fresh';
import { missedIn } from '../../../e2e/agreement/luck';
import { byAge, scheduled } from './scheduler';
import { wilson } from './wilson';

/** Each draws as many clusters; `PROPERTY_SEED` asks for one of its own instead. The same each time, as what is counted is a rare event. */
const SEEDS = process.env.PROPERTY_SEED ? [Number(process.env.PROPERTY_SEED)] : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const CLUSTERS = 200;
const PLAYS = 10;

/**
 * Of a thousand clusters, in one play each. Measured: none of 2000. Before the planner threw dice itself it were ten and
 * more of a thousand.
 */
const MOST_BROKEN = 3;

const all = SEEDS.flatMap((seed) => casesOf(seed, CLUSTERS).map((each) => ({ seed, each })));
const told = (seed: number, { number }: Case) => `seed ${seed}, case ${number}`;
const shown = (share: number) => `${(1000 * share).toFixed(2)}`;

describe(`the plans for ${all.length} clusters`, () => {
  it('keep their promises however the dice fall, but for less than three clusters of a thousand', () => {
    // WHEN
    const played = all.map(({ seed, each }) => ({
      seed,
      each,
      missed: Array.from({ length: PLAYS }, (_, play) => missedIn(each, seed, play)),
    }));
    const broken = played.filter(({ missed }) => (missed[0] as string[]).length > 0);
    const always = played.filter(({ missed }) => missed.every(({ length }) => length > 0));
    const rate = wilson(broken.length, all.length);
    const sum = (of: (each: Case) => readonly unknown[]) => all.reduce((n, { each }) => n + of(each).length, 0);
    const promised = sum(promisedOf);
    const mayWait = sum((each) => each.queue.filter((pod) => codeOf(each, pod) === 'pod-may-wait'));
    const missedPods = played.reduce((n, { missed }) => n + missed.flat().length, 0);
    process.stdout.write(
      `${all.length} clusters, ${promised} promises, ${mayWait} may wait; in one play broken in ${broken.length} clusters ` +
        `(95 %: ${rate.map(shown).join(' to ')} of a thousand); ${missedPods} of ${PLAYS * promised} promises in ${PLAYS} plays\n`,
    );
    for (const { seed, each, missed } of played) {
      const times = missed.filter(({ length }) => length > 0).length;
      if (times === 0) continue;
      const pods = [...new Set(missed.flat())].join(', ');
      process.stdout.write(`  ${told(seed, each)}: broken in ${times} of ${PLAYS} plays: ${pods}\n`);
    }
    // THEN what breaks a promise is the dice, and it is rare
    expect(always.map(({ seed, each }) => told(seed, each))).toEqual([]);
    expect((1000 * broken.length) / all.length).toBeLessThanOrEqual(MOST_BROKEN);
  });

  it('call no pod hopeless that a new and empty node of any pool, type and zone would take', () => {
    // WHEN
    const found = all.map(({ seed, each }) => {
      const after = scheduled(each.objects, byAge(each.objects.pods), each.cluster.at);
      const { tried, taken } = takenByFresh(each, after);
      return { tried, taken: taken.map((what) => `${told(seed, each)}: ${what}`) };
    });
    const tried = found.reduce((sum, each) => sum + each.tried, 0);
    const hopeless = all.reduce((n, { each }) => n + hopelessOf(each).length, 0);
    process.stdout.write(`${hopeless} hopeless pods, ${tried} of them unlike each other tried\n`);
    // THEN
    expect(found.flatMap(({ taken }) => taken)).toEqual([]);
    expect(tried).toBeGreaterThan(0.5 * all.length);
  });
});
