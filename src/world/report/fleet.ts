import { type Role, TAG } from '../../autoscaler/names';
import type { InstanceRecord, WorldEvent } from '../contract';

/** One instance of the cluster, from its launch until EC2 stops charging for it. */
export interface Life {
  id: string;
  type: string;
  market: 'on-demand' | 'spot';
  role: Role;
  pool?: string;
  operation?: string;
  from: number;
  /** Undefined while it lives: it ends with the first state after `running`, where billing ends too. */
  to?: number;
}

/** Lives of all instances that bear the cluster's tag, oldest first. */
export function livesOf(instances: readonly InstanceRecord[], events: readonly WorldEvent[], cluster: string): Life[] {
  const ends = endTimes(events);
  return instances
    .filter((instance) => instance.tags[TAG.cluster] === cluster)
    .map((instance) => {
      const to = ends.get(instance.id) ?? instance.endedAt;
      const pool = instance.tags[TAG.pool];
      const operation = instance.tags[TAG.operation];
      return {
        id: instance.id,
        type: instance.type,
        market: instance.market,
        role: (instance.tags[TAG.role] ?? 'worker') as Role,
        ...(pool === undefined ? {} : { pool }),
        ...(operation === undefined ? {} : { operation }),
        from: instance.launchedAt,
        ...(to === undefined ? {} : { to }),
      };
    })
    .sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
}

function endTimes(events: readonly WorldEvent[]): Map<string, number> {
  const ends = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'instance-state' || ends.has(event.instance)) continue;
    if (event.state !== 'pending' && event.state !== 'running') ends.set(event.instance, event.at);
  }
  return ends;
}

/** Base and autoscaled workers; servers are counted nowhere. */
export const workersOf = (lives: readonly Life[]): Life[] => lives.filter((life) => life.role !== 'server');
export const autoscaledOf = (lives: readonly Life[]): Life[] => lives.filter((life) => life.role === 'worker');

export const aliveAt = (lives: readonly Life[], at: number): Life[] =>
  lives.filter((life) => life.from <= at && (life.to === undefined || life.to > at));

/** The workers at the first moment when most of them lived. */
export function peakOf(workers: readonly Life[]): Life[] {
  return workers
    .map((life) => aliveAt(workers, life.from))
    .reduce((peak, alive) => (alive.length > peak.length ? alive : peak), []);
}

/** Instance hours between `start` and `end`. */
export const hoursOf = (life: Life, start: number, end: number): number =>
  Math.max(0, Math.min(life.to ?? end, end) - Math.max(life.from, start)) / 3_600_000;

/** Base workers that live at that time. */
export const baseAt = (workers: readonly Life[], at: number): Life[] =>
  aliveAt(workers, at).filter(({ role }) => role === 'base');

/** EC2 ends a spot instance two minutes after its warning. */
const SPOT_NOTICE_MS = 120_000;

/** Autoscaled instances that ended otherwise than by a spot interruption. */
export function terminationsOf(autoscaled: readonly Life[], events: readonly WorldEvent[]): Life[] {
  const interruptedAt = new Map<string, number>();
  for (const event of events) {
    if (event.kind === 'spot-warning') interruptedAt.set(event.instance, event.at + SPOT_NOTICE_MS);
  }
  return autoscaled.filter((life) => life.to !== undefined && life.to < (interruptedAt.get(life.id) ?? Infinity));
}
