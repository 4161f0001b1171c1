import type { RuntimeConfig } from '../config/runtime';
import type { Answers } from './answers';
import { type Finding, Findings } from './findings';
import { withoutGiants } from './giants';
import { type History, historyOf } from './history';
import { openPools } from './machines';
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
  for (const { name } of openPools(config).filter(({ markets }) => markets.includes('spot'))) {
    findings.add('spot-price-assumed', { of: name });
  }
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
