import type { RuntimeConfig } from '../../config/runtime';
import type { Plan } from '../plan';
import { lastHour } from '../planning/scale-down';
import type { Snapshot } from '../snapshot';
import { AnswerTooLarge, MAX_ANSWER_BYTES } from './answer-size';
import { refusalOf } from './gates';
import { intentsOf } from './judged';
import { readPlan } from './read-plan';
import { Misshapen } from './shape';

export type Checked = { plan: Plan } | { refusal: string };

/**
 * What a laptop answered, as a plan that may be executed, or why it may not be. Pure; whatever the text is, nothing is
 * thrown, and what comes out passed every check.
 *
 * @param own the function's own plan of the same snapshot
 */
export function foreignPlan(body: string, own: Plan, snapshot: Snapshot, config: RuntimeConfig): Checked {
  // By whatever way it came: before it is parsed, for that is what cannot be stopped.
  if (Buffer.byteLength(body) > MAX_ANSWER_BYTES) return { refusal: new AnswerTooLarge().message };
  let plan: Plan;
  try {
    plan = readPlan(JSON.parse(body), snapshot, config);
  } catch (error) {
    // JSON.parse throws a SyntaxError, or a RangeError where it is nested without end.
    const why = error instanceof Misshapen ? error.message : `it is no JSON: ${(error as Error).message}`;
    return { refusal: why };
  }
  const refusal = refusalOf(plan, own, snapshot, config);
  if (refusal !== undefined) return { refusal };
  return {
    plan: {
      ...plan,
      // Its words must not hide what the function doubts.
      hold: own.hold ?? plan.hold,
      memory: {
        unneededSince: plan.memory.unneededSince,
        nodeCount: own.memory.nodeCount,
        allocatable: own.memory.allocatable,
        removalsBegun: [
          ...lastHour(snapshot.state.removalsBegun, snapshot.at),
          ...intentsOf(plan, 'remove').map(() => snapshot.at),
        ],
      },
    },
  };
}
