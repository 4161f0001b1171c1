import { Attempts } from './attempts';

/** As the scheduler writes it; `web-1` is refused, then bound beside `db-1`, and the later of the two is bound first. */
const LOG = `I1128 14:15:27.363846   21808 schedule_one.go:123] "Attempting to schedule pod" pod="default/web-1"
I1128 14:15:27.364316   21808 schedule_one.go:1239] "Unable to schedule pod; no fit; waiting" pod="default/web-1" err="0/1 nodes are available: 1 node(s) didn't match pod affinity rules. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
I1128 14:15:27.527470   21808 schedule_one.go:123] "Attempting to schedule pod" pod="default/db-1"
I1128 14:15:27.527512   21808 scheduling_queue.go:475] "receive an event that isn't interested by any enabled plugins" pod="default/other"
I1128 14:15:27.563108   21808 schedule_one.go:123] "Attempting to schedule pod" pod="default/web-1"
I1128 14:15:27.584790   21808 schedule_one.go:481] "Successfully bound pod to node" pod="default/web-1" node="n1" evaluatedNodes=1 feasibleNodes=1
E1128 14:15:27.584801   21808 schedule_one.go:1243] "Error scheduling pod; retrying" err="the server is gone" pod="default/db-1"
I1128 14:15:27.584810   21808 schedule_one.go:123] "Attempting to schedule pod" pod="default/db-1"
I1128 14:15:27.584990   21808 schedule_one.go:481] "Successfully bound pod to node" pod="default/db-1" node="n1" evaluatedNodes=1 feasibleNodes=1`.split(
  '\n',
);

const heard = (lines: number): Attempts => {
  const attempts = new Attempts();
  for (const line of LOG.slice(0, lines)) attempts.heard(line);
  return attempts;
};

describe('attempts of the real scheduler', () => {
  it.each<[lines: number, order: string[], bound: string[], areOver: boolean]>([
    [0, [], [], true],
    [1, ['web-1'], [], false],
    [2, ['web-1'], [], true],
    [4, ['web-1', 'db-1'], [], false],
    [6, ['web-1', 'db-1', 'web-1'], ['web-1'], false],
    [7, ['web-1', 'db-1', 'web-1'], ['web-1'], true],
    [9, ['web-1', 'db-1', 'web-1', 'db-1'], ['web-1', 'db-1'], true],
  ])('after %i lines are %j, bound %j, and it is %s that they are over', (lines, order, bound, areOver) => {
    const attempts = heard(lines);
    const keys = (names: string[]) => names.map((name) => `default/${name}`);
    expect({ order: attempts.order, bound: attempts.bound, areOver: attempts.areOver }).toEqual({
      order: keys(order),
      bound: keys(bound),
      areOver,
    });
  });

  it('are forgotten before pods of the same names come', () => {
    // GIVEN
    const attempts = heard(3);
    // WHEN
    attempts.forget();
    // THEN
    expect({ order: attempts.order, bound: attempts.bound, areOver: attempts.areOver }).toEqual({
      order: [],
      bound: [],
      areOver: true,
    });
  });
});
