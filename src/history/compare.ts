import type { Plan, Verdict } from '../autoscaler/plan';

/** One thing that two plans of the same snapshot say differently. */
export interface Difference {
  /** `decision`, `intents`, `nodes worker-i-0abc` … */
  what: string;
  recorded: string | null;
  now: string | null;
}

/** For people, indented; by default the recorded plan is what was decided then. */
export const differenceLines = (
  { what, recorded, now }: Difference,
  names: { recorded: string; now: string } = { recorded: 'then', now: 'now' },
): string[] => {
  const width = 1 + Math.max(names.recorded.length, names.now.length);
  const side = (name: string, said: string | null) => `    ${`${name}:`.padEnd(width)} ${said ?? '(nothing)'}`;
  return [`  ${what}`, side(names.recorded, recorded), side(names.now, now)];
};

/** In the order of a plan: what is decided first, then each verdict, then what is only remembered. */
export function compare(recorded: Plan, now: Plan): Difference[] {
  return [
    ...one('decision', words(recorded.decision), words(now.decision)),
    ...one('hold', words(recorded.hold), words(now.hold)),
    ...one('intents', json(recorded.intents), json(now.intents)),
    ...verdicts('pools', recorded.pools, now.pools),
    ...verdicts('nodes', recorded.nodes, now.nodes),
    ...verdicts('pods', recorded.pods, now.pods),
    ...(['resume', 'cancel', 'memory', 'facts'] as const).flatMap((field) =>
      one(field, json(recorded[field]), json(now[field])),
    ),
  ];
}

const one = (what: string, recorded: string | null, now: string | null): Difference[] =>
  recorded === now ? [] : [{ what, recorded, now }];

const verdicts = (what: string, recorded: Record<string, Verdict>, now: Record<string, Verdict>): Difference[] =>
  [...new Set([...Object.keys(recorded), ...Object.keys(now)])].flatMap((name) =>
    one(`${what} ${name}`, words(recorded[name]), words(now[name])),
  );

const words = (verdict: Verdict | null | undefined): string | null =>
  verdict ? `${verdict.code}: ${verdict.text}` : null;

/** The order of keys is no difference: DynamoDB and files keep it, but a newer planner may build its objects otherwise. */
const json = (value: unknown): string => JSON.stringify(sorted(value));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}
