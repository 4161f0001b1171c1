import type { CallRecord, Mishap } from './face/calls';
import { Face } from './face/face';
import { judgeRest, judgeRun } from './judge/judge';
import { podsNotRunning } from './judge/pods';
import type { Violation } from './judge/violation';
import type { ProofScenario } from './scenarios';

export const EVERY_MS = 120_000;
/** After the last attacked tick: two to recover, and some for what had to wait meanwhile. */
const TICKS_AFTER = 5;
/** Just before the next tick begins. */
const BEFORE_MS = 1_000;

export interface Played {
  face: Face;
  violations: Violation[];
}

/**
 * Plays a scenario while one thing goes wrong in one tick, and judges it two ticks later and at its end.
 *
 * @param attackedTick the tick (from 1) in which it goes wrong; undefined: nothing does
 */
export async function playScenario(
  scenario: ProofScenario,
  seed: number,
  attack: (call: CallRecord) => Mishap | undefined = () => undefined,
  attackedTick?: number,
): Promise<Played> {
  const face = open(scenario, seed, attack);
  const violations: Violation[] = [];
  if (attackedTick !== undefined) {
    // The tick after the two that must put it right begins here.
    const at = (attackedTick + 3) * EVERY_MS - BEFORE_MS;
    await face.runUntil(at);
    violations.push(...judgeRest(face), ...podsAt(scenario, face, at));
  }
  const end = (scenario.ticks + TICKS_AFTER + 1) * EVERY_MS - BEFORE_MS;
  await face.runUntil(end);
  return { face, violations: [...violations, ...judgeRest(face), ...podsAt(scenario, face, end), ...judgeRun(face)] };
}

/** Which tick (from 1) an invocation is. */
export const tickOf = (invocation: string): number => Number(/^tick-(\d+)/.exec(invocation)?.[1]);

function open(scenario: ProofScenario, seed: number, attack: (call: CallRecord) => Mishap | undefined): Face {
  const { config, timings, steps, mishaps, overlap } = scenario;
  let own: (call: CallRecord) => Mishap | undefined = () => undefined;
  const face = new Face({ seed, config, ...(timings && { timings }), mishapOf: (call) => attack(call) ?? own(call) });
  if (mishaps) own = mishaps(face);
  for (const { atMs, act } of steps) face.change(atMs, () => act(face));
  for (let tick = 1; tick <= scenario.ticks + TICKS_AFTER; tick++) {
    for (let twin = 1; twin <= overlap; twin++) face.invokeAt(tick * EVERY_MS, { id: `tick-${tick}-${twin}` });
  }
  return face;
}

/** Pods that were asked for so long ago that two ticks were enough for them. */
function podsAt({ steps, timings }: ProofScenario, face: Face, at: number): Violation[] {
  const isSettled = steps.every(({ atMs }) => atMs > at || atMs <= at - 3 * EVERY_MS - (timings?.podStartMs ?? 0));
  if (!isSettled) return [];
  const late = face.world.kubernetes.list('deployments').items;
  const wanted = late.reduce((sum, { spec }) => sum + Number((spec as { replicas?: number }).replicas ?? 0), 0);
  return podsNotRunning(face, wanted);
}
