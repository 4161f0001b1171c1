import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { percentile } from '../milliseconds';
import { outputOf } from '../process';
import type { Goal } from '../tables';
import { madeExport } from './export';

const ROOT = path.resolve(__dirname, '../..');
const START = Date.parse('2026-01-05T00:00:00Z');
/** A week of steps of 15 s for some twenty nodes. */
const WEEK = { from: START, steps: 7 * 5760, stepMs: 15_000, nodes: 20, seed: 1 };
/** The default has ten nodes at most. */
const CONFIG = `import { defineConfig } from ${JSON.stringify(path.join(ROOT, 'src/config/define'))};
export default defineConfig({
  limits: { maxNodes: 40 },
  pools: { burst: { instanceTypes: ['t3.medium', 't3a.medium'], market: 'on-demand', min: 0, max: 39 } },
});
`;

/** What a week may take, milliseconds: for the median, the start of the program and the reading of the file included. */
const GOAL_MS = 10_000;

/** @param times of each round, milliseconds */
export function weekGoals(times: readonly number[]): Goal[] {
  const median = percentile(times, 0.5);
  return [
    {
      goal: `at most ${GOAL_MS / 1000} s for a week at 15 s of twenty nodes, in the median`,
      kept: median <= GOAL_MS,
      is: `${(median / 1000).toFixed(1)} s`,
    },
  ];
}

export interface BacktestBenchOptions {
  rounds: number;
  log: (line: string) => void;
  signal: AbortSignal;
}

/** How long `backtest --file` takes for a week, each time in a fresh process, milliseconds. */
export async function benchBacktest({ rounds, log, signal }: BacktestBenchOptions): Promise<number[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'k3s-autoscaler-backtest-'));
  try {
    const file = path.join(directory, 'week.jsonl');
    const config = path.join(directory, 'autoscaler.config.ts');
    writeFileSync(file, madeExport(WEEK));
    writeFileSync(config, CONFIG);
    const times: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      log(`bench: a week, ${round} of ${rounds}`);
      const began = performance.now();
      const program = ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts')];
      await outputOf(process.execPath, [...program, 'backtest', '--file', file, '--config', config, '--json'], {
        cwd: ROOT,
        signal,
      });
      times.push(performance.now() - began);
    }
    return times;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
