import type { Intent, Plan, Verdict } from '../autoscaler/plan';
import { intentWords } from './intent-words';

/** One thing that two plans of the same snapshot say differently. */
export interface Difference {
  /** `decision`, `intents`, `nodes worker-i-0abc` … */
  what: string;
  recorded: Said;
  now: Said;
}

/** An intent as it is, everything else in words. Null: nothing was said. */
type Said = string | Intent | null;

/** For people, indented; by default the recorded plan is what was decided then. */
export const differenceLines = (
  { what, recorded, now }: Difference,
  names: { recorded: string; now: string } = { recorded: 'then', now: 'now' },
): string[] => {
  const width = 1 + Math.max(names.recorded.length, names.now.length);
  const side = (name: string, said: string) => `    ${`${name}:`.padEnd(width)} ${said}`;
  const [then, later] = [inWords(recorded), inWords(now)];
  return [
    `  ${what}`,
    side(names.recorded, then),
    side(names.now, then === later ? later + unsaid(recorded, now) : later),
  ];
};

const inWords = (said: Said): string =>
  said === null ? '(nothing)' : typeof said === 'string' ? said : intentWords(said);

/** What of two intents is another, where the words of both are the same. */
function unsaid(recorded: Said, now: Said): string {
  const [then, later] = [Object(recorded), Object(now)] as Record<string, unknown>[];
  const fields = Object.keys({ ...then, ...later }).filter((field) => json(then?.[field]) !== json(later?.[field]));
  return `, but other ${fields.join(' and ')}`;
}

/** In the order of a plan: what is decided first, then each verdict, then what is only remembered. */
export function compare(recorded: Plan, now: Plan): Difference[] {
  return [
    ...one('decision', words(recorded.decision), words(now.decision)),
    ...one('hold', words(recorded.hold), words(now.hold)),
    ...intents(recorded.intents, now.intents),
    ...verdicts('pools', recorded.pools, now.pools),
    ...verdicts('nodes', recorded.nodes, now.nodes),
    ...verdicts('pods', recorded.pods, now.pods),
    ...(['resume', 'cancel', 'memory', 'facts'] as const).flatMap((field) =>
      one(field, json(recorded[field]), json(now[field])),
    ),
  ];
}

/** Those that are not in both, each beside the one that took its place. */
function intents(recorded: readonly Intent[], now: readonly Intent[]): Difference[] {
  const gone = without(recorded, now);
  const come = without(now, recorded);
  const pairs = gone.map((was): Difference => {
    const at = come.findIndex((is) => subjectOf(is) === subjectOf(was));
    const [is = null] = at < 0 ? [] : come.splice(at, 1);
    return { what: 'intents', recorded: was, now: is };
  });
  const found = [...pairs, ...come.map((is): Difference => ({ what: 'intents', recorded: null, now: is }))];
  return found.length > 0 || json(recorded) === json(now)
    ? found
    : one('order of intents', order(recorded), order(now));
}

function without(some: readonly Intent[], others: readonly Intent[]): Intent[] {
  const left = others.map(json);
  return some.filter((intent) => {
    const at = left.indexOf(json(intent));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const subjectOf = (intent: Intent): string => `${intent.kind} ${intent.kind === 'launch' ? intent.pool : intent.node}`;

const order = (of: readonly Intent[]): string => of.map(intentWords).join('; ');

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
