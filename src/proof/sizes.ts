import { LIVE_SCENARIOS } from './live';
import type { Part } from './parts';
import { SCENARIOS } from './scenarios';
import type { Task, WireTools } from './tasks';

/** How much of each part is played: everything, or a sample that tells most in a minute. */
export interface Size {
  /** Of the cases of crash matrix and faults, each nth. */
  crashStep: number;
  schedules: number;
  faultStep: number;
  /** Schedules with a laptop, and each nth attack on its mailbox. */
  liveSchedules: number;
  liveStep: number;
  soakDays: number;
  /** Runs over the wire. */
  wireRuns: number;
}

export const FULL: Size = {
  crashStep: 1,
  schedules: 10_000,
  faultStep: 1,
  liveSchedules: 400,
  liveStep: 1,
  soakDays: 7,
  wireRuns: 200,
};
/** For each mutant. */
export const SAMPLE: Size = {
  crashStep: 7,
  schedules: 400,
  faultStep: 9,
  liveSchedules: 400,
  liveStep: 7,
  soakDays: 1,
  wireRuns: 24,
};

const SCHEDULES_A_TASK = 20;
/** A mutant is mostly seen in the first few. */
const LIVE_A_TASK = 5;
const CASES_A_TASK = 25;

/**
 * @param seed of everything but schedules and runs over the wire, which are seeds from 1 up
 * @param tools without them nothing is played over the wire
 */
export function tasksOf(part: Part, size: Size, seed: number, tools?: WireTools): Task[] {
  const { crashStep, schedules, faultStep, liveSchedules, liveStep, soakDays, wireRuns } = size;
  switch (part) {
    case 'crash':
      return SCENARIOS.flatMap(({ name }) => tasksOfScenario(name, seed, crashStep));
    case 'interleavings':
      return seeds(schedules).map((slice) => ({ part, ...slice }));
    case 'faults':
      return split(faultStep, FAULT_CASES).map((slice) => ({ part, seed, ...slice }));
    case 'live':
      return [
        ...seeds(liveSchedules, LIVE_A_TASK).map((slice): Task => ({ part, ...slice })),
        ...LIVE_SCENARIOS.flatMap(({ name: scenario }) =>
          split(liveStep, LIVE_CASES).map((slice): Task => ({ part, scenario, seed, ...slice })),
        ),
      ];
    case 'soak':
      return [{ part, seed, days: soakDays }];
    case 'wire':
      return tools ? Array.from({ length: wireRuns }, (_, i) => ({ part, from: 1 + i, to: 2 + i, ...tools })) : [];
  }
}

/** From 1 up. */
const seeds = (count: number, aTask = SCHEDULES_A_TASK): { from: number; to: number }[] =>
  Array.from({ length: Math.ceil(count / aTask) }, (_, i) => ({
    from: 1 + i * aTask,
    to: 1 + Math.min(count, (i + 1) * aTask),
  }));

/** Each nth case of one story. */
export const tasksOfScenario = (scenario: string, seed: number, every = 1): Task[] =>
  split(every, CRASH_CASES).map((slice) => ({ part: 'crash', seed, scenario, ...slice }));

/** About so many there are: of a scenario, of all faults. */
const CRASH_CASES = 400;
const FAULT_CASES = 1_100;
/** On the mailbox, of a story. */
const LIVE_CASES = 150;

/** Each nth case, over so many tasks that one is done soon: `index % step === from`. */
function split(every: number, cases: number): { from: number; step: number }[] {
  const tasks = Math.max(1, Math.round(cases / every / CASES_A_TASK));
  return Array.from({ length: tasks }, (_, i) => ({ from: i * every, step: tasks * every }));
}
