import { casesOf, codeOf } from './e2e/agreement/cases';
import { takenByFresh, triedOf, freshOf } from './e2e/agreement/fresh';
import { byAge, keyOf, scheduled, waits, fits, type Objects } from './autoscaler/planning/packing/scheduler';
import { appendFileSync } from 'node:fs';
const say = (s: string) => appendFileSync(process.env.OUT as string, `${s}\n`);
it('fresh', () => {
  for (const seed of (process.env.SEEDS ?? '').split(',').map(Number)) {
    let tried = 0, one = 0, all = 0; const t = performance.now();
    for (const each of casesOf(seed, 200)) {
      const after = scheduled(each.objects, byAge(each.objects.pods), each.cluster.at).filter((p) => !waits(p));
      const o: Objects = { ...each.objects, pods: after };
      tried += triedOf(each).length;
      const t1 = takenByFresh(each, o);
      for (const x of t1.slice(0, 3)) say(`seed ${seed} case ${each.number} ${x}`);
      one += t1.length;
      const fresh = freshOf(each);
      const big: Objects = { ...o, nodes: [...o.nodes, ...fresh.map((f) => f.node)], pods: [...after, ...fresh.flatMap((f) => f.daemons)] };
      for (const pod of triedOf(each)) { const f = big.nodes.filter((n) => fits(pod, n, big)); if (f.length) { all++; say(`seed ${seed} case ${each.number} ALL ${keyOf(pod)} ${codeOf(each, pod)} ${f.length} of ${big.nodes.length}`); } }
    }
    say(`SEED ${seed} tried ${tried} taken by one ${one}, by all ${all} in ${((performance.now() - t) / 1000).toFixed(1)} s`);
  }
}, 3_000_000);
