import type { Head } from '../../adapters/dynamodb-mailbox-item';
import type { Plan } from '../../autoscaler/plan';
import { plan as planOf } from '../../autoscaler/planning/planner';
import type { Random } from '../../world/random';
import type { Asked, Move, Parts, Written } from '../face/laptop';
import { HARMS } from './harms';

/** Writes plans that can be told from each other whoever executes them: by a number in the words of their decision. */
export class Author {
  readonly #written: Written[] = [];

  readonly written = ({ decision }: Plan): Written | undefined => {
    const [, nth] = MARK.exec(decision.text) ?? [];
    return nth === undefined ? undefined : this.#written[Number(nth)];
  };

  honest(asked: Asked, afterMs: number): Move {
    return { kind: 'answer', afterMs, body: this.#bodyOf(asked, {}) };
  }

  harmed(asked: Asked, name: string, afterMs: number): Move {
    const { parcel, random } = asked;
    const harm = (plan: Plan) => HARMS[name]?.(plan, { ...parcel, random });
    return { kind: 'answer', afterMs, body: this.#bodyOf(asked, { harm }) };
  }

  /** What it was asked before, in the place of what it is asked now. */
  outdated(asked: Asked, afterMs: number): Move {
    const { snapshot, config } = (asked.before.at(-1) ?? asked).parcel;
    const harm = ({ decision }: Plan) => ({ ...planOf(snapshot, config), decision });
    return { kind: 'answer', afterMs, body: this.#bodyOf(asked, { harm }) };
  }

  /** An honest plan in a message that says of itself that it is another one. */
  misaddressed(asked: Asked, afterMs: number): Move {
    const { head: asking, random, before } = asked;
    const old = before.at(-1)?.head.id ?? 'of nobody';
    const lies: Partial<Head>[] = [
      { id: old },
      { epoch: asking.epoch - 1 },
      { epoch: asking.epoch + 1 },
      { nonce: 'of another' },
      { contract: 'of another version' },
      { failed: true },
    ];
    const head = lies[Math.floor(random.next() * lies.length)] as Partial<Head>;
    return { kind: 'answer', afterMs, head, body: this.#bodyOf(asked, { isTrue: false }) };
  }

  half(asked: Asked, parts: Parts, afterMs: number): Move {
    return { kind: 'answer', afterMs, parts, body: this.#bodyOf(asked, { isTrue: false }) };
  }

  garbage({ random }: Asked, afterMs: number): Move {
    return { kind: 'answer', afterMs, body: GARBAGE[Math.floor(random.next() * GARBAGE.length)] as string };
  }

  #bodyOf(
    { parcel: { snapshot, config }, head: { epoch } }: Asked,
    { harm, isTrue = true }: { harm?: (plan: Plan) => unknown; isTrue?: boolean },
  ): string {
    const nth = this.#written.push({ epoch, at: snapshot.at, isTrue, isHarmed: harm !== undefined }) - 1;
    const plan = planOf(snapshot, config);
    const marked = {
      ...plan,
      decision: { ...plan.decision, text: `${plan.decision.text} (plan ${nth} of the laptop)` },
    };
    return JSON.stringify(harm ? harm(marked) : marked);
  }
}

const MARK = /\(plan (\d+) of the laptop\)$/;

const GARBAGE = [
  '',
  '{',
  'null',
  '[]',
  '{"intents":[]}',
  '['.repeat(100_000),
  '"\u0000"',
  '{"decision":{"code":"steady"}}',
];

export const drawn = <T>(random: Random, weighted: readonly (readonly [number, T])[]): T => {
  let luck = random.next() * weighted.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, value] of weighted) {
    luck -= weight;
    if (luck < 0) return value;
  }
  return (weighted.at(-1) as readonly [number, T])[1];
};
