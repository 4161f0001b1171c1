import type { Verdict } from '../autoscaler/plan';
import type { Explanation, SubjectExplanation } from './explain';

/** An explanation for people. */
export function inWords(cluster: string, explanation: Explanation): string[] {
  const { tick, subject, verdicts } = explanation;
  return [
    `${cluster}: tick of ${tick.time} (${tick.trigger}, epoch ${tick.epoch})`,
    `decision: ${said(tick.decision)}`,
    ...under('done', tick.actions),
    ...under('operations', tick.operations),
    ...asOf(explanation),
    ...(subject ? aboutSubject(subject) : verdicts ? everything(verdicts) : []),
  ];
}

function asOf({ recorded, current, tick }: Explanation): string[] {
  if (recorded === null) return ['No plan was recorded in the time that history keeps, so there are no verdicts.'];
  if (current) return recorded === tick.time ? [] : [`The plan was recorded at ${recorded} and was still the same.`];
  return [`What follows is of ${recorded}: this tick had another plan, or none, and that was not recorded.`];
}

function aboutSubject({ kind, name, state, verdict, before, done }: SubjectExplanation): string[] {
  return [
    `${kind} ${name}: ${state ?? 'was not there'}`,
    ...under('verdict', [
      verdict ? said(verdict) : `none: ${kind === 'pod' ? 'it was not pending' : 'it was not judged'}`,
    ]),
    ...under(
      'before',
      before.map(({ since, verdict: old }) => `from ${since}: ${old ? said(old) : 'no verdict'}`),
    ),
    ...under(
      'done with it',
      done.map(({ time, action }) => `${time}: ${action}`),
    ),
  ];
}

function everything({ hold, pools, nodes, pods }: NonNullable<Explanation['verdicts']>): string[] {
  const lines = (verdicts: Record<string, Verdict>) =>
    Object.entries(verdicts).map(([name, verdict]) => `${name}: ${said(verdict)}`);
  return [
    ...(hold ? [`removals are held: ${said(hold)}`] : []),
    ...under('pools', lines(pools)),
    ...under('nodes', lines(nodes)),
    ...under('pending pods', lines(pods)),
  ];
}

/** A heading and what belongs to it; nothing where nothing does. */
export const under = (title: string, lines: string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];

export const said = ({ code, text }: { code: string; text: string }): string => `${code}: ${text}`;
