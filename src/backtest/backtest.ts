import type { RuntimeConfig } from '../config/runtime';
import type { Answers } from './answers';
import { type Finding, Findings } from './findings';
import { type History, historyOf } from './history';
import { machineFor } from './machines';
import { matrix } from './policies/matrix';
import { ours } from './policies/ours';
import { playPeak } from './policies/peak';
import type { Policy } from './policies/policy';
import { type Range, stepsIn, timeOf } from './range';
import { type Outcome, type Replayed, replay, settledFleet } from './replay';

/** What `backtest --json` prints. */
export interface BacktestDocument {
  /** ISO 8601. */
  from: string;
  to: string;
  stepSeconds: number;
  steps: number;
  /** The others are left out; `findings` says why. */
  usableSteps: number;
  findings: Finding[];
  policies: Outcome[];
}

/** The document with its course, for a plot. */
export interface Backtest {
  document: BacktestDocument;
  history: History;
  courses: Replayed[];
}

/**
 * Replays what a cluster was asked for under several policies.
 *
 * @throws {DataRefused} where too little of the data can be used
 */
export function backtest(answers: Answers, range: Range, settings: RuntimeConfig): Backtest {
  const findings = new Findings();
  const config = withoutSignals(settings, findings);
  const history = withoutGiants(historyOf(answers, range, findings), config, findings);
  const play = (policy: Policy): Replayed => replay(history, policy, settledFleet(history, config));
  const courses = [play(ours(config, range.stepMs)), play(matrix(config, range.stepMs)), playPeak(history, config)];
  const document = {
    from: new Date(range.from).toISOString(),
    to: new Date(timeOf(range, stepsIn(range) - 1)).toISOString(),
    stepSeconds: range.stepMs / 1000,
    steps: history.usable.length,
    usableSteps: history.usable.filter(Boolean).length,
    findings: findings.list(),
    policies: courses.map(({ outcome }) => outcome),
  };
  return { document, history, courses };
}

function withoutSignals(config: RuntimeConfig, findings: Findings): RuntimeConfig {
  for (const { name } of config.policy.signals) findings.add('signal-not-replayed', { of: name });
  return { ...config, policy: { ...config.policy, signals: [] } };
}

/** Nobody could run them, so nobody is judged by them. */
function withoutGiants(history: History, config: RuntimeConfig, findings: Findings): History {
  const isGiant = history.shapes.map((shape) => machineFor(shape, history.daemons, config) === undefined);
  history.shapes.forEach(({ cpuMilli, memoryBytes }, index) => {
    if (!isGiant[index]) return;
    const most = (history.counts[index] as Float64Array).reduce((highest, count) => Math.max(highest, count), 0);
    findings.add('pods-too-large', { of: `${cpuMilli}m, ${Math.ceil(memoryBytes / 2 ** 20)}Mi`, count: most });
  });
  const kept = <T>(all: readonly T[]): T[] => all.filter((_, index) => !isGiant[index]);
  return { ...history, shapes: kept(history.shapes), counts: kept(history.counts) };
}
