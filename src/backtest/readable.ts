import type { BacktestDocument } from './backtest';
import type { Finding } from './findings';
import type { Outcome } from './replay';

/** For people, at most 100 columns wide but for long findings. */
export function readableBacktest(document: BacktestDocument): string[] {
  const { from, to, stepSeconds, steps, usableSteps, findings, policies } = document;
  return [
    `${from} to ${to}, every ${stepSeconds} s: ${usableSteps} of ${steps} steps`,
    '',
    ...table([HEADS, ...rowsOf(policies)]),
    '',
    ...policies.map(({ policy, what }) => `${policy}: ${what}`),
    ...(findings.length === 0 ? [] : ['', ...findings.map(inWords)]),
  ];
}

export const HEADS = ['policy', 'cost', 'below peak', 'pending pod-s', 'nodes', 'most', 'launched', 'removed', 'turns'];

/** A row for each policy under these heads. */
export function rowsOf(policies: readonly Outcome[]): string[][] {
  const peak = policies.find(({ policy }) => policy === 'peak')?.costUsd ?? 0;
  return policies.map(({ policy, costUsd, pendingPodSeconds, nodes, launches, removals, directionChanges }) => [
    policy,
    `$${costUsd.toFixed(2)}`,
    peak > 0 ? `${(100 * (1 - costUsd / peak)).toFixed(0)} %` : '–',
    pendingPodSeconds.toFixed(0),
    nodes.mean.toFixed(2),
    String(nodes.peak),
    String(launches),
    String(removals),
    String(directionChanges),
  ]);
}

function table(rows: readonly string[][]): string[] {
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(padded).join('  '));
}

/** Empty where it is of no time. */
export const whenOf = ({ first, last }: Finding): string =>
  first === undefined ? '' : first === last ? first : `${first} to ${last}`;

/** How many, and where it counts how much of the whole. */
export const countOf = ({ count, share }: Finding): string =>
  share === undefined ? String(count) : `${count} (${(100 * share).toFixed(1)} % of all pods times steps)`;

function inWords(finding: Finding): string {
  const { code, meaning, of } = finding;
  const when = whenOf(finding);
  return `${code}${of === undefined ? '' : ` ${of}`}: ${countOf(finding)}${when === '' ? '' : `, ${when}`}. ${meaning}`;
}
