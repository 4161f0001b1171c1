import type { Recording } from '../play';
import { type ExpectationResult, evaluate } from '../scenario/expect';
import { nearestRank } from './pods';
import { type Summary, summaryOf } from './summary';
import { type TickOperation, tickValueOf } from './tick-value';

/** What `simulate --json` prints. Apart from `wall`, one seed gives one document. */
export interface Report {
  name: string;
  seed: number;
  artifact: { sha256: string };
  /** Count of each operation as the servers saw it, by `<service>.<operation>`. */
  calls: Record<string, number>;
  timeline: TimelineEntry[];
  operations: OperationEntry[];
  decisions: DecisionEntry[];
  expectations: ExpectationResult[];
  wall: { ms: number; tickMs: { p50: number | null; p95: number | null } };
  summary: Summary;
}

export interface TimelineEntry {
  /** Virtual, ISO 8601. */
  time: string;
  invocation: string;
  outcome: string;
  trigger: string;
  /** Right after the tick, by the world's own count; servers are not among them. */
  nodes: { ready: number; notReady: number; joining: number; cordoned: number; terminating: number };
  /** Unschedulable pods, by the world's own count. */
  pendingPods: number;
  /** Percent, as the tick saw it; null where it did not know. */
  cpu: number | null;
  decision: string;
  reason: string;
}

export type OperationEntry = Omit<TickOperation, 'createdAt'> & {
  /** When a tick first and last told of it. */
  firstSeen: string;
  lastSeen: string;
};

export interface DecisionEntry {
  time: string;
  invocation: string;
  decision: { code: string; text: string };
  pools: Record<string, { code: string; text: string }>;
  nodes: Record<string, { code: string; text: string }>;
  pods: Record<string, { code: string; text: string }>;
}

export function reportOf(recording: Recording, artifact: { sha256: string }): Report {
  const report: Report = {
    name: recording.scenario.name,
    seed: recording.seed,
    artifact,
    calls: sortedByKey(recording.calls),
    timeline: timelineOf(recording),
    operations: operationsOf(recording),
    decisions: decisionsOf(recording),
    expectations: [],
    wall: wallOf(recording),
    summary: summaryOf(recording),
  };
  report.expectations = recording.scenario.expect.map((expression) => evaluate(expression, report));
  return report;
}

const iso = (at: number): string => new Date(at).toISOString();

function timelineOf({ ticks }: Recording): TimelineEntry[] {
  return ticks.map(({ at, result, counts }) => {
    const { trigger, decision, plan } = tickValueOf(result);
    return {
      time: iso(at),
      invocation: result.id,
      outcome: result.outcome,
      trigger,
      nodes: counts.nodes,
      pendingPods: counts.pods.unschedulable,
      cpu: plan?.facts.cpu ?? null,
      decision: decision.code,
      reason: decision.text,
    };
  });
}

/** Each operation in its last known phase, in the order in which they appeared. */
function operationsOf({ ticks }: Recording): OperationEntry[] {
  const entries = new Map<string, OperationEntry>();
  for (const { at, result } of ticks) {
    for (const { createdAt: _inRun, ...operation } of tickValueOf(result).operations) {
      const firstSeen = entries.get(operation.id)?.firstSeen ?? iso(at);
      entries.set(operation.id, { ...entries.get(operation.id), ...operation, firstSeen, lastSeen: iso(at) });
    }
  }
  return [...entries.values()];
}

function decisionsOf({ ticks }: Recording): DecisionEntry[] {
  return ticks.map(({ at, result }) => {
    const { decision, plan } = tickValueOf(result);
    return {
      time: iso(at),
      invocation: result.id,
      decision,
      pools: plan?.pools ?? {},
      nodes: plan?.nodes ?? {},
      pods: plan?.pods ?? {},
    };
  });
}

function wallOf({ ticks, wallMs }: Recording): Report['wall'] {
  const each = ticks.map(({ result }) => result.wallMs);
  const rounded = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);
  return {
    ms: Math.round(wallMs),
    tickMs: { p50: rounded(nearestRank(each, 50)), p95: rounded(nearestRank(each, 95)) },
  };
}

const sortedByKey = (record: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
