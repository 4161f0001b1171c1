import type { CallRecord, Truth } from '../face/calls';
import type { Face } from '../face/face';
import type { Invocation } from '../face/invocation';
import { clockTime, type Violation, violation } from './violation';

type Write = CallRecord & { effectAt: number; truth: Truth & { kind: 'state' } };

/** In the order in which they took effect. */
const writesOf = (face: Face): Write[] =>
  face.calls
    .filter((call): call is Write => call.truth?.kind === 'state' && call.effectAt !== undefined)
    .sort((a, b) => a.effectAt - b.effectAt || a.n - b.n);

/** Invocations that were given the lease, whether they heard of it or not. */
export const holdersOf = (face: Face): ReadonlySet<string> =>
  new Set(
    face.calls.flatMap(({ invocation, truth }) =>
      truth?.kind === 'state' && truth.write === 'acquire' ? [invocation] : [],
    ),
  );

export const leaseHeld = (face: Face): Violation[] =>
  face.leaseUntil === 0 ? [] : [violation('leaseHeld', `until ${clockTime(face.leaseUntil)}`)];

/** Who fails gives it back, or at least asks to; one that was killed, or never heard that it was given it, cannot. */
export const leaseKept = (face: Face): Violation[] =>
  face.invocations
    .filter(({ ending }) => ending === 'failed')
    .filter(({ id }) => {
      const own = face.calls.filter(({ invocation }) => invocation === id);
      const given = own.filter(({ truth }) => truth?.kind === 'state' && truth.write === 'acquire');
      const knew = given.some(({ mishap, outcome }) => mishap === undefined && outcome === 'ok');
      return knew && !own.some(({ target }) => target === 'release');
    })
    .map(({ id, endedAt = 0 }) => violation('leaseKept', `${id} failed at ${clockTime(endedAt)}`));

/** An epoch belongs to who was given it, and ends when the lease is given back. */
export function staleWrites(face: Face): Violation[] {
  const found: Violation[] = [];
  const epochs = new Map<string, number>();
  let isFree = true;
  for (const { invocation, effectAt, truth } of writesOf(face)) {
    if (truth.write === 'acquire') {
      epochs.set(invocation, truth.epochAfter);
      isFree = false;
    }
    if (truth.write !== 'save' && truth.write !== 'release') continue;
    const own = epochs.get(invocation);
    if (own !== truth.epochBefore || isFree) {
      const holder = isFree ? 'nobody held the lease' : `epoch ${truth.epochBefore} was given out`;
      found.push(
        violation('staleWrites', `${truth.write} of ${invocation} (epoch ${own}) at ${clockTime(effectAt)}: ${holder}`),
      );
    }
    if (truth.write === 'release') isFree = true;
  }
  return found;
}

/** Who is sent away leaves a mark; the holder looks once more, or the one who was sent away does. */
export function lostWakeUps(face: Face): Violation[] {
  const writes = writesOf(face);
  return writes.flatMap((mark, index) => {
    if (mark.truth.write !== 'mark') return [];
    const holder = writes
      .slice(0, index)
      .findLast(({ truth }) => truth.write === 'acquire' && truth.epochAfter === mark.truth.epochBefore);
    const release = writes.slice(index).find(({ truth }) => truth.write === 'release');
    if (!holder || !release || release.invocation !== holder.invocation) return [];
    const player = face.invocations.find(({ id }) => id === holder.invocation);
    if (!player || !hadTime(face, player, release.effectAt)) return [];
    const soon = release.effectAt + FOLLOW_UP_MS;
    const looked = face.calls.some(
      (call) =>
        isLook(call) &&
        call.issuedAt >= mark.effectAt &&
        ((call.invocation === holder.invocation && call.issuedAt <= release.effectAt) ||
          (call.issuedAt > release.effectAt && call.issuedAt <= soon)),
    );
    const told = `${mark.invocation} left a mark at ${clockTime(mark.effectAt)}; ${holder.invocation} freed the lease at ${clockTime(release.effectAt)}`;
    return looked ? [] : [violation('lostWakeUps', told)];
  });
}

/** Who leaves a mark and finds the lease free takes it at once. */
const FOLLOW_UP_MS = 30_000;

export const isLook = ({ operation, target }: CallRecord): boolean =>
  operation === 'DescribeInstances' && target === 'cluster';

/** It was not killed, and by its own rule there was time for one more look when it gave the lease back. */
function hadTime(face: Face, player: Invocation, releasedAt: number): boolean {
  const spent = releasedAt - player.startedAt - player.frozenMs;
  return player.ending === 'done' && spent < face.config.functionTimeoutMs / 2 - MARGIN_MS;
}

/** Between the rule and the write that follows it. */
const MARGIN_MS = 1_000;
