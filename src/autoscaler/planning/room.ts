import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { Snapshot } from '../snapshot';
import { countWorkers, isAlive, isLaunch, isOpen } from './fleet-view';
import { openOfferings } from './offerings';
import { departures } from './urgent';

/** Three launches in a row that never joined open a pool's circuit: then one node at a time is tried. */
export const CIRCUIT = 3;

/** For a person who asks why an instance did not join. */
export const consoleCommand = (region: string, instance: string): string =>
  `aws ec2 get-console-output --region ${region} --latest --output text --instance-id ${instance}`;

/** How many nodes may still be launched, kept as nodes are planned. */
export class Room {
  private readonly counts: Map<string, number>;
  private readonly planned = new Map<string, number>();

  constructor(
    private readonly snapshot: Snapshot,
    private readonly config: RuntimeConfig,
  ) {
    this.counts = countWorkers(snapshot);
  }

  /** Workers that count now, base workers and those on their way included. */
  get workers(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  inPool(pool: string): number {
    return this.counts.get(pool) ?? 0;
  }

  /** Without those that EC2 takes: they still count against a maximum, and no longer for a minimum. */
  staying(pool: string): number {
    const leaving = departures(this.snapshot, this.config.policy.rebalance);
    return this.inPool(pool) - leaving.filter((o) => o.pool === pool && isShown(o.instance, this.snapshot)).length;
  }

  /** Why no node can be added to the pool now; undefined where one can. */
  refusal(pool: RuntimePool): 'limit' | 'pool-maximum' | 'circuit' | 'offerings' | undefined {
    const planned = this.planned.get(pool.name) ?? 0;
    if (this.inPool(pool.name) + planned >= pool.max) return 'pool-maximum';
    if (this.workers + this.plannedInAll() >= this.config.limits.maxNodes) return 'limit';
    if (openOfferings(pool, this.config, this.snapshot.state.offerings, this.snapshot.at).length === 0)
      return 'offerings';
    if (this.circuitOpen(pool) && planned + this.joining(pool) > 0) return 'circuit';
    return undefined;
  }

  take(pool: RuntimePool): void {
    this.planned.set(pool.name, (this.planned.get(pool.name) ?? 0) + 1);
  }

  circuitOpen(pool: RuntimePool): boolean {
    return (this.snapshot.state.joinFailures[pool.name] ?? 0) >= CIRCUIT;
  }

  /** Where to look for the reason: what the last one that did not join printed while it booted. */
  console(pool: RuntimePool): string | undefined {
    const instance = this.snapshot.state.failedJoins[pool.name];
    return instance && `What the last one printed while it booted: ${consoleCommand(this.config.region, instance)}`;
  }

  private joining(pool: RuntimePool): number {
    return this.snapshot.state.operations.filter((o) => isLaunch(o) && isOpen(o) && o.pool === pool.name).length;
  }

  private plannedInAll(): number {
    return [...this.planned.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** Counted once it is shown alive; what is shown no more counts for nothing anyhow. */
const isShown = (id: string, { instances }: Snapshot): boolean =>
  instances.known && instances.value.some((instance) => instance.id === id && isAlive(instance));
