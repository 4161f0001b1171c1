import type { BenchPlan } from './schema';

/** What one process of a planner came to. */
export interface Measurement {
  planner: string;
  /** Whole: for Karpenter its set-up and its solving. */
  runsMs: number[];
  /** The first run of a process in which nothing was compiled yet. */
  coldMs?: number;
  /** Of the process with all its threads, in the run with the least. */
  cpuMs: number;
  /** Peak of the process, its input among it. */
  maxRssMiB: number;
  plan: BenchPlan;
}
