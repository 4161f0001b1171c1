import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { placementOf } from '../../src/autoscaler/planning/placement';
import { plan } from '../../src/autoscaler/planning/planner';
import type { Input } from '../schema';
import { configOf, planOf, snapshotOf } from './convert';

/**
 * `node measure.js INPUT RUNS PLAN`: a process of its own for each measurement, bundled, so that nothing is transpiled
 * in it. The first run is the cold one, as in a function that has just started; it is also the warm-up of the others.
 */

export interface Measured {
  /** The first `plan` of the process: nothing was compiled yet. */
  coldMs: number;
  /** The later ones, each on a snapshot of its own. */
  runsMs: number[];
  /** Of the whole process in the later runs, threads of the collector and the compiler among it; the least of the runs. */
  cpuMs: number;
  /** Of the whole process, the input among it, before the plan is written. */
  maxRssMiB: number;
  decision: string;
  intents: number;
}

function measure(file: string, runs: number): Measured {
  const input = JSON.parse(readFileSync(file, 'utf8')) as Input;
  const config = configOf(input);
  const collect = collector();
  const timed = () => {
    const snapshot = snapshotOf(input);
    // As Karpenter's harness does before each run: what came before is not this run's garbage.
    collect();
    const cpu = process.cpuUsage();
    const from = performance.now();
    const result = plan(snapshot, config);
    const ms = performance.now() - from;
    const { user, system } = process.cpuUsage(cpu);
    return { ms, cpuMs: (user + system) / 1000, result };
  };
  const cold = timed();
  const warm = Array.from({ length: runs }, timed);
  return {
    coldMs: cold.ms,
    runsMs: warm.map(({ ms }) => ms),
    cpuMs: Math.min(...warm.map(({ cpuMs }) => cpuMs)),
    maxRssMiB: process.resourceUsage().maxRSS / 1024,
    decision: cold.result.decision.code,
    intents: cold.result.intents.length,
  };
}

/** Node has no other way to it without a flag on its command line. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

const [file = '', runs = '', planFile = ''] = process.argv.slice(2);
const measured = measure(file, Number(runs));
const input = JSON.parse(readFileSync(file, 'utf8')) as Input;
writeFileSync(planFile, JSON.stringify(planOf(input, placementOf(snapshotOf(input), configOf(input)))));
process.stdout.write(`${JSON.stringify(measured)}\n`);
