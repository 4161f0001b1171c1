import { CONTRACT } from '../../autoscaler/live/mailbox';
import { plan as planOf } from '../../autoscaler/planning/planner';
import type { CallRecord } from '../face/calls';
import { MAILBOX } from '../face/dynamodb';
import type { Face } from '../face/face';
import { unlawful } from './lawful';
import { clockTime, type Violation, violation } from './violation';

/** What must hold of a run with a laptop, besides all that must hold without one. */
export const judgeLive = (face: Face): Violation[] => [
  ...strangersPlans(face),
  ...unlawfulPlans(face),
  ...lostTicks(face),
  ...waitedInVain(face),
];

function strangersPlans({ foreignPlans, config, options: { laptop } }: Face): Violation[] {
  const { mode = 'live', contract = CONTRACT } = laptop ?? {};
  const mayPlan = mode === 'live' && contract === CONTRACT;
  return foreignPlans.flatMap(({ invocation, epoch, snapshot, plan }) => {
    const written = laptop?.written(plan);
    const isAnswer = written?.isTrue && written.epoch === epoch && written.at === snapshot.at;
    if (mayPlan && !config.isProtected && isAnswer) return [];
    return [violation('strangersPlan', `${invocation} did "${plan.decision.text}" at ${clockTime(snapshot.at)}`)];
  });
}

const unlawfulPlans = ({ foreignPlans, config }: Face): Violation[] =>
  foreignPlans.flatMap(({ invocation, snapshot, plan }) =>
    unlawful(plan, planOf(snapshot, config), snapshot, config).map((what) =>
      violation('unlawfulPlan', `${invocation} at ${clockTime(snapshot.at)}: ${what}`),
    ),
  );

const STOPPED = /^(kill|freeze)/;

/** Whatever is slow or wrong around it: each says what it decided, and in time. */
function lostTicks(face: Face): Violation[] {
  const stopped = new Set(face.calls.filter(({ mishap }) => STOPPED.test(mishap ?? '')).map((call) => call.invocation));
  const isLost = (ending: string | undefined, value: unknown) =>
    ending === 'killed' || (ending === 'done' && !(value as { decision?: unknown } | undefined)?.decision);
  return face.invocations
    .filter(({ id, ending, value }) => !stopped.has(id) && isLost(ending, value))
    .map(({ id, ending }) => violation('lostTicks', `${id} ${ending}`));
}

/** Rules of the wait, and what the rounds between its looks and the ways of its calls take beyond them. */
const MOST_MS = 10_000 + 1_000;
const SILENT_MS = 4_000 + 2_000;
/** Who was silent at one look is not asked again at one that comes so much later. */
const BETWEEN_LOOKS_MS = 10_000 + 2_000;

/** Where all calls are quick: nobody is waited for longer than the rules have it, and the dead not twice. */
function waitedInVain(face: Face): Violation[] {
  if (!face.laptop || face.options.latency) return [];
  const lastBeat = Math.max(0, ...face.laptop.lastBeats.values());
  const harmed = new Set(face.calls.filter(({ mishap }) => mishap !== undefined).map((call) => call.invocation));
  const found: Violation[] = [];
  const askedDead = new Map<number, number>();
  for (const { id, sandbox } of face.invocations) {
    if (harmed.has(id)) continue;
    const own = face.calls.filter(({ invocation }) => invocation === id);
    for (const { from, to } of waitsOf(own)) {
      const tooLong = to - from > MOST_MS || to - Math.max(from, lastBeat) > SILENT_MS;
      if (tooLong) found.push(violation('waitedInVain', `${id} for ${(to - from) / 1000} s from ${clockTime(from)}`));
      if (from <= lastBeat) continue;
      const first = askedDead.get(sandbox) ?? from;
      askedDead.set(sandbox, first);
      if (from - first > BETWEEN_LOOKS_MS) found.push(violation('waitedInVain', `${id} asked a laptop that was dead`));
    }
  }
  return found;
}

/** From each handover to the last question for its answer. */
function waitsOf(calls: readonly CallRecord[]): { from: number; to: number }[] {
  const waits: { from: number; to: number }[] = [];
  for (const { target, issuedAt } of calls) {
    if (target === `${MAILBOX}snapshot`) waits.push({ from: issuedAt, to: issuedAt });
    const last = waits.at(-1);
    if (target === `${MAILBOX}answer` && last) last.to = issuedAt;
  }
  return waits;
}
