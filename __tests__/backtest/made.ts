import { type Answers, noAnswers } from '../../src/backtest/answers';
import { type Backtest, backtest } from '../../src/backtest/backtest';
import { OWN_NAMES } from '../../src/backtest/node-names';
import { CPU_FACTOR, NEEDED_METRICS } from '../../src/backtest/queries';
import type { Range } from '../../src/backtest/range';
import type { Outcome } from '../../src/backtest/replay';
import { toRuntimeConfig } from '../../src/config/convert';
import { resolveConfig } from '../../src/config/resolve';

export const START = Date.parse('2026-01-05T00:00:00Z');
export const STEP_MS = 15_000;

/** One step of a cluster; undefined: nothing was scraped. */
export type Step =
  | {
      /** Pods by `<millicores>/<MiB>`. */
      pods: Record<string, number>;
      /** Cores; undefined: a worker told nothing. Default 1. */
      busy?: number | undefined;
    }
  | undefined;

export const rangeOf = (steps: readonly Step[]): Range => ({
  from: START,
  to: START + (steps.length - 1) * STEP_MS,
  stepMs: STEP_MS,
});

export const codeOf = (shape: string): string => {
  const [cpuMilli = 0, mib = 0] = shape.split('/').map(Number);
  return String(cpuMilli * CPU_FACTOR + mib);
};

/** What Prometheus would have answered, of a cluster of four workers. */
export function answersOf(steps: readonly Step[]): Answers {
  const answers = noAnswers();
  const tell = (
    name: keyof Answers,
    metric: Record<string, string>,
    value: (step: NonNullable<Step>) => number | undefined,
  ) => {
    const points = steps.flatMap((step, i): [number, number][] => {
      const told = step && value(step);
      return told === undefined ? [] : [[START + i * STEP_MS, told]];
    });
    answers[name].push({ metric, points });
  };
  const shapes = [...new Set(steps.flatMap((step) => Object.keys(step?.pods ?? {})))];
  tell('fresh', {}, () => 1);
  for (const metric of NEEDED_METRICS) tell('seen', { __name__: metric }, () => 9);
  for (const shape of shapes) tell('pods', { shape: codeOf(shape) }, ({ pods }) => pods[shape] || undefined);
  tell('total', {}, ({ pods }) => Object.values(pods).reduce((sum, count) => sum + count, 0));
  // As where no worker has a pod of a DaemonSet.
  for (const resource of ['cpu', 'memory']) tell('daemons', { resource }, () => 0);
  tell('workers', { ...OWN_NAMES }, () => 4);
  tell('measured', {}, (step) => ('busy' in step && step.busy === undefined ? 3 : 4));
  tell('busy', {}, ({ busy = 1 }) => busy);
  tell('hottest', {}, () => 0.5);
  tell('resets', {}, () => 0);
  return answers;
}

export const configOf = (partial: unknown = {}) =>
  toRuntimeConfig(resolveConfig(partial, 'x'), { cluster: 'replayed' });

export const played = (steps: readonly Step[], partial: unknown = {}): Backtest =>
  backtest(answersOf(steps), rangeOf(steps), configOf(partial));

export function outcomeOf({ document }: Backtest, policy: string): Outcome {
  const outcome = document.policies.find((each) => each.policy === policy);
  if (!outcome) throw new Error(`no policy ${policy}`);
  return outcome;
}

/** So many steps alike. */
export const steps = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
