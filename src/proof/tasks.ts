import { casesOf, judgeReference, playCase } from './crash-matrix';
import { playSchedule } from './interleavings';
import type { Violation } from './judge/violation';
import { playReference, type Reference } from './play';
import { type ProofScenario, SCENARIOS } from './scenarios';

/** A piece of the proof: small enough that two processes end together, and that progress shows. */
export type Task =
  | { part: 'crash'; scenario: string; seed: number; from: number; step: number }
  | { part: 'interleavings'; from: number; to: number };

export type Part = Task['part'];

export interface Finding extends Violation {
  part: Part;
  /** What replays it alone. */
  replay: string;
}

export interface TaskResult {
  part: Part;
  /** What was tried, counted by what it is called in the table. */
  tried: Record<string, number>;
  /** Of these, what did not end well. */
  failed: Record<string, number>;
  findings: Finding[];
}

export function runTask(task: Task): Promise<TaskResult> {
  return task.part === 'crash' ? crash(task) : interleavings(task);
}

const references = new Map<string, Promise<Reference>>();

/** Played once by each process. */
function referenceOf(scenario: ProofScenario, seed: number): Promise<Reference> {
  const key = `${scenario.name} ${seed}`;
  const found = references.get(key) ?? playReference(scenario, seed);
  references.set(key, found);
  return found;
}

async function crash({ scenario: name, seed, from, step }: Task & { part: 'crash' }): Promise<TaskResult> {
  const scenario = SCENARIOS.find((each) => each.name === name) as ProofScenario;
  const reference = await referenceOf(scenario, seed);
  const result = emptyResult('crash');
  count(result, `${name}/nothing`, judgeReference(scenario, reference), `--part crash --seed ${seed} --case '${name}'`);
  const cases = casesOf(scenario, reference).filter((_, index) => index % step === from);
  for (const each of cases) {
    const violations = await playCase(scenario, each, seed, reference);
    const replay = `--part crash --seed ${seed} --case '${name}/${each.n}/${each.attack}'`;
    count(result, `${name}/${each.attack}`, violations, replay);
  }
  return result;
}

async function interleavings({ from, to }: Task & { part: 'interleavings' }): Promise<TaskResult> {
  const result = emptyResult('interleavings');
  for (let seed = from; seed < to; seed++) {
    const { face, violations } = await playSchedule(seed);
    count(result, 'schedules', violations, `--part interleavings --seed ${seed}`);
    add(result.tried, 'invocations', face.invocations.length);
    add(result.tried, 'calls', face.calls.length);
  }
  return result;
}

const emptyResult = (part: Part): TaskResult => ({ part, tried: {}, failed: {}, findings: [] });

export const add = (counts: Record<string, number>, key: string, by: number): void => {
  counts[key] = (counts[key] ?? 0) + by;
};

function count(result: TaskResult, key: string, violations: Violation[], replay: string): void {
  add(result.tried, key, 1);
  if (violations.length > 0) add(result.failed, key, 1);
  result.findings.push(...violations.map((each) => ({ ...each, part: result.part, replay })));
}
