import { Random } from '../world/random';
import { START } from '../world/scenario/types';
import type { CallRecord, Mishap } from './face/calls';
import { Face } from './face/face';
import type { LaptopManners } from './face/laptop';
import { judgeRest, judgeRun } from './judge/judge';
import { podsNotRunning } from './judge/pods';
import { isAtRest } from './judge/rest';
import { EVERY_MS, type Played } from './play';
import { QUICK } from './scenarios';
import { web } from './workload';

/** What one seed stands for: all that is drawn, before anything runs. */
export interface Schedule {
  seed: number;
  /** Pods that are wanted, by time. */
  pods: { atMs: number; replicas: number }[];
  invocations: { atMs: number; id: string; requestId: string; skewMs: number }[];
  /** By place of the call among those of its invocation. */
  mishaps: { invocation: string; nth: number; mishap: Mishap }[];
  /** Warnings of EC2's, and when each reaches the function: once, twice or never. */
  interruptions: { atMs: number; arrivesMs: number[] }[];
  /** How often EC2 has no capacity, 0–1. */
  refusals: number;
  /** How often a way takes long, 0–1. */
  slowness: number;
  /** `limits.maxNodes`: just enough for the pods in half of the schedules. */
  maxNodes: number;
}

/** Of half a core each, on a worker of two cores. */
const PODS_ON_A_WORKER = 4;
const ROOMY = 10;

/** Waves of invocations; the first is the largest. */
const WAVES = 4;
export const WAVES_END_MS = (WAVES + 1) * EVERY_MS - 1_000;
/** A frozen sandbox may wake long after the waves; from this tick on all must be well soon. */
const CALM_FROM = WAVES + 3;
const CALM_TICKS = 4;
const SKEW_MS = 10_000;

export function drawSchedule(seed: number): Schedule {
  const random = new Random(seed, 'schedule');
  const upTo = (n: number) => Math.floor(random.next() * (n + 1));
  const chance = (p: number) => random.next() < p;
  const schedule: Schedule = {
    seed,
    pods: [],
    invocations: [],
    mishaps: [],
    interruptions: [],
    refusals: 0,
    slowness: random.next() * 0.3,
    maxNodes: ROOMY,
  };
  if (chance(0.4)) schedule.refusals = random.next() * 0.7;
  schedule.pods.push({ atMs: upTo(EVERY_MS), replicas: 5 + upTo(15) });
  if (chance(0.7)) schedule.pods.push({ atMs: EVERY_MS * 2 + upTo(EVERY_MS * 2), replicas: upTo(20) });
  for (let wave = 1; wave <= WAVES; wave++) drawWave(schedule, wave, wave === 1 ? 10 + upTo(4) : 1 + upTo(4));
  const harmed = schedule.invocations.filter(() => chance(0.15));
  const kinds: Mishap[] = [{ kind: 'kill', when: 'before' }, { kind: 'kill', when: 'after' }, { kind: 'lost' }];
  const mayFreeze = chance(0.6);
  for (const { id } of harmed) {
    const freeze: Mishap = { kind: 'freeze', when: chance(0.5) ? 'before' : 'after', ms: 60_000 + upTo(240_000) };
    const mishap = mayFreeze && chance(0.7) ? freeze : (kinds[upTo(kinds.length - 1)] as Mishap);
    schedule.mishaps.push({ invocation: id, nth: 1 + upTo(chance(0.5) ? 20 : 60), mishap });
  }
  if (chance(0.4)) {
    // About the time of a wave, so that it meets a lease that is held.
    const atMs = (2 + upTo(WAVES - 1)) * EVERY_MS + upTo(25_000) - 5_000;
    const arrivesMs = Array.from({ length: chance(0.1) ? 0 : 1 + upTo(1) }, () => 200 + upTo(5_000));
    schedule.interruptions.push({ atMs, arrivesMs });
  }
  if (chance(0.5)) {
    const most = Math.max(...schedule.pods.map(({ replicas }) => replicas));
    schedule.maxNodes = Math.max(2, Math.ceil(most / PODS_ON_A_WORKER));
  }
  return schedule;

  function drawWave({ invocations }: Schedule, wave: number, size: number): void {
    for (let i = 0; i < size; i++) {
      const twin = i > 0 && chance(0.2) ? invocations.at(-1) : undefined;
      const id = `wave-${wave}-${i + 1}`;
      invocations.push({
        // The schedule's own tick first; the others are alerts and events.
        atMs: twin?.atMs ?? wave * EVERY_MS + (i === 0 ? 0 : upTo(25_000)),
        id,
        requestId: twin?.requestId ?? id,
        skewMs: upTo(2 * SKEW_MS) - SKEW_MS,
      });
    }
  }
}

