import { buildArtifact } from '../dev/build/bundle';
import { mutate } from './mutate';
import { MUTATIONS, type Mutation } from './mutations';
import { SAMPLE, tasksOf, tasksOfScenario } from './sizes';
import type { Finding, Task, WireTools } from './tasks';
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
 * @param tools for what runs over the wire: the unmutated artifact
 */
export function sieveOf(bundle: string, tools?: WireTools): Sieve {
  const played = new Map<string, Promise<Finding[]>>();
  const own = (mutants: Task): Promise<Finding[]> => {
    const task = mutants.part === 'wire' ? { ...mutants, ...tools } : mutants;
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
  signal?: AbortSignal;
  sieve: Sieve;
  /** For a mutation that is to be seen over the wire. */
  tools?: WireTools;
}

/** A sample of the part that shall see it, until something is seen. */
export async function tryMutant(mutation: Mutation, { seed, signal, sieve, tools }: TryOptions): Promise<Mutant> {
  const { name, part, why, scenario } = mutation;
  const mutant: Mutant = { name, part, why, caughtBy: [] };
  const file = `mutant-${MUTATIONS.indexOf(mutation)}`;
  // Over the wire it is the artifact that is mutated, and not what plays it.
  const isWire = part === 'wire';
  const bundle = await bundleProof(file, isWire ? [] : [mutate(mutation)]);
  const mutated = isWire && tools ? { ...tools, bundle: await mutantArtifact(file, mutation) } : undefined;
  const tasks = [
    ...(scenario === undefined ? [] : tasksOfScenario(scenario, seed)),
    ...tasksOf(part, SAMPLE, seed, mutated),
  ];
  await runTasks({
    bundle,
    tasks,
    processes: 1,
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

const mutantArtifact = async (name: string, mutation: Mutation): Promise<string> =>
  (await buildArtifact({ outdir: `dist/proof/${name}`, plugins: [mutate(mutation)] })).bundle;

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
