import { Random } from '../world/random';
import { autoscaledOf, type Life, terminationsOf } from '../world/report/fleet';
import { START } from '../world/scenario/types';
import type { CallRecord, Mishap } from './face/calls';
import { Face } from './face/face';
import { FAULTS, type Fault, mishapOf } from './faults';
import { judgeRest, judgeRun, operationsOf } from './judge/judge';
import { livesIn } from './judge/lives';
import { podsNotRunning, wantedPods } from './judge/pods';
import { returnsOf } from './judge/returns';
import { type Violation, violation } from './judge/violation';
import { EVERY_MS } from './play';
import { web } from './workload';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What ends a day is judged with what came shortly before it, and then forgotten. */
const KEPT_MS = 2 * HOUR;
/** The last hours are calm, so that everything can come to its end. */
const CALM_MS = 2 * HOUR;
const CHANGES_AN_HOUR = 2;
/** By which the heap may be larger at the end than after the second day: noise of the collector. */
const HEAP_NOISE_BYTES = 8 * 2 ** 20;

export interface SoakFacts {
  ticks: number;
  launches: number;
  removals: number;
  interruptions: number;
  faults: number;
  kills: number;
  /** After each day, bytes. */
  stateBytes: number[];
  heapBytes: number[];
}

export interface Soaked {
  violations: Violation[];
  facts: SoakFacts;
}

/** Days of changing load with everything that happens to a cluster: faults, deaths, interruptions. */
export async function soak(seed: number, days: number): Promise<Soaked> {
  const endMs = days * DAY;
  const facts: SoakFacts = {
    ...{ ticks: 0, launches: 0, removals: 0, interruptions: 0, faults: 0, kills: 0 },
    ...{ stateBytes: [], heapBytes: [] },
  };
  const trouble = new Trouble(seed, endMs - CALM_MS, facts);
  const face = new Face({
    seed,
    config: {
      limits: { maxNodes: 12 },
      pools: { burst: { instanceTypes: ['t3.medium', 't3a.medium'], market: 'spot-then-on-demand' } },
    },
    mishapOf: (call) => trouble.mishapOf(call),
    deliver: deliveries(seed),
  });
  changeLoad(face, seed, endMs);
  interrupt(face, seed, endMs - CALM_MS, facts);
  const found = new Map<string, Violation>();
  const judge = (violations: Violation[]): void => {
    for (const each of violations) found.set(`${each.invariant} ${each.detail}`, each);
  };
  for (let atMs = EVERY_MS; atMs <= endMs; atMs += EVERY_MS) face.invokeAt(atMs, { id: `tick-${++facts.ticks}` });
  for (let day = 1; day <= days; day++) {
    await face.runUntil(day * DAY - 1_000);
    judge([...judgeRun(face), ...restless(face, START + (day - 1) * DAY - HOUR)]);
    count(face, facts, (day - 1) * DAY);
    forget(face);
    facts.stateBytes.push(face.stateBytes);
    facts.heapBytes.push(heapBytes());
  }
  judge([...judgeRest(face), ...podsNotRunning(face, wantedPods(face), true), ...growth(facts)]);
  return { violations: [...found.values()], facts };
}

/** More by day than by night, and never quite the same. */
function changeLoad(face: Face, seed: number, endMs: number): void {
  const random = new Random(seed, 'load');
  for (let atMs = MINUTE; atMs < endMs; atMs += HOUR) {
    const wave = 1 - Math.cos((2 * Math.PI * atMs) / DAY);
    const replicas = Math.round(4 + 10 * wave + 6 * random.next());
    // Not at a round minute, at which every tick begins.
    face.change(atMs + Math.floor(random.next() * 20 * MINUTE), () => face.world.workload(web(replicas)));
  }
}

function interrupt(face: Face, seed: number, endMs: number, facts: SoakFacts): void {
  const random = new Random(seed, 'interruptions');
  for (let atMs = 3 * HOUR; atMs < endMs; atMs += 2 * HOUR + Math.floor(random.next() * 8 * HOUR)) {
    face.change(atMs, () => {
      face.world.nodeFault({ kind: 'spot-interruption', atMs, target: 'oldest' });
      facts.interruptions++;
    });
  }
}

/** EventBridge: mostly once and soon, now and then twice, rarely not at all. */
function deliveries(seed: number): () => number[] {
  const random = new Random(seed, 'deliveries');
  const times = (luck: number): number => (luck < 0.05 ? 0 : luck < 0.2 ? 2 : 1);
  return () => Array.from({ length: times(random.next()) }, () => 300 + Math.floor(random.next() * 5_000));
}

/** Each hour or so a fault for some minutes; now and then a death or a lost answer. */
class Trouble {
  readonly #random: Random;
  readonly #endsAt: number;
  readonly #faults: { from: number; until: number; fault: Fault }[] = [];