/** Plays one seed; alone it goes as it goes among ten thousand. */
export const playSchedule = (seed: number): Promise<Played> => playDrawn(drawSchedule(seed));

/** What is around a schedule besides what it says itself. */
export interface Around {
  config?: Record<string, unknown>;
  laptop?: LaptopManners;
  /** Comes before what the schedule has go wrong. */
  mishapOf?: (call: CallRecord) => Mishap | undefined;
  begin?: (face: Face) => void;
}

export async function playDrawn(schedule: Schedule, around: Around = {}): Promise<Played> {
  const { seed } = schedule;
  const { config, laptop, mishapOf = () => undefined, begin } = around;
  const drawn = mishapsOf(schedule);
  const face = new Face({
    seed,
    config: { policy: QUICK, limits: { maxNodes: schedule.maxNodes }, ...config },
    ...(schedule.slowness > 0 && { latency: latencyOf(schedule.slowness) }),
    ...(laptop && { laptop }),
    mishapOf: (call) => mishapOf(call) ?? drawn(call),
    // Its end is told too; what is drawn is for the warning.
    deliver: () => schedule.interruptions[0]?.arrivesMs ?? [],
  });
  begin?.(face);
  for (const { atMs } of schedule.interruptions) {
    face.change(atMs, () => face.world.nodeFault({ kind: 'spot-interruption', atMs, target: 'oldest' }));
  }
  for (const { atMs, replicas } of schedule.pods) face.change(atMs, () => face.world.workload(web(replicas)));
  for (const { atMs, ...asked } of schedule.invocations) {
    face.invokeAt(atMs, { trigger: /-1$/.test(asked.id) ? 'schedule' : 'alert', ...asked });
  }
  for (let tick = WAVES + 1; tick < CALM_FROM + CALM_TICKS; tick++) {
    face.invokeAt(tick * EVERY_MS, { id: `calm-${tick}` });
  }
  // Two quiet ticks at least; all of them where something is still on its way.
  for (let tick = WAVES + 2; tick < CALM_FROM + CALM_TICKS; tick++) {
    await face.runUntil((tick + 1) * EVERY_MS - 1_000);
    if (isAtRest(face)) break;
  }
  const wanted = schedule.pods.at(-1)?.replicas ?? 0;
  return { face, violations: [...judgeRest(face), ...podsNotRunning(face, wanted, true), ...judgeRun(face)] };
}

/** Mostly milliseconds, now and then seconds, rarely longer than an adapter waits; in the end all is quick. */
const latencyOf =
  (slowness: number) =>
  (random: Random, now: number): number => {
    const luck = random.next();
    if (luck >= slowness || now - START >= CALM_FROM * EVERY_MS) return 1 + Math.floor(random.next() * 50);
    return luck < slowness / 10 ? Math.floor(random.next() * 8_000) : Math.floor(random.next() * 1_500);
  };

function mishapsOf({ seed, mishaps, refusals }: Schedule): (call: CallRecord) => Mishap | undefined {
  const counts = new Map<string, number>();
  const random = new Random(seed, 'refusals');
  return ({ invocation, operation, issuedAt }) => {
    const nth = (counts.get(invocation) ?? 0) + 1;
    counts.set(invocation, nth);
    const found = mishaps.find((each) => each.invocation === invocation && each.nth === nth)?.mishap;
    const hasRoom = operation !== 'RunInstances' || issuedAt - START > WAVES_END_MS || random.next() >= refusals;
    if (found || hasRoom) return found;
    return { kind: 'refuse', code: 'InsufficientInstanceCapacity' };
  };
}
