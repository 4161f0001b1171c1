import { mutate } from './mutate';
import type { Mutation } from './mutations';
import { SAMPLE, tasksOf, tasksOfScenario } from './sizes';
import type { Finding, Task } from './tasks';
import { bundleProof, runTasks } from './workers';

export interface Mutant extends Pick<Mutation, 'name' | 'part' | 'why'> {
  /** Invariants that it broke; none: it was missed. */
  caughtBy: string[];
  /** Where, to see it again: words of the unmutated command. */
  at?: string;
}

/** Leaves of a task's findings what the unmutated code does not show in the same case. */
export type Sieve = (findings: readonly Finding[], task: Task) => Promise<Finding[]>;

/**
 * What the unmutated code violates too is no catch. It plays a task only where a mutant has found something, and each
 * task once for all mutants.
 *
 * @param bundle of the unmutated code
 */
export function sieveOf(bundle: string): Sieve {
  const played = new Map<string, Promise<Finding[]>>();
  const own = (task: Task): Promise<Finding[]> => {
    const key = JSON.stringify(task);
    const found = played.get(key) ?? findingsOf(bundle, task);
    played.set(key, found);
    return found;
  };
  return async (findings, task) => {
    if (findings.length === 0) return [];
    const known = new Set((await own(task)).map(kindOf));
    return findings.filter((each) => !known.has(kindOf(each)));
  };
}

export interface TryOptions {
  seed: number;
  processes: number;
  signal?: AbortSignal;
  sieve: Sieve;
}

/** A sample of the part that shall see it, until something is seen. */
export async function tryMutant(mutation: Mutation, { seed, processes, signal, sieve }: TryOptions): Promise<Mutant> {
  const { name, part, why, scenario } = mutation;
  const bundle = await bundleProof('mutant', [mutate(mutation)]);
  const mutant: Mutant = { name, part, why, caughtBy: [] };
  const tasks = [...(scenario === undefined ? [] : tasksOfScenario(scenario, seed)), ...tasksOf(part, SAMPLE, seed)];
  await runTasks({
    bundle,
    tasks,
    processes,
    ...(signal && { signal }),
    onResult: async ({ findings }, task) => {
      const caught = await sieve(findings, task);
      const [first] = caught;
      if (!first) return true;
      mutant.caughtBy = [...new Set([...mutant.caughtBy, ...caught.map(({ invariant }) => invariant)])];
      mutant.at ??= first.replay;
      return false;
    },
  });
  return mutant;
}

async function findingsOf(bundle: string, task: Task): Promise<Finding[]> {
  const found: Finding[] = [];
  await runTasks({
    bundle,
    tasks: [task],
    processes: 1,
    onResult: ({ findings }) => {
      found.push(...findings);
      return undefined;
    },
  });
  return found;
}

/** The case and what is wrong in it; the details differ by ids and times. */
const kindOf = ({ replay, invariant }: Finding): string => `${replay} ${invariant}`;
