import { Random } from '../../../src/world/random';
import { leftByDice } from '../../autoscaler/planning/packing/dice';
import { keyOf } from '../../autoscaler/planning/packing/scheduler';
import type { Case } from './cases';
import { promisedOf } from './codes';

/** Pods that were promised a place and are left in one play with dice, as `namespace/name`. */
export function missedIn(each: Case, seed: number, play: number): string[] {
  const left = leftByDice(each.objects, each.queue, new Random(seed, `${each.number}/${play}`));
  return promisedOf(each)
    .map(keyOf)
    .filter((key) => left.has(key));
}

/** In how many of so many plays every pod of the case that was promised a place has one. */
export const kept = (each: Case, seed: number, plays: number): number =>
  Array.from({ length: plays }, (_, play) => missedIn(each, seed, play)).filter(({ length }) => length === 0).length;
