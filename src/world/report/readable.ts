import type { Report } from './report';

/** A report for people, at most 80 columns wide but for long expectations. */
export function readableReport(report: Report): string {
  return [headline(report), ...summaryLines(report), ...expectationLines(report)].join('\n');
}

const headline = ({ name, seed, summary, wall }: Report): string =>
  `${name} (seed ${seed}): ${summary.ticks} ticks in ${(wall.ms / 1_000).toFixed(1)} s`;

/** What a reader of a run wants to know first; also the end of `dev`. */
export function summaryLines({ summary }: Report): string[] {
  const { timeToScheduleSeconds: wait } = summary;
  const rows: [string, string][] = [
    ['pods', `${summary.podsRunning} running, ${summary.podsUnschedulable} unschedulable`],
    [
      'workers',
      `${summary.nodesAtEnd} at the end, ${summary.peakNodes} at the peak${summary.nodesAtEnd === summary.nodesAtBase ? ', back at the base' : ''}`,
    ],
    [
      'launches',
      `${summary.launches} (${summary.doubleLaunches} too many), ${summary.terminations} removed, ${summary.orphans} orphans`,
    ],
    ['disruption', `${summary.pdbViolations} budget violations, ${summary.podsMadePending} pods made pending`],
    [
      'waiting',
      wait.max === null
        ? 'no pod waited for a node'
        : `p50 ${wait.p50} s, p95 ${wait.p95} s, max ${wait.max} s, ${wait.never} never placed`,
    ],
    [
      'cost',
      `${dollars(summary.costUsd)} for ${summary.nodeHours.toFixed(2)} node hours; the peak all the time: ${dollars(summary.staticCostUsd)}`,
    ],
  ];
  return rows.map(([label, text]) => `  ${label.padEnd(10)} ${text}`);
}

const dollars = (usd: number | null): string => (usd === null ? 'no price known' : `$${usd.toFixed(4)}`);

export function expectationLines({ expectations }: Report): string[] {
  return expectations.map(({ expression, pass, ...rest }) => {
    if (pass) return `  ok         ${expression}`;
    const actual = 'actual' in rest ? `is ${JSON.stringify(rest.actual)}` : 'leads nowhere in the report';
    return `  FAILED     ${expression}: ${actual}`;
  });
}
