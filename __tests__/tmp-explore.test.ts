import { casesOf, codeOf } from './e2e/agreement/cases';
import { leftByDice } from './autoscaler/planning/packing/dice';
import { keyOf } from './autoscaler/planning/packing/scheduler';
import { Random } from '../src/world/random';
import { appendFileSync } from 'node:fs';

const PROMISED = new Set(['pod-fits-existing', 'pod-fits-joining', 'pod-fits-draining', 'pod-gets-node']);
const OUT = process.env.OUT as string;
const say = (s: string) => appendFileSync(OUT, `${s}\n`);
it('explores', () => {
  const PLAYS = Number(process.env.PLAYS ?? 20);
  for (const seed of (process.env.SEEDS ?? '20260105').split(',').map(Number)) {
    const t0 = performance.now();
    const cases = casesOf(seed, 200);
    const t1 = performance.now();
    const codes: Record<string, number> = {};
    let expected = 0; let casesBroken = 0; let hopelessRuns = 0;
    for (const each of cases) {
      for (const pod of each.queue) codes[codeOf(each, pod)] = (codes[codeOf(each, pod)] ?? 0) + 1;
      const promised = each.queue.filter((p) => PROMISED.has(codeOf(each, p))).map(keyOf);
      const hopeless = each.queue.filter((p) => ['pod-too-large', 'pod-kept-away'].includes(codeOf(each, p))).map(keyOf);
      const missed: Record<string, number> = {}; let broken = 0;
      for (let i = 0; i < PLAYS; i++) {
        const left = leftByDice(each.objects, each.queue, new Random(seed, `${each.number}/${i}`));
        const m = promised.filter((k) => left.has(k));
        for (const k of m) missed[k] = (missed[k] ?? 0) + 1;
        if (m.length) broken++;
        expected += m.length;
        const hr = hopeless.filter((k) => !left.has(k)); hopelessRuns += hr.length; if (i === 0 && hr.length) say(`seed ${seed} case ${each.number} HOPELESS RUNS known ${Object.keys(each.cluster.state.allocatable).length > 0} ${hr.join(' ')}`);
      }
      if (broken) { casesBroken++; say(`seed ${seed} case ${each.number}: broken in ${broken} of ${PLAYS}: ${JSON.stringify(missed)} known ${Object.keys(each.cluster.state.allocatable).length > 0} pods ${each.queue.length} nodes ${each.objects.nodes.length}`); }
    }
    const promised = [...PROMISED].reduce((s, c) => s + (codes[c] ?? 0), 0);
    say(`SEED ${seed} plan ${((t1 - t0) / 1000).toFixed(1)} s, plays ${((performance.now() - t1) / 1000).toFixed(1)} s; promised ${promised} may wait ${codes['pod-may-wait']} (${(100 * (codes['pod-may-wait'] ?? 0) / (promised + (codes['pod-may-wait'] ?? 0))).toFixed(2)} %); cases ever broken ${casesBroken}; mean broken per run ${(expected / PLAYS).toFixed(2)} = ${(100000 * expected / PLAYS / promised).toFixed(1)} in 100000; hopeless runs ${hopelessRuns}; ${JSON.stringify(codes)}`);
  }
}, 3_000_000);
