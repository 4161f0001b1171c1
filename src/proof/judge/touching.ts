import { TAG, workerNodeName } from '../../autoscaler/names';
import { START } from '../../world/scenario/types';
import type { CallRecord, Truth } from '../face/calls';
import { MAILBOX } from '../face/dynamodb';
import type { Face } from '../face/face';
import { holdersOf, isLook } from './state';
import { clockTime, type Violation, violation } from './violation';
import { warnedAt } from './warnings';

type Effect<K extends Truth['kind']> = CallRecord & { truth: Extract<Truth, { kind: K }> };

const effects = <K extends Truth['kind']>(face: Face, kind: K): Effect<K>[] =>
  face.calls.filter((call): call is Effect<K> => call.truth?.kind === kind);

const told = (call: CallRecord): string =>
  `${call.invocation}: ${call.operation} ${call.target} at ${clockTime(call.effectAt ?? call.issuedAt)}`;

export function foreignTouched(face: Face): Violation[] {
  // A person may take an instance over; the Node that bears our mark is ours until the mark is off.
  const ours = new Set(
    face.world.ec2
      .all()
      .filter(({ clientToken, tags }) => clientToken !== undefined || tags[TAG.role] === 'base')
      .map(({ id }) => workerNodeName(id)),
  );
  const instances = effects(face, 'instance').filter(
    ({ truth }) => truth.cluster !== face.config.cluster || truth.role !== 'worker',
  );
  const nodes = effects(face, 'node').filter(({ target }) => !ours.has(target));
  return [...instances, ...nodes].map((call) => violation('foreignTouched', told(call)));
}

export function actedWithoutLease(face: Face): Violation[] {
  const holders = holdersOf(face);
  return face.calls
    .filter(({ service, mutates, invocation }) => mutates && ACTED_ON.has(service) && !holders.has(invocation))
    .map((call) => violation('actedWithoutLease', told(call)));
}

/** Nobody is protected from a sandbox that stands still in the middle of a call; from what it does next everybody is. */
export function actedAfterLoss(face: Face): Violation[] {
  const given = effects(face, 'state').filter(({ truth }) => truth.write === 'acquire');
  return (
    face.calls
      .filter(({ service, mutates, mishap }) => mutates && ACTED_ON.has(service) && !mishap?.startsWith('freeze'))
      // What people are told harms nobody.
      .filter(({ operation }) => !TELLING.has(operation))
      .filter(({ invocation, issuedAt }) => {
        const before = given.filter(({ effectAt = 0 }) => effectAt < issuedAt);
        const newest = before.reduce((most, { truth }) => Math.max(most, truth.epochAfter), 0);
        const own = before.findLast((call) => call.invocation === invocation);
        return own !== undefined && own.truth.epochAfter < newest;
      })
      .map((call) => violation('actedAfterLoss', told(call)))
  );
}

/** From the look to the write of what was planned from it; after that it is a promise that is kept. */
export function oldLook(face: Face): Violation[] {
  const { dataMaxAgeMs } = face.config.policy;
  const looks = new Map<string, { at: number; storedAt?: number }>();
  const found: Violation[] = [];
  for (const call of face.calls) {
    const look = looks.get(call.invocation);
    if (isLook(call)) {
      looks.set(call.invocation, { at: call.issuedAt });
    } else if (look && call.target === 'save') {
      look.storedAt ??= call.issuedAt;
    } else if (look?.storedAt !== undefined && begins(call) && look.storedAt - look.at > dataMaxAgeMs + GRACE_MS) {
      found.push(violation('oldLook', `${told(call)}, of a look at ${clockTime(look.at)}`));
    }
  }
  return found;
}

/** Between the rule and the write that follows it. */
const GRACE_MS = 1_000;

const begins = ({ operation, truth }: CallRecord): boolean =>
  operation === 'RunInstances' || (truth?.kind === 'node' && truth.cordons === true);

/** Whoever has another uid is another pod: it may be on any node. */
export const wrongEviction = (face: Face): Violation[] =>
  effects(face, 'pod')
    .filter(({ truth }) => truth.mark === undefined)
    .map((call) => violation('wrongEviction', `${told(call)}, from ${call.truth.node ?? 'nowhere'}`));

const TELLING: ReadonlySet<string> = new Set(['createEvent', 'patchEvent', 'patchConfigMap']);
const ACTED_ON: ReadonlySet<string> = new Set(['ec2', 'kubernetes']);

/** A cordon without our mark is a person's. */
export const personsCordon = (face: Face): Violation[] =>
  effects(face, 'node')
    .filter(({ truth }) => truth.cordons !== undefined && truth.wasCordoned && truth.mark === undefined)
    .map((call) => violation('personsCordon', told(call)));

export const nodeBeforeInstance = (face: Face): Violation[] =>
  effects(face, 'node')
    .filter(({ operation, truth }) => operation === 'deleteNode' && truth.instanceAlive)
    .map((call) => violation('nodeBeforeInstance', told(call)));

