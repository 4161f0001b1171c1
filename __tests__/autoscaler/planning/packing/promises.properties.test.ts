import { plan } from '../../../../src/autoscaler/planning/planner';
import { build, type Cluster, type Options, type Parts, parts, snapshotOf } from './clusters';
import { holds } from './runs';
import { arrived, byAge, keyOf, scheduled, waits } from './scheduler';

/**
 * What is promised: a pod that is said to fit or to get a node runs once every node that is on its way or planned is
 * there, and the scheduler takes all that waits by priority and age. What is not: that it runs while some of those nodes
 * are still to come, which the scheduler may fill in another order; and anything of a pod that "may wait".
 *
 * Among pods of one sort that is certain. Where several sorts compete, the scheduler throws dice between nodes that it
 * likes the same, a new node may have a little more room than is known, and one choice more or less may leave the last
 * pod outside; the planner plays several such games and promises nothing that one of them breaks. What slips through is
 * counted here: the next tick looks at such a pod again. How often it does is measured over many seeds and falls of the
 * dice (luck.properties.long.test.ts).
 */
const PROMISES = ['pod-fits-existing', 'pod-fits-joining', 'pod-fits-draining', 'pod-gets-node'];

interface Outcome {
  /** Pods that have a place by the plan, without those that may wait. */
  promised: string[];
  mayWait: number;
  /** Of the promised ones, those that the scheduler left. */
  missed: string[];
}

function outcomeOf(cluster: Cluster): Outcome {
  const snapshot = snapshotOf(cluster);
  const made = plan(snapshot, cluster.config);
  const coded = (codes: string[]) => Object.keys(made.pods).filter((key) => codes.includes(made.pods[key]?.code ?? ''));
  const then = arrived(cluster, made, snapshot);
  const left = new Set(scheduled(then, byAge(then.pods), cluster.at).filter(waits).map(keyOf));
  const promised = coded(PROMISES);
  return { promised, mayWait: coded(['pod-may-wait']).length, missed: promised.filter((key) => left.has(key)) };
}

/**
 * A share of some hundred draws differs from one set of them to the next: only the planner is to change it.
 * `PROPERTY_SEED` draws another set.
 */
const SEED = 20260105;

/** Sums over many clusters, the same each time. `PROPERTY_STRICT=1` shrinks the first promise that is broken instead. */
function counted(options: Options, runs: number): { promised: number; mayWait: number; missed: number } {
  const sums = { promised: 0, mayWait: 0, missed: 0 };
  const count = (made: Parts) => {
    const { promised, mayWait, missed } = outcomeOf(build(made));
    if (process.env.PROPERTY_STRICT) expect(missed).toEqual([]);
    sums.promised += promised.length;
    sums.mayWait += mayWait;
    sums.missed += missed.length;
  };
  holds(parts(options), runs, count, SEED);
  return sums;
}

const share = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`;

describe('once all nodes are there', () => {
  it('every pod that has a place by the plan is bound by the scheduler where all that wait are of one sort', () => {
    // GIVEN any cluster whose new nodes offer what such nodes have offered before
    holds(parts({ alike: true }), 200, (made) => {
      // THEN
      expect(outcomeOf(build({ ...made, isKnown: true })).missed).toEqual([]);
    });
  });

  it.each([
    ['ask for room alone', { plain: true }],
    ['ask for company too', {}],
  ])('at most one in a thousand promises is broken where several sorts compete that %s', (_, options) => {
    const { promised, mayWait, missed } = counted(options, 200);
    process.stdout.write(`${promised} promised, ${share(missed, promised)} broken; ${mayWait} may wait\n`);
    // Measured: none. One cluster where the dice fall badly may have two such pods.
    expect(missed).toBeLessThanOrEqual(promised * 0.001);
  });

  it('few pods may wait where all ask for room alone', () => {
    const { promised, mayWait } = counted({ plain: true }, 100);
    process.stdout.write(`${share(mayWait, promised + mayWait)} may wait\n`);
    // Measured: 3 to 5 %. A promise that is hardly ever given would be none.
    expect(mayWait).toBeLessThan(0.12 * (promised + mayWait));
  });
});
