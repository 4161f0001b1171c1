import { readFile } from 'node:fs/promises';
import { SEED } from '../inputs/list';
import type { Measurement } from '../measurement';
import { outputOf } from '../process';
import type { BenchPlan } from '../schema';

/** One warm-up, then so many runs a process. */
const RUNS = 2;

/** What `karpbench solve` prints, as far as it is read. */
interface Solved {
  planner: string;
  runs: { setupMs: number; solveMs: number }[];
  cpuMsMin: number;
  maxRssMiB: number;
}

/** One process of Karpenter: one thread, one worker, which is its default in production too. */
export async function runKarpenter(
  binary: string,
  input: string,
  planFile: string,
  signal: AbortSignal,
): Promise<Measurement> {
  const args = ['solve', '-in', input, '-runs', String(RUNS), '-warmup', '1', '-workers', '1', '-plan', planFile];
  const out = await outputOf(binary, args, { env: { ...process.env, GOMAXPROCS: '1' }, signal });
  const { planner, runs, cpuMsMin, maxRssMiB } = JSON.parse(out) as Solved;
  return {
    planner,
    runsMs: runs.map(({ setupMs, solveMs }) => setupMs + solveMs),
    cpuMs: cpuMsMin,
    maxRssMiB,
    plan: JSON.parse(await readFile(planFile, 'utf8')) as BenchPlan,
  };
}

/** Karpenter's mix by the program's own generator: the same bytes everywhere. */
export async function generate(
  binary: string,
  size: { pods: number; types: number; nodes: number },
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const numbers = [
    ['-pods', size.pods],
    ['-types', size.types],
    ['-nodes', size.nodes],
    ['-seed', SEED],
  ];
  await outputOf(binary, ['gen', ...numbers.flat().map(String), '-o', file], { signal });
}
