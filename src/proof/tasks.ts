import type { PlayOptions } from '../world/play';
import { type CrashCase, casesOf, judgeReference, playCase } from './crash-matrix';
import { MAILBOX } from './face/dynamodb';
import { faultCases, nameOfCase, playFaults } from './faults';
import { playSchedule } from './interleavings';
import type { Violation } from './judge/violation';
import { LIVE_SCENARIOS, liveCasesOf, playLive, playLiveCase } from './live';
import type { Part } from './parts';
import { playReference, type Reference } from './play';
import { type ProofScenario, SCENARIOS } from './scenarios';
import { type SoakFacts, soak } from './soak';
import { playWire } from './wire';

/** A piece of the proof: small enough that two processes end together, and that progress shows. */
export type Task =
  | { part: 'crash'; seed: number; scenario: string; from: number; step: number }
  /** Seeds from `from` up to `to`, without it. */
  | { part: 'interleavings'; from: number; to: number }
  | { part: 'faults'; seed: number; from: number; step: number }
  /** Seeds, or each nth case of a story. */
  | { part: 'live'; from: number; to: number; scenario?: undefined }
  | { part: 'live'; scenario: string; seed: number; from: number; step: number }
  | { part: 'soak'; seed: number; days: number }
  | ({ part: 'wire'; from: number; to: number } & WireTools);

/** Paths: of the artifact's bundle, and of Prometheus. */
export type WireTools = Pick<PlayOptions, 'bundle' | 'prometheus'>;

export interface Finding extends Violation {
  part: Part;
  /** What replays it alone: words after `npm run prove --`. */
  replay: string;
}

export interface TaskResult {
  part: Part;
  /** What was tried, counted by what it is called in the table. */
  tried: Record<string, number>;
  /** Of these, what did not end well. */
  failed: Record<string, number>;
  findings: Finding[];
  soak?: SoakFacts;
}

export function runTask(task: Task): Promise<TaskResult> {
  switch (task.part) {
    case 'crash':
      return crash(task);
    case 'interleavings':
      return interleavings(task);
    case 'faults':
      return faults(task);
    case 'live':
      return task.scenario === undefined ? liveSchedules(task) : liveCrash(task);
    case 'soak':
      return soaking(task);
    case 'wire':
      return overTheWire(task);
  }
}

const references = new Map<string, Promise<Reference>>();

/** Played once by each process. */
export function referenceOf(scenario: ProofScenario, seed: number): Promise<Reference> {
  const key = `${scenario.name} ${scenario.laptop ? 'with a laptop ' : ''}${seed}`;
  const found = references.get(key) ?? playReference(scenario, seed);
  references.set(key, found);
  return found;
}

export const scenarioNamed = (name: string): ProofScenario =>
  SCENARIOS.find((each) => each.name === name) as ProofScenario;

async function crash({ scenario: name, seed, from, step }: Task & { part: 'crash' }): Promise<TaskResult> {
  const scenario = scenarioNamed(name);
  const reference = await referenceOf(scenario, seed);
  const result = emptyResult('crash');
  const replay = `--part crash --seed ${seed} --case`;
  if (from === 0) add(result.tried, `${name}/calls`, new Set(casesOf(scenario, reference).map(({ n }) => n)).size);
  count(result, `${name}/nothing`, judgeReference(scenario, reference), `${replay} '${name}'`);
  for (const each of casesOf(scenario, reference).filter((_, index) => index % step === from)) {
    const { violations } = await playCase(scenario, each, seed, reference);
    count(result, `${name}/${each.attack}`, violations, `${replay} '${nameOfCrash(each)}'`);
  }
  return result;
}

export const nameOfCrash = ({ scenario, n, attack }: CrashCase): string => `${scenario}/${n}/${attack}`;

async function interleavings({ from, to }: Task & { part: 'interleavings' }): Promise<TaskResult> {
  const result = emptyResult('interleavings');
  for (let seed = from; seed < to; seed++) {
    const { face, violations } = await playSchedule(seed);
    count(result, 'schedules', violations, `--part interleavings --seed ${seed}`);
    add(result.tried, 'invocations', face.invocations.length);
    add(result.tried, 'calls', face.calls.length);
    for (const kind of ['freeze', 'kill', 'late'] as const) {
      add(result.tried, kind, face.calls.filter(({ mishap }) => mishap?.startsWith(kind)).length);
    }
  }
  return result;
}

async function liveSchedules({ from, to }: Task & { part: 'live'; scenario?: undefined }): Promise<TaskResult> {
  const result = emptyResult('live');
  for (let seed = from; seed < to; seed++) {
    const { face, violations } = await playLive(seed);
    count(result, 'schedules', violations, `--part live --seed ${seed}`);
    add(result.tried, 'invocations', face.invocations.length);
    add(result.tried, 'handed over', face.calls.filter(({ target }) => target === `${MAILBOX}snapshot`).length);
    const taken = face.foreignPlans.map(({ plan }) => face.options.laptop?.written(plan));
    add(result.tried, 'honest', taken.filter((written) => !written?.isHarmed).length);
    add(result.tried, 'harmed', taken.filter((written) => written?.isHarmed).length);
  }
  return result;
}

async function liveCrash({ scenario: name, seed, from, step }: Task & { part: 'live'; scenario: string }) {
  const result = emptyResult('live');
  const scenario = LIVE_SCENARIOS.find((each) => each.name === name) as ProofScenario;
  const reference = await referenceOf(scenario, seed);
  const replay = `--part live --seed ${seed} --case`;
  if (from === 0) count(result, 'stories', judgeReference(scenario, reference), `${replay} '${name}'`);
  for (const each of liveCasesOf(scenario, reference).filter((_, index) => index % step === from)) {
    const { violations } = await playLiveCase(scenario, each, seed, reference);
    count(result, 'attacks', violations, `${replay} '${nameOfCrash(each)}'`);
  }
  return result;
}

async function faults({ seed, from, step }: Task & { part: 'faults' }): Promise<TaskResult> {
  const result = emptyResult('faults');
  for (const each of faultCases().filter((_, index) => index % step === from)) {
    const { violations } = await playFaults(each, seed);
    const replay = `--part faults --seed ${seed} --case '${nameOfCase(each)}'`;
    count(result, each.faults.length === 1 ? 'alone' : 'in pairs', violations, replay);
  }
  return result;
}

async function soaking({ seed, days }: Task & { part: 'soak' }): Promise<TaskResult> {
  const result = emptyResult('soak');
  const { violations, facts } = await soak(seed, days);
  count(result, 'runs', violations, `--part soak --seed ${seed}`);
  return { ...result, soak: facts };
}

async function overTheWire({ from, to, ...tools }: Task & { part: 'wire' }): Promise<TaskResult> {
  const result = emptyResult('wire');
  for (let seed = from; seed < to; seed++) {
    const { recording, violations } = await playWire(seed, tools);
    count(result, 'runs', violations, `--part wire --seed ${seed}`);
    add(result.tried, 'invocations', recording.ticks.length);
    add(
      result.tried,
      'calls',
      Object.values(recording.calls).reduce((sum, calls) => sum + calls, 0),
    );
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
