import { grouped } from '../../autoscaler/grouped';
import type { Plan, Verdict } from '../../autoscaler/plan';
import type { PlayedTick } from '../../world/play';
import { tickValueOf } from '../../world/report/tick-value';

/** So many subjects of one sort are told one by one; more of them by their number. */
const FEW = 6;

/** Everything that a tick said, for a person who went back to it. */
export function tickLines({ at, result }: PlayedTick, position: string): string[] {
  const { trigger, decision, plan, actions, operations } = tickValueOf(result);
  return [
    `${clockOf(at)} tick ${position} (${trigger})`,
    `  decision: ${said(decision)}`,
    ...(plan?.hold ? [`  removals are held: ${said(plan.hold)}`] : []),
    ...under('did', actions),
    ...under(
      'operations',
      operations.map(
        ({ id, kind, phase, reason }) => `${kind} ${id.slice(0, 16)}: ${phase}${reason ? `, ${reason}` : ''}`,
      ),
    ),
    ...(plan ? verdictLines(plan) : []),
  ];
}

const verdictLines = ({ pools, nodes, pods }: Plan): string[] => [
  ...under('pools', one(pools)),
  ...under('nodes', one(nodes)),
  ...under('pending pods', one(pods)),
];

/** One by one where they are few, by code where they are many. */
function one(verdicts: Record<string, Verdict>): string[] {
  const all = Object.entries(verdicts);
  if (all.length <= FEW) return all.map(([name, verdict]) => `${name}: ${said(verdict)}`);
  const byCode = grouped(all, ([, { code }]) => code);
  return [...byCode].map(([code, [first, ...more]]) => {
    const example = first ? `${first[0]}: ${first[1].text}` : '';
    return more.length === 0 ? `${code}: ${example}` : `${more.length + 1} × ${code}, such as ${example}`;
  });
}

const under = (title: string, lines: string[]): string[] =>
  lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];

const said = ({ code, text }: { code: string; text: string }): string => `${code}: ${text}`;

export const clockOf = (at: number): string => new Date(at).toISOString().slice(11, 19);
