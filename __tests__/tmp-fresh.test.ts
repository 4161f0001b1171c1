import { casesOf, codeOf } from './e2e/agreement/cases';
import { takenByFresh, triedOf, freshOf } from './e2e/agreement/fresh';
import { byAge, keyOf, scheduled, waits, fits, type Objects } from './autoscaler/planning/packing/scheduler';
import { appendFileSync } from 'node:fs';
const say = (s: string) => appendFileSync(process.env.OUT as string, `${s}\n`);
it('fresh', () => {
  for (const seed of (process.env.SEEDS ?? '').split(',').map(Number)) {
    let tried = 0, one = 0, all = 0; const t = performance.now();
    for (const each of casesOf(seed, 200)) {
      const after = scheduled(each.objects, byAge(each.objects.pods), each.cluster.at);
      const t1 = takenByFresh(each, after);
      tried += t1.tried; one += t1.taken.length;
      for (const x of t1.taken.slice(0, 3)) say(`seed ${seed} case ${each.number} ${x}`);
    }
    say(`SEED ${seed} tried ${tried} taken by one ${one}, by all ${all} in ${((performance.now() - t) / 1000).toFixed(1)} s`);
  }
}, 3_000_000);
