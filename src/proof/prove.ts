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
  // What runs over the wire waits for real deadlines half of its time: it does so beside the others.
  const [wire, others] = [tasks.filter(({ part }) => part === 'wire'), tasks.filter(({ part }) => part !== 'wire')];
  const run = { bundle, onResult, ...(signal && { signal }) };
  await Promise.all([
    runTasks({ ...run, tasks: others, processes }),
    runTasks({ ...run, tasks: wire, processes: others.length > 0 ? 1 : processes }),
  ]);
  if (options.mutations) proof.mutants = await tryMutants(options, bundle);
  return { ...proof, seconds: Math.round((performance.now() - began) / 1000) };
}

/** Each in a process of its own, in the order of the list. */
async function tryMutants({ seed, processes, signal, tools, onProgress }: ProveOptions, bundle: string) {
  const sieve = sieveOf(bundle, tools);
  const queue = [...MUTATIONS.entries()];
  const mutants: Mutant[] = [];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, mutation] = next;
      mutants[index] = await tryMutant(mutation, { seed, sieve, ...(tools && { tools }), ...(signal && { signal }) });
      onProgress('mutants', ++done, MUTATIONS.length);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return mutants;
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
