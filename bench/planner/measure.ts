import { readFileSync, writeFileSync } from 'node:fs';
import { plan } from '../../src/autoscaler/planning/planner';
import type { Input } from '../schema';
import { configOf, planOf, snapshotOf } from './convert';
import { placementOf } from './placement';

/** By then what runs often is compiled, as in a function that has been running for a while. */
const UNTIMED = 5;

/**
 * `node measure.js INPUT RUNS PLAN`: a process of its own for each measurement, bundled, so that nothing is transpiled
 * in it. The first run is the cold one, as in a function that has just started; then some are not timed. Garbage is
 * collected when Node.js does: a run pays for what one run leaves. Collected by force between the runs, compiled code is
 * thrown away with it.
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
  const timed = () => {
    const snapshot = snapshotOf(input);
    const cpu = process.cpuUsage();
    const from = performance.now();
    const result = plan(snapshot, config);
    const ms = performance.now() - from;
    const { user, system } = process.cpuUsage(cpu);
    return { ms, cpuMs: (user + system) / 1000, result };
  };
  const cold = timed();
  for (let i = 1; i < UNTIMED; i += 1) timed();
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

const [file = '', runs = '', planFile = ''] = process.argv.slice(2);
const measured = measure(file, Number(runs));
const input = JSON.parse(readFileSync(file, 'utf8')) as Input;
writeFileSync(planFile, JSON.stringify(planOf(input, placementOf(snapshotOf(input), configOf(input)))));
process.stdout.write(`${JSON.stringify(measured)}\n`);