/** What EC2 ends in a moment may be ended now: its pods are lost either way. */
export const podsKilled = (face: Face): Violation[] => {
  const isEnding = doomedIn(face, ENDING_MS);
  return effects(face, 'instance')
    .filter((call) => call.truth.evictablePods.length > 0 && !isEnding(call))
    .map((call) => violation('podsKilled', `${told(call)} with ${call.truth.evictablePods.join(', ')}`));
};

/** After the warning; EC2 takes it ten seconds later. */
const ENDING_MS = 110_000;

/** A look begins with what it reads, and ends where the next begins; what it could not read it must not act on. */
export function removalOnDoubt(face: Face): Violation[] {
  const found: Violation[] = [];
  const looks = new Map<string, Map<string, string | undefined>>();
  /** The same as it stood at the first write: what was planned was planned from that. */
  const planned = new Map<string, Map<string, string | undefined>>();
  const broken = new Set<string>();
  const isDoomed = doomedIn(face);
  const doubtOf = doubtIn(face);
  for (const call of face.calls) {
    const key = `${call.invocation} ${sourceOf(call)}`;
    // A client that asks again over a new connection begins no new look.
    const isAgain = broken.delete(key);
    if (call.mishap === 'lost') broken.add(key);
    if (call.operation === 'query' && call.target === 'state age' && !isAgain) {
      looks.set(call.invocation, new Map());
      planned.delete(call.invocation);
    }
    const sources = looks.get(call.invocation);
    if (!sources) continue;
    // Nothing is seen in the mailbox. Of what is, the last answer counts: a client may ask again by itself.
    if (call.target.startsWith(MAILBOX)) continue;
    if (!call.mutates) sources.set(sourceOf(call), doubtOf(call));
    else if (!planned.has(call.invocation)) planned.set(call.invocation, new Map(sources));
    if (isRemovalStep(call)) {
      const needed = isDoomed(call) ? NEEDED_FOR_DOOMED : /./;
      // A node that EC2 takes is cordoned as planned, whatever a later look, for another removal, could not see.
      const seen = isDoomed(call) && call.truth?.kind === 'node' ? planned.get(call.invocation) : sources;
      const doubts = [...(seen ?? sources)].flatMap(([source, doubt]) =>
        doubt !== undefined && needed.test(source) ? [`${source} ${doubt}`] : [],
      );
      if (doubts.length > 0) found.push(violation('removalOnDoubt', `${told(call)} though ${doubts.join(', ')}`));
    }
  }
  return found;
}

/** Why an answer, or the want of one, is no ground for a removal. That EC2's list is late nobody can see in it. */
function doubtIn(face: Face): (call: CallRecord) => string | undefined {
  const { dataMaxAgeMs } = face.config.policy;
  return (call) => {
    const { mishap = '', service, truth } = call;
    if (BLIND.test(mishap) || (mishap === 'partial' && service === 'kubernetes')) return `had failed (${mishap})`;
    if (truth?.kind !== 'series') return undefined;
    if (truth.ageMs > dataMaxAgeMs) return `was ${truth.ageMs / 1000} s old`;
    const missing =
      mishap === 'partial' && call.target.startsWith('cpu') && truth.nodes.length > 1 ? truth.nodes.at(-1) : undefined;
    return missing !== undefined && speaks(face, missing, call.issuedAt) ? `lacked ${missing}` : undefined;
  };
}

/** A worker that serves for so long that its CPU is part of the mean. */
function speaks(face: Face, name: string, at: number): boolean {
  if (!name.startsWith(WORKER)) return false;
  const joined = face.world.events.find((event) => event.kind === 'node-joined' && event.node === name)?.at ?? START;
  const last = effects(face, 'node').findLast(
    ({ target, truth, operation, issuedAt }) =>
      target === name && issuedAt <= at && (truth.cordons !== undefined || operation === 'deleteNode'),
  );
  return at - joined >= WARM_MS && (last === undefined || last.truth.cordons === false);
}

const WORKER = workerNodeName('');
const WARM_MS = 5 * 60_000;

/** What EC2 takes is gone whatever its load was. */
const NEEDED_FOR_DOOMED = /^(kubernetes|ec2) /;

/** Whether a call is about a node, or an instance, that EC2 had warned of so long before. */
function doomedIn(face: Face, afterMs = 0): (call: CallRecord) => boolean {
  const warned = warnedAt(face);
  return ({ target, truth, effectAt = 0 }) =>
    effectAt >= afterMs + (warned.get(truth?.kind === 'pod' ? (truth.node ?? '') : target) ?? Number.POSITIVE_INFINITY);
}

const BLIND = /^(refuse|hang|garbage|late)/;
const sourceOf = ({ service, operation, target }: CallRecord): string => `${service} ${operation} ${target}`;

const isRemovalStep = ({ operation, outcome, truth }: CallRecord): boolean =>
  outcome === 'ok' && (operation === 'createEviction' || (truth?.kind === 'node' && truth.cordons === true));
