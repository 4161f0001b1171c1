import type { TickResult } from '../../autoscaler/result';
import type { Operation } from '../../autoscaler/state';
import type { Face } from '../face/face';
import { beyondLimit, forgottenCordons, orphans, overdue, tooMany } from './fleet';
import { unheededNotices } from './notices';
import { pdbViolations, podsMadePending } from './pods';
import { needlessReturns } from './returns';
import { holdersOf, leaseHeld, leaseKept, lostWakeUps, staleWrites } from './state';
import {
  actedAfterLoss,
  actedWithoutLease,
  foreignTouched,
  nodeBeforeInstance,
  oldLook,
  personsCordon,
  podsKilled,
  removalOnDoubt,
  wrongEviction,
} from './touching';
import { type Violation, violation } from './violation';

/** What must hold while nobody runs, two ticks after the last mishap. */
export const judgeRest = (face: Face): Violation[] => [
  ...orphans(face),
  ...overdue(face),
  ...forgottenCordons(face),
  ...leaseHeld(face),
];

/** What must hold of a whole run. */
export function judgeRun(face: Face): Violation[] {
  const operations = operationsOf(face);
  return [...tooMany(face, operations, ticksOf(face)), ...needlessReturns(face, operations), ...judgeCalls(face)];
}

const judgeCalls = (face: Face): Violation[] => [
  ...beyondLimit(face),
  ...leaseKept(face),
  ...staleWrites(face),
  ...lostWakeUps(face),
  ...unheededNotices(face),
  ...pdbViolations(face),
  ...podsMadePending(face),
  ...podsKilled(face),
  ...actedWithoutLease(face),
  ...actedAfterLoss(face),
  ...wrongEviction(face),
  ...foreignTouched(face),
  ...personsCordon(face),
  ...nodeBeforeInstance(face),
  ...removalOnDoubt(face),
  ...oldLook(face),
  ...failures(face),
];

/** The ends of ticks that could do something: given the lease, and neither standing still nor killed. */
function ticksOf(face: Face): number[] {
  const holders = holdersOf(face);
  const able = face.invocations.filter((each) => holders.has(each.id) && each.ending === 'done' && each.frozenMs === 0);
  return [...new Set(able.map(({ endedAt = 0 }) => endedAt))].sort((a, b) => a - b);
}

/** Every operation that a tick told of, as it was told last. */
export function operationsOf(face: Face): Map<string, Operation> {
  const told = face.invocations.flatMap(({ value }) => (value as TickResult | undefined)?.operations ?? []);
  return new Map([...told, ...face.state.operations].map((operation) => [operation.id, operation]));
}

function failures(face: Face): Violation[] {
  const harmed = new Set(face.calls.filter(({ mishap }) => mishap !== undefined).map(({ invocation }) => invocation));
  return face.invocations
    .filter(({ ending, id }) => (ending === 'failed' || ending === 'killed') && !harmed.has(id))
    .map(({ id, error, ending }) => violation('failures', `${id} ${ending}: ${(error as Error | undefined)?.message}`));
}
