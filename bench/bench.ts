import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inputs as allInputs, type BenchInput, SEED } from './inputs/list';
import { mixedInput } from './inputs/mix';
import { KarpenterMissing, karpenterBinary } from './karpenter/binary';
import { generate, runKarpenter } from './karpenter/karpenter';
import { lowerBound } from './lower-bound';
import type { Measurement } from './measurement';
import { bundleMeasure, runOurs } from './planner/planner';
import { type Result, resultOf } from './result';
import type { Input } from './schema';

export interface Bench {
  results: Result[];
  rounds: number;
  /** Why Karpenter did not run. */
  missing?: string;
}

export interface BenchOptions {
  rounds: number;
  quick: boolean;
  /** These inputs alone, by name. */
  only?: string[];
  log: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Runs both planners on every input. They take turns, round by round, and who begins alternates: the speed of a machine
 * drifts by far more than a few percent within minutes, and only what ran side by side can be compared.
 */
export async function bench({ rounds, quick, only, log, signal }: BenchOptions): Promise<Bench> {
  const { binary, missing } = await findKarpenter(log, signal);
  const directory = await mkdtemp(path.join(tmpdir(), 'k3s-autoscaler-bench-'));
  try {
    const bundle = await bundleMeasure(directory);
    const chosen = allInputs().filter(({ name, quick: isQuick }) => (only ? only.includes(name) : !quick || isQuick));
    const results: Result[] = [];
    for (const [index, input] of chosen.entries()) {
      signal.throwIfAborted();
      log(`bench: ${input.name} (${index + 1} of ${chosen.length})`);
      const file = path.join(directory, 'input.json');
      await make(input, file, binary, signal);
      const plan = path.join(directory, 'plan.json');
      const turns = {
        ...(binary && { karpenter: () => runKarpenter(binary, file, plan, signal) }),
        ours: () => runOurs(bundle, file, plan, signal),
      };
      const { karpenter, ours } = await takeTurns(turns, rounds);
      const parsed = JSON.parse(await readFile(file, 'utf8')) as Input;
      results.push(resultOf(input, parsed, lowerBound(parsed), ours, karpenter));
    }
    return { results, rounds, ...(missing !== undefined && { missing }) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function findKarpenter(
  log: BenchOptions['log'],
  signal: AbortSignal,
): Promise<{ binary?: string; missing?: string }> {
  try {
    return { binary: await karpenterBinary(log, signal) };
  } catch (error) {
    if (!(error instanceof KarpenterMissing)) throw error;
    log(`bench: KARPENTER IS LEFT OUT: ${error.message}`);
    log(
      "bench: our planner runs alone, and Karpenter's mix is drawn by a generator of ours: the same mix, other draws.",
    );
    return { missing: error.message };
  }
}

async function make(input: BenchInput, file: string, binary: string | undefined, signal: AbortSignal): Promise<void> {
  if (input.make) await writeFile(file, JSON.stringify(input.make()));
  else if (binary) await generate(binary, input, file, signal);
  else await writeFile(file, JSON.stringify(mixedInput(input.pods, input.types, input.nodes, SEED)));
}

interface Turns {
  karpenter?: () => Promise<Measurement>;
  ours: () => Promise<Measurement>;
}

async function takeTurns(turns: Turns, rounds: number): Promise<{ karpenter: Measurement[]; ours: Measurement[] }> {
  const done: { karpenter: Measurement[]; ours: Measurement[] } = { karpenter: [], ours: [] };
  const names = ['karpenter', 'ours'] as const;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const run = turns[name];
      if (run) done[name].push(await run());
    }
  }
  return done;
}
