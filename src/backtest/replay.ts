import type { RuntimeConfig } from '../config/runtime';
import { Fleet } from './fleet';
import type { History, Shape } from './history';
import { type Machine, machineFor } from './machines';
import type { Policy } from './policies/policy';
import { stepsIn, timeOf } from './range';

/** What a policy came to. */
export interface Outcome {
  policy: string;
  what: string;
  /** US dollars for the workers, with their disks and addresses. */
  costUsd: number;
  /** Pods that had no place, times seconds. */
  pendingPodSeconds: number;
  nodes: { mean: number; peak: number };
  launches: number;
  removals: number;
  /** Changes between launching and removing. */
  directionChanges: number;
}

/** An outcome with its course: one number for each step, NaN where the step is left out. */
export interface Replayed {
  outcome: Outcome;
  nodes: Float64Array;
  pending: Float64Array;
}

const SECONDS_AN_HOUR = 3600;

/**
 * Plays the history to a policy. What is left out costs nothing, keeps no pod waiting, and nobody looks at it.
 *
 * @param fleet as it is at the first step
 */
export function replay(history: History, policy: Policy, fleet: Fleet): Replayed {
  const { range, usable, busyCores } = history;
  const stepSeconds = range.stepMs / 1000;
  const nodes = new Float64Array(stepsIn(range)).fill(Number.NaN);
  const pending = nodes.slice();
  let [costUsd, pendingPodSeconds, nodeSteps, steps, peak] = [0, 0, 0, 0, 0];
  let nextLook = range.from + (policy.everyMs ?? Number.POSITIVE_INFINITY);
  let cpuKnownAt = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < nodes.length; index++) {
    if (!usable[index]) continue;
    const at = timeOf(range, index);
    const cores = busyCores[index] as number;
    fleet.step(index, at);
    fleet.measure(cores, at);
    if (!Number.isNaN(cores)) cpuKnownAt = at;
    if (at >= nextLook && policy.everyMs !== undefined) {
      policy.look?.(fleet, at, at - cpuKnownAt);
      while (nextLook <= at) nextLook += policy.everyMs;
    }
    for (const { usdPerHour } of fleet.nodes) costUsd += (usdPerHour * stepSeconds) / SECONDS_AN_HOUR;
    pendingPodSeconds += fleet.waiting.length * stepSeconds;
    nodes[index] = fleet.nodes.length;
    pending[index] = fleet.waiting.length;
    nodeSteps += fleet.nodes.length;
    peak = Math.max(peak, fleet.nodes.length);
    steps += 1;
  }
  const { deeds, launches, removals } = fleet;
  const outcome = {
    policy: policy.name,
    what: policy.what,
    costUsd,
    pendingPodSeconds,
    nodes: { mean: steps === 0 ? 0 : nodeSteps / steps, peak },
    launches,
    removals,
    directionChanges: deeds.filter((sign, i) => i > 0 && sign !== deeds[i - 1]).length,
  };
  return { outcome, nodes, pending };
}

/** The base workers and as many more as hold the pods of the first step: so every policy begins with a cluster that runs. */
export function settledFleet(history: History, config: RuntimeConfig): Fleet {
  const first = history.usable.indexOf(true);
  const at = timeOf(history.range, first);
  const fleet = new Fleet(history, config);
  fleet.addBase(at);
  growUntilPlaced(fleet, first, at, config);
  return fleet;
}

/** Adds workers that were there all along until no pod of the step waits. @returns what was added */
export function growUntilPlaced(fleet: Fleet, index: number, at: number, config: RuntimeConfig): Machine[] {
  const added: Machine[] = [];
  fleet.step(index, at);
  for (let pod = fleet.waiting[0]; pod; pod = fleet.waiting[0]) {
    const { shapes, daemons } = fleet.history;
    const machine = machineFor(shapes[pod.shape] as Shape, daemons, config);
    if (!machine) throw new RangeError(`no machine holds shape ${pod.shape}: it should have been left out`);
    fleet.addOld(machine, at);
    added.push(machine);
    fleet.step(index, at);
  }
  return added;
}
