import { MUTATIONS } from './mutations';
import { PARTS, type Part } from './parts';
import { FULL, type Size, tasksOf } from './sizes';
import type { SoakFacts } from './soak';
import { add, type Finding, type TaskResult, type WireTools } from './tasks';
import { type Mutant, sieveOf, tryMutant } from './try-mutant';
import { bundleProof, runTasks } from './workers';

/** What was tried and what came of it. */
export interface Proof {
  parts: Partial<Record<Part, Pick<TaskResult, 'tried' | 'failed'>>>;
  soak?: SoakFacts;
  findings: Finding[];
  mutants: Mutant[];
  seconds: number;
}

export interface ProveOptions {
  parts: readonly Part[];
  mutations: boolean;
  seed: number;
  size?: Size;
  processes: number;
  /** For the part over the wire. */
  tools?: WireTools;
  signal?: AbortSignal;
  onProgress: (what: string, done: number, of: number) => void;
}

export async function prove(options: ProveOptions): Promise<Proof> {
  const began = performance.now();
  const proof: Proof = { parts: {}, findings: [], mutants: [], seconds: 0 };
  const { parts, size = FULL, seed, processes, signal, onProgress, tools } = options;
  const bundle = await bundleProof('proof');
  if (parts.length > 0) {
    // The soak is one long task: it begins first, so that it does not end alone.
    const tasks = [...PARTS]
      .reverse()
      .filter((part) => parts.includes(part))
      .flatMap((part) => tasksOf(part, size, seed, tools));
    let done = 0;
    const onResult = (result: TaskResult): undefined => {
      gather(proof, result);
      onProgress('proof', ++done, tasks.length);
    };
    await runTasks({ bundle, tasks, processes, onResult, ...(signal && { signal }) });
  }
  const sieve = sieveOf(bundle);
  for (const [index, mutation] of (options.mutations ? MUTATIONS : []).entries()) {
    proof.mutants.push(await tryMutant(mutation, { seed, processes, sieve, ...(signal && { signal }) }));
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
