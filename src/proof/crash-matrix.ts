import type { CallRecord, Mishap } from './face/calls';
import { type Violation, violation } from './judge/violation';
import { type Played, playAttacked, type Reference, tickOf } from './play';
import type { ProofScenario } from './scenarios';

/** How a call is attacked; the words are the columns of the table. */
export const ATTACKS = {
  'killed before': { kind: 'kill', when: 'before' },
  'killed after': { kind: 'kill', when: 'after' },
  'answer lost': { kind: 'lost' },
  'no answer': { kind: 'hang', takesEffect: true },
} as const satisfies Record<string, Mishap>;

export type Attack = keyof typeof ATTACKS;

/** A read that was not sent and one that was not answered are the same to whoever died of it. */
const ON_READS: readonly Attack[] = ['killed after', 'answer lost', 'no answer'];

export interface CrashCase {
  scenario: string;
  /** The call, by its place among all calls of the run in which nothing goes wrong. */
  n: number;
  /** `<service>.<operation>` */
  call: string;
  tick: number;
  attack: Attack;
}

/** What is wrong with a scenario before anything is attacked; that its story is told is one thing of it. */
export function judgeReference(scenario: ProofScenario, { face, violations }: Reference): Violation[] {
  const seen = new Set(face.calls.map(callOf));
  const missing = scenario.shows.filter((call) => !seen.has(call));
  return [...violations, ...missing.map((call) => violation('standstill', `${scenario.name} never comes to ${call}`))];
}

/** Every call of a scenario's attacked ticks, with every attack on it. */
export function casesOf(scenario: ProofScenario, { face }: Reference): CrashCase[] {
  return face.calls
    .map((record) => ({ record, tick: tickOf(record) }))
    .filter(({ tick }) => tick >= (scenario.since ?? 1) && tick <= scenario.ticks)
    .flatMap(({ record, tick }) =>
      (record.mutates ? (Object.keys(ATTACKS) as Attack[]) : ON_READS).map((attack) => ({
        scenario: scenario.name,
        n: record.n,
        call: callOf(record),
        tick,
        attack,
      })),
    );
}

export function playCase(
  scenario: ProofScenario,
  { n, tick, attack }: CrashCase,
  seed: number,
  reference: Reference,
): Promise<Played> {
  return playAttacked(scenario, seed, tick, (call) => (call.n === n ? ATTACKS[attack] : undefined), reference);
}

const callOf = ({ service, operation }: CallRecord): string => `${service}.${operation}`;
