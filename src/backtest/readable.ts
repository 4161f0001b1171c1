import type { BacktestDocument } from './backtest';
import type { Finding } from './findings';

/** For people, at most 100 columns wide but for long findings. */
export function readableBacktest({
  from,
  to,
  stepSeconds,
  steps,
  usableSteps,
  findings,
  policies,
}: BacktestDocument): string[] {
  const peak = policies.find(({ policy }) => policy === 'peak');
  const rows = policies.map(({ policy, costUsd, pendingPodSeconds, nodes, launches, removals, directionChanges }) => [
    policy,
    `$${costUsd.toFixed(2)}`,
    peak && peak.costUsd > 0 ? `${(100 * (1 - costUsd / peak.costUsd)).toFixed(0)} %` : '–',
    pendingPodSeconds.toFixed(0),
    nodes.mean.toFixed(2),
    String(nodes.peak),
    String(launches),
    String(removals),
    String(directionChanges),
  ]);
  return [
    `${from} to ${to}, every ${stepSeconds} s: ${usableSteps} of ${steps} steps`,
    '',
    ...table([HEAD, ...rows]),
    '',
    ...policies.map(({ policy, what }) => `${policy}: ${what}`),
    ...(findings.length === 0 ? [] : ['', ...findings.map(inWords)]),
  ];
}

const HEAD = ['policy', 'cost', 'below peak', 'pending pod-s', 'nodes', 'most', 'launched', 'removed', 'turns'];

function table(rows: readonly string[][]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

function inWords({ code, meaning, count, first, last, of }: Finding): string {
  const when = first === undefined ? '' : first === last ? `, at ${first}` : `, ${first} to ${last}`;
  return `${code}${of === undefined ? '' : ` ${of}`}: ${count}${when}. ${meaning}`;
}
