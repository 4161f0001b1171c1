import { START } from '../world/scenario/types';
import type { CallRecord, Mishap } from './face/calls';
import { Face } from './face/face';
import { judgeRest, judgeRun } from './judge/judge';
import { podsNotRunning, wantedPods } from './judge/pods';
import { isAtRest } from './judge/rest';
import type { Violation } from './judge/violation';
import type { ProofScenario } from './scenarios';

export const EVERY_MS = 120_000;
/** Just before the next tick begins. */
const BEFORE_MS = 1_000;

export interface Played {
  face: Face;
  violations: Violation[];
}

/** What a scenario shows at the end of each tick when nothing goes wrong: its own troubles, which take their time. */
export type Reference = { face: Face; violations: Violation[]; atRest: Violation[][] };

/** Nothing goes wrong but what the scenario itself holds. */
export async function playReference(scenario: ProofScenario, seed: number): Promise<Reference> {
  const face = open(scenario, seed, () => undefined);
  const atRest: Violation[][] = [];
  for (let tick = 0; tick < scenario.ticks + scenario.after; tick++) {
    await face.runUntil(endOf(tick));
    atRest.push(shownNow(face));
  }
  return { ...(await finish(scenario, face, scenario.ticks + scenario.after)), atRest };
}

/**
 * Plays a scenario while one thing goes wrong in one tick (from 1), and judges it two ticks later and at its end. What
 * the reference shows in these ticks is no news: the scenario's own trouble, or the same a little later.
 */
export async function playAttacked(
  scenario: ProofScenario,
  seed: number,
  tick: number,
  attack: (call: CallRecord) => Mishap | undefined,
  { atRest }: Reference,
): Promise<Played> {
  const face = open(scenario, seed, attack);
  await face.runUntil(endOf(tick + 2));
  const own = new Set(atRest.slice(tick, tick + 3).flatMap((shown) => shown.map(({ invariant }) => invariant)));
  const soon = shownNow(face).filter(({ invariant }) => !own.has(invariant));
  const { violations } = await finish(scenario, face, tick + 2);
  return { face, violations: [...soon, ...violations] };
}

/** That a pod has a node to start on is enough here. */
const shownNow = (face: Face): Violation[] => [...judgeRest(face), ...podsNotRunning(face, wantedPods(face), false)];

/** Plays on from the end of that tick; once the story is told, not beyond the tick in which everything came to rest. */
async function finish(scenario: ProofScenario, face: Face, played: number): Promise<Played> {
  for (let tick = Math.max(played, scenario.ticks); tick <= scenario.ticks + scenario.after; tick++) {
    await face.runUntil(endOf(tick));
    if (isAtRest(face)) break;
  }
  return { face, violations: [...judgeRest(face), ...podsNotRunning(face, wantedPods(face), true), ...judgeRun(face)] };
}

/** Just before the next tick begins. */
const endOf = (tick: number): number => (tick + 1) * EVERY_MS - BEFORE_MS;

/**
 * The tick (from 1) that a call belongs to. An event comes between two and belongs to the later one, which finds the lease
 * of the dead still held.
 */
export const tickOf = ({ invocation, issuedAt }: CallRecord): number => {
  const ticks = (issuedAt - START) / EVERY_MS;
  return isEvent(invocation) ? Math.ceil(ticks) : Math.floor(ticks);
};

const isEvent = (invocation: string): boolean => !invocation.startsWith('tick-');

function open(scenario: ProofScenario, seed: number, attack: (call: CallRecord) => Mishap | undefined): Face {
  const { config, timings, steps, mishaps, overlap, deliver, laptop } = scenario;
  let own: (call: CallRecord) => Mishap | undefined = () => undefined;
  // The story goes on in a call that is attacked: what comes in its very moment comes all the same.
  const mishapOf = (call: CallRecord): Mishap | undefined => {
    const told = own(call);
    return attack(call) ?? told;
  };
  const face = new Face({
    ...{ seed, config, mishapOf },
    ...(timings && { timings }),
    ...(deliver && { deliver }),
    ...(laptop && { laptop: laptop() }),
  });
  if (mishaps) own = mishaps(face);
  for (const { atMs, act } of steps) face.change(atMs, () => act(face));
  for (let tick = 1; tick <= scenario.ticks + scenario.after; tick++) {
    for (let twin = 1; twin <= overlap; twin++) face.invokeAt(tick * EVERY_MS, { id: `tick-${tick}-${twin}` });
  }
  return face;
}
