import type { Fleet } from '../fleet';

/** Who decides how many workers there are. */
export interface Policy {
  name: string;
  /** What it does, for people. */
  what: string;
  /** Between two looks, milliseconds; undefined: it never looks. */
  everyMs?: number;
  /** @param cpuAgeMs how old the newest CPU is that is known */
  look?(fleet: Fleet, at: number, cpuAgeMs: number): void;
}
