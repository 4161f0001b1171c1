import type { Verdict } from '../../../../src/autoscaler/plan';
import { plan } from '../../../../src/autoscaler/planning/planner';
import { build, type Cluster, parts, snapshotOf } from './clusters';
import { holds } from './runs';
import { arrived, byAge, keyOf, scheduled, waits } from './scheduler';

const PROMISES = ['pod-fits-existing', 'pod-fits-joining', 'pod-fits-draining', 'pod-gets-node'];

/** Pods that the plan says will run and that the scheduler leaves, with what both say of it all. */
function broken(cluster: Cluster, tell: (verdicts: Verdict[]) => void): object | undefined {
  const snapshot = snapshotOf(cluster);
  const made = plan(snapshot, cluster.config);
  tell(Object.values(made.pods));
  const then = arrived(cluster, made, snapshot);
  const after = scheduled(then, byAge(then.pods), cluster.at);
  const left = after.filter(waits).map(keyOf);
  const missed = left.filter((key) => PROMISES.includes(made.pods[key]?.code ?? ''));
  if (missed.length === 0) return undefined;
  const says = Object.fromEntries(
    Object.entries(made.pods).map(([key, { code, text }]) => [key, `${code} ${text.split('.').slice(1).join('.')}`]),
  );
  const seats = after.map((pod) => [keyOf(pod), pod.spec.nodeName ?? pod.status.conditions.at(-1)?.message]);
  return { missed, says, intents: made.intents, seats: Object.fromEntries(seats) };
}

describe('whatever the cluster looks like', () => {
  it('ALIKE', () => {
    holds(parts({ alike: true }), 300, (made) => {
      const found = broken(build({ ...made, isKnown: true }), () => {});
      if (found) throw new Error(JSON.stringify(found, null, 1));
    });
  });
  it.each([
    ['plain', true, true],
    ['plain', true, false],
    ['company', false, true],
    ['company', false, false],
  ] as const)('a pod that has a place by the plan gets it (%s, known: %s)', (_, plain, isKnown) => {
    const counts: Record<string, number> = {};
    let fails = 0;
    let n = 0;
    const survey = process.env.SURVEY;
    holds(parts({ plain }), 300, (made) => {
      const cluster = build({ ...made, isKnown });
      n += 1;
      const found = broken(cluster, (verdicts) => {
        for (const { code } of verdicts) counts[code] = (counts[code] ?? 0) + 1;
      });
      if (found && survey) fails += 1;
      else if (found) throw new Error(JSON.stringify(found, null, 1));
    });
    console.log(counts, fails, n);
  });
});
