import { TAG, workerNodeName } from '../../autoscaler/names';
import type { CallRecord } from '../face/calls';
import type { Face } from '../face/face';
import type { Invocation } from '../face/invocation';
import { isLook } from './state';
import { clockTime, type Violation, violation } from './violation';

/** Between a warning and the end of its instance. */
const NOTICE_MS = 120_000;
/** One look and the first evictions. */
const LOOK_MS = 20_000;

/**
 * Of each warning that the function was told of: was the node drained, or the instance ended, before EC2 took it? Asked
 * only where somebody could: an invocation that nothing was done to had the lease after the notice had come.
 */
export function unheededNotices(face: Face): Violation[] {
  return face.world.events.flatMap((event) => {
    if (event.kind !== 'spot-warning' || !isWorker(face, event.instance)) return [];
    const end = event.at + NOTICE_MS;
    const toldAt = arrivalOf(face, event.instance);
    if (toldAt === undefined) return [];
    const able = face.invocations.find((each) =>
      couldHeed(face, each, Math.max(toldAt, shownFrom(face, event.instance)), end),
    );
    if (!able || wasHeeded(face, event.instance, toldAt, end)) return [];
    const detail = `${event.instance}, warned at ${clockTime(event.at)}, told by ${clockTime(toldAt)}; ${able.id} could`;
    return [violation('unheededNotices', detail)];
  });
}

const isWorker = (face: Face, id: string): boolean =>
  face.world.ec2.all().some((each) => each.id === id && each.tags[TAG.role] === 'worker');

/** When it was kept, or was due to be: an invocation that nothing was done to keeps what it was told. */
function arrivalOf(face: Face, instance: string): number | undefined {
  const times = face.invocations
    .filter(({ notice }) => notice?.kind === 'interruption' && notice.instance === instance)
    .flatMap((each) => {
      const kept = callsOf(face, each).find(({ target, outcome }) => target === 'notice' && outcome === 'ok');
      if (kept?.effectAt !== undefined) return [kept.effectAt];
      return isUnharmed(face, each) ? [each.startedAt] : [];
    });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Before that EC2's list may hide it, and a notice of what nobody shows is kept. */
function shownFrom({ world: { events, options } }: Face, instance: string): number {
  const launched = events.find((event) => event.kind === 'instance-launched' && event.instance === instance);
  return launched ? launched.at + options.timings.describeLagMs : 0;
}

/** @param from when it was told, and the instance could be seen */
function couldHeed(face: Face, invocation: Invocation, from: number, end: number): boolean {
  if (!isUnharmed(face, invocation)) return false;
  const look = callsOf(face, invocation).find((call) => isLook(call) && call.issuedAt >= from);
  return look !== undefined && look.issuedAt <= end - LOOK_MS;
}

/** It was ended, or drained: cordoned, and each pod that was there asked to go, if only to be told to wait. */
function wasHeeded(face: Face, instance: string, toldAt: number, end: number): boolean {
  const node = workerNodeName(instance);
  const done = face.calls.filter(({ effectAt = Number.POSITIVE_INFINITY }) => effectAt <= end);
  if (done.some(({ operation, target }) => operation === 'TerminateInstances' && target === instance)) return true;
  const marked = done.findLast(({ truth, target }) => truth?.kind === 'node' && target === node);
  const isCordoned = marked?.truth?.kind === 'node' && marked.truth.cordons === true;
  const asked = new Set(done.flatMap(({ operation, target }) => (operation === 'createEviction' ? [target] : [])));
  return isCordoned && podsThatStay(face, node, toldAt, end).every((pod) => asked.has(pod));
}

/** Names of the pods that were on the node then and had not ended by its end. */
function podsThatStay({ world: { events } }: Face, node: string, at: number, end: number): string[] {
  const there = new Map<string, string>();
  for (const event of events) {
    if (event.at > end) break;
    if (event.kind === 'pod-bound' && event.node === node && event.at <= at) there.set(event.uid, event.pod);
    if (event.kind === 'pod-deleted' || event.kind === 'pod-evicted') there.delete(event.uid);
  }
  return [...there.values()];
}

const callsOf = (face: Face, { id }: Invocation): CallRecord[] =>
  face.calls.filter(({ invocation }) => invocation === id);

const isUnharmed = (face: Face, invocation: Invocation): boolean =>
  invocation.ending === 'done' && callsOf(face, invocation).every(({ mishap }) => mishap === undefined);
