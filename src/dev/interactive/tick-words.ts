import { grouped } from '../../autoscaler/grouped';
import type { Plan, Verdict } from '../../autoscaler/plan';
import { said, under } from '../../history/words';
import type { PlayedTick } from '../../world/play';
import { tickValueOf } from '../../world/report/tick-value';
import { clockOf } from '../text';

/** So many subjects of one sort are told one by one; more of them by their number. */
const FEW = 6;

/** Everything that a tick said, for a person who went back to it. */
export function tickLines({ at, result }: PlayedTick, position: string): string[] {
  const { trigger, decision, plan, actions, operations } = tickValueOf(result);
  const about = [
    `decision: ${said(decision)}`,
    ...(plan?.hold ? [`removals are held: ${said(plan.hold)}`] : []),
    ...under('did', actions),
    ...under(
      'operations',
      operations.map(
        ({ id, kind, phase, reason }) => `${kind} ${id.slice(0, 16)}: ${phase}${reason ? `, ${reason}` : ''}`,
      ),
    ),
    ...(plan ? verdictLines(plan) : []),
  ];
  return [`${clockOf(at)} tick ${position} (${trigger})`, ...about.map((line) => `  ${line}`)];
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