  constructor(
    seed: number,
    endMs: number,
    readonly facts: SoakFacts,
  ) {
    this.#random = new Random(seed, 'trouble');
    this.#endsAt = START + endMs;
    for (let atMs = HOUR; atMs < endMs; atMs += Math.floor((0.5 + this.#random.next()) * HOUR)) {
      const from = START + atMs;
      const fault = FAULTS[Math.floor(this.#random.next() * FAULTS.length)] as Fault;
      this.#faults.push({ from, until: from + Math.floor((1 + 6 * this.#random.next()) * MINUTE), fault });
      facts.faults++;
    }
  }

  mishapOf(call: CallRecord): Mishap | undefined {
    while (this.#faults[0] && this.#faults[0].until <= call.issuedAt) this.#faults.shift();
    const now = this.#faults[0];
    if (now && now.from <= call.issuedAt && now.fault.service === call.service) return mishapOf(now.fault, call);
    if (call.issuedAt >= this.#endsAt) return undefined;
    const luck = this.#random.next();
    if (luck >= 0.003) return undefined;
    if (luck >= 0.002) return { kind: 'lost' };
    this.facts.kills++;
    return { kind: 'kill', when: luck < 0.001 ? 'before' : 'after' };
  }
}

const changesOf = (face: Face) => {
  const autoscaled = autoscaledOf(livesIn(face));
  return { launches: autoscaled, removals: terminationsOf(autoscaled, face.world.events) };
};

/** After the notice of an interruption, a launch replaces what goes. */
const REPLACEMENT_MS = 10 * MINUTE;

/** What is no change of direction, one to one: a launch for each warning, and launch and removal of a return to spot. */
function replacements(face: Face, launches: readonly Life[], removals: readonly Life[]): ReadonlySet<string> {
  const found = new Set<string>();
  const first = (lives: readonly Life[], fits: (life: Life) => boolean): Life | undefined =>
    lives.find((life) => !found.has(life.id) && fits(life));
  for (const { kind, at } of face.world.events) {
    if (kind !== 'spot-warning') continue;
    const replacement = first(launches, ({ from }) => from >= at && from < at + REPLACEMENT_MS);
    if (replacement) found.add(replacement.id);
  }
  const { launched, removed } = returnsOf(operationsOf(face).values());
  for (const { id, from } of launches.filter((life) => launched.has(life.id))) {
    const left = first(removals, ({ id: other, to = 0 }) => removed.has(other) && to > from);
    if (left) found.add(id).add(left.id);
  }
  return found;
}

/** A launch after a removal, or a removal after a launch: within any hour at most two. */
function restless(face: Face, since: number): Violation[] {
  const { launches, removals } = changesOf(face);
  const replaced = replacements(face, launches, removals);
  // Ended by us a moment before EC2 would have: that was no wish of ours.
  const taken = new Set(face.world.events.flatMap((event) => (event.kind === 'spot-warning' ? [event.instance] : [])));
  const signs = [
    ...launches.map(({ id, from }) => ({ id, at: from, sign: 1 })),
    ...removals.filter(({ id }) => !taken.has(id)).map(({ id, to = 0 }) => ({ id, at: to, sign: -1 })),
  ]
    .filter(({ id, at }) => at >= since && !replaced.has(id))
    .sort((a, b) => a.at - b.at || b.sign - a.sign);
  const turns = signs.filter(({ sign }, i) => i > 0 && signs[i - 1]?.sign !== sign).map(({ at }) => at);
  return turns
    .filter((at, i) => (turns[i + CHANGES_AN_HOUR] ?? Number.POSITIVE_INFINITY) - at < HOUR)
    .map((at) => violation('directionChanges', `three within an hour from ${new Date(at).toISOString()}`));
}

function count(face: Face, facts: SoakFacts, fromMs: number): void {
  const { launches, removals } = changesOf(face);
  facts.launches += launches.filter(({ from }) => from >= START + fromMs).length;
  facts.removals += removals.filter(({ to = 0 }) => to >= START + fromMs).length;
}

/** The records of the proof itself would grow for ever. */
function forget(face: Face): void {
  const since = face.conductor.now() - KEPT_MS;
  face.forgetBefore(since);
}

/** At the end it holds what it held; in between operations come and go. */
function growth({ stateBytes, heapBytes: heap }: SoakFacts): Violation[] {
  const found: Violation[] = [];
  const [first = 0, last = 0] = [Math.max(...stateBytes.slice(0, 2)), stateBytes.at(-1)];
  if (last > first) found.push(violation('stateGrowth', `${first} bytes at first, ${last} at the end`));
  const [early = 0, late = 0] = [heap[1], heap.at(-1)];
  if (heap.length > 2 && late > early + HEAP_NOISE_BYTES) {
    found.push(violation('memoryGrowth', `${early} bytes after two days, ${late} at the end`));
  }
  return found;
}

/** After a collection, where the process allows one (`--expose-gc`). */
function heapBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}
