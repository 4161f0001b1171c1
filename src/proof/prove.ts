import { mutate } from './mutate';
import { MUTATIONS, type Mutation } from './mutations';
import { PARTS, type Part } from './parts';
import { FULL, SAMPLE, type Size, tasksOf, tasksOfScenario } from './sizes';
import type { SoakFacts } from './soak';
import { add, type Finding, type TaskResult } from './tasks';
import { bundleProof, runTasks } from './workers';

/** What was tried and what came of it. */
export interface Proof {
  parts: Partial<Record<Part, Pick<TaskResult, 'tried' | 'failed'>>>;
  soak?: SoakFacts;
  findings: Finding[];
  mutants: Mutant[];
  seconds: number;
}

export interface Mutant extends Pick<Mutation, 'name' | 'part' | 'why'> {
  /** Invariants that it broke; none: it was missed. */
  caughtBy: string[];
  /** Where, to see it again: words of the unmutated command. */
  at?: string;
}

export interface ProveOptions {
  parts: readonly Part[];
  mutations: boolean;
  seed: number;
  size?: Size;
  processes: number;
  signal?: AbortSignal;
  onProgress: (what: string, done: number, of: number) => void;
}

export async function prove(options: ProveOptions): Promise<Proof> {
  const began = performance.now();
  const proof: Proof = { parts: {}, findings: [], mutants: [], seconds: 0 };
  const { parts, size = FULL, seed, processes, signal, onProgress } = options;
  if (parts.length > 0) {
    // The soak is one long task: it begins first, so that it does not end alone.
    const tasks = [...PARTS]
      .reverse()
      .filter((part) => parts.includes(part))
      .flatMap((part) => tasksOf(part, size, seed));
    let done = 0;
    const bundle = await bundleProof('proof');
    const onResult = (result: TaskResult): undefined => {
      gather(proof, result);
      onProgress('proof', ++done, tasks.length);
    };
    await runTasks({ bundle, tasks, processes, onResult, ...(signal && { signal }) });
  }
  for (const [index, mutation] of (options.mutations ? MUTATIONS : []).entries()) {
    proof.mutants.push(await tryMutant(mutation, options));
    onProgress('mutants', index + 1, MUTATIONS.length);
  }
  return { ...proof, seconds: Math.round((performance.now() - began) / 1000) };
}

export const isProven = ({ findings, mutants }: Proof): boolean =>
  findings.length === 0 && mutants.every(({ caughtBy }) => caughtBy.length > 0);

function gather(proof: Proof, { part, tried, failed, findings: found, soak }: TaskResult): void {
  const { parts, findings } = proof;
  const sums = parts[part] ?? { tried: {}, failed: {} };
  parts[part] = sums;
  for (const [key, by] of Object.entries(tried)) add(sums.tried, key, by);
  for (const [key, by] of Object.entries(failed)) add(sums.failed, key, by);
  findings.push(...found);
  if (soak) proof.soak = soak;
}

/** A sample of the part that shall see it, until something is seen. */
async function tryMutant(mutation: Mutation, { processes, seed, signal }: ProveOptions): Promise<Mutant> {
  const { name, part, why, scenario } = mutation;
  const bundle = await bundleProof('mutant', [mutate(mutation)]);
  const mutant: Mutant = { name, part, why, caughtBy: [] };
  const tasks = [...(scenario === undefined ? [] : tasksOfScenario(scenario, seed)), ...tasksOf(part, SAMPLE, seed)];
  const onResult = ({ findings }: TaskResult): boolean => {
    const [first] = findings;
    if (!first) return true;
    mutant.caughtBy = [...new Set([...mutant.caughtBy, ...findings.map(({ invariant }) => invariant)])];
    mutant.at ??= first.replay;
    return false;
  };
  await runTasks({ bundle, tasks, processes, onResult, ...(signal && { signal }) });
  return mutant;
}
