import type { WorldEvent } from '../contract';

/** One pod's wait for a node: from first unschedulable until bound, deleted, or the end of the run. */
export interface Wait {
  pod: string;
  uid: string;
  from: number;
  to?: number;
  ending: 'bound' | 'deleted' | 'waiting';
}

export function waitsOf(events: readonly WorldEvent[]): Wait[] {
  const waits = new Map<string, Wait>();
  for (const event of events) {
    if (event.kind === 'pod-unschedulable' && !waits.has(event.uid)) {
      waits.set(event.uid, { pod: event.pod, uid: event.uid, from: event.at, ending: 'waiting' });
    }
    if (event.kind !== 'pod-bound' && event.kind !== 'pod-deleted') continue;
    const wait = waits.get(event.uid);
    if (wait?.ending !== 'waiting') continue;
    wait.to = event.at;
    wait.ending = event.kind === 'pod-bound' ? 'bound' : 'deleted';
  }
  return [...waits.values()];
}

/** Seconds that pods spent unschedulable, all together. */
export const pendingPodSeconds = (waits: readonly Wait[], end: number): number =>
  waits.reduce((sum, wait) => sum + (wait.to ?? end) - wait.from, 0) / 1_000;

export interface TimeToSchedule {
  /** Seconds, nearest rank; null when no pod was ever bound after a wait. */
  p50: number | null;
  p95: number | null;
  max: number | null;
  /** Pods that still wait at the end. */
  never: number;
}

export function timeToSchedule(waits: readonly Wait[]): TimeToSchedule {
  const seconds = waits.filter((wait) => wait.ending === 'bound').map((wait) => ((wait.to ?? 0) - wait.from) / 1_000);
  const never = waits.filter((wait) => wait.ending === 'waiting').length;
  return { p50: nearestRank(seconds, 50), p95: nearestRank(seconds, 95), max: nearestRank(seconds, 100), never };
}

/** The smallest value that at least `percent` of the values do not exceed; null of none. */
export function nearestRank(values: readonly number[], percent: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;
}

/** Replacements of evicted pods that were ever unschedulable. */
export function podsMadePending(events: readonly WorldEvent[]): number {
  const evicted = new Set<string>();
  for (const event of events) {
    if (event.kind === 'pod-evicted') evicted.add(event.uid).add(event.pod);
  }
  const replacements = new Set<string>();
  const made = new Set<string>();
  for (const event of events) {
    if (event.kind !== 'pod-created' && event.kind !== 'pod-unschedulable') continue;
    if (event.replaces !== undefined && evicted.has(event.replaces)) replacements.add(event.uid);
    if (event.kind === 'pod-unschedulable' && replacements.has(event.uid)) made.add(event.uid);
  }
  return made.size;
}
