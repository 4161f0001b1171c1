import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { Snapshot } from '../snapshot';
import { countWorkers, isAlive, isLaunch, isOpen } from './fleet-view';
import { type Offering, openOfferings } from './offerings';
import { Spending, type Spent } from './spending';
import { departures } from './urgent';

/** Three launches in a row that never joined open a pool's circuit: then one node at a time is tried. */
export const CIRCUIT = 3;

/** For a person who asks why an instance did not join. */
export const consoleCommand = (region: string, instance: string): string =>
  `aws ec2 get-console-output --region ${region} --latest --output text --instance-id ${instance}`;

type PoolRefusal = 'limit' | 'pool-maximum' | 'circuit' | 'offerings';
export type Refusal = PoolRefusal | Spent;

/** What is bought: limits on cores and money ask for it. */
export type Sort = Pick<Offering, 'type' | 'market'>;

/** How many nodes may still be launched, kept as nodes are planned. */
export class Room {
  private readonly counts: Map<string, number>;
  private readonly planned = new Map<string, number>();
  private readonly firsts = new Map<string, Offering | null>();
  private readonly spending: Spending;
  /** Until the next node is planned: it is asked for every type of a pool. */
  private readonly refusals = new Map<string, PoolRefusal | 'none'>();

  constructor(
    private readonly snapshot: Snapshot,
    private readonly config: RuntimeConfig,
  ) {
    this.counts = countWorkers(snapshot);
    this.spending = new Spending(snapshot, config);
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

  /**
   * Why no node can be added to the pool now; undefined where one can.
   *
   * @param sort by default what would be asked for first
   */
  refusal(pool: RuntimePool, sort: Sort | undefined = this.first(pool)): Refusal | undefined {
    return this.poolRefusal(pool) ?? (sort ? this.spending.refusal(sort.type, sort.market) : 'offerings');
  }

  private poolRefusal(pool: RuntimePool): PoolRefusal | undefined {
    let known = this.refusals.get(pool.name);
    if (known === undefined) {
      known = this.askPool(pool) ?? 'none';
      this.refusals.set(pool.name, known);
    }
    return known === 'none' ? undefined : known;
  }

  private askPool(pool: RuntimePool): PoolRefusal | undefined {
    const planned = this.planned.get(pool.name) ?? 0;
    if (this.inPool(pool.name) + planned >= pool.max) return 'pool-maximum';
    if (this.workers + this.plannedInAll() >= this.config.limits.maxNodes) return 'limit';
    if (!this.first(pool)) return 'offerings';
    if (this.circuitOpen(pool) && planned + this.joining(pool) > 0) return 'circuit';
    return undefined;
  }

  take(pool: RuntimePool, sort: Sort | undefined = this.first(pool)): void {
    this.planned.set(pool.name, (this.planned.get(pool.name) ?? 0) + 1);
    this.refusals.clear();
    if (sort) this.spending.take(sort.type, sort.market);
  }

  /** What the limit on it is and how far it is used, in words. */
  spent(what: Spent): string {
    return this.spending.inWords(what);
  }

  circuitOpen(pool: RuntimePool): boolean {
    return (this.snapshot.state.joinFailures[pool.name] ?? 0) >= CIRCUIT;
  }

  /** Where to look for the reason: what the last one that did not join printed while it booted. */
  console(pool: RuntimePool): string | undefined {
    const instance = this.snapshot.state.failedJoins[pool.name];
    return instance && `What the last one printed while it booted: ${consoleCommand(this.config.region, instance)}`;
  }

  private first(pool: RuntimePool): Offering | undefined {
    const known = this.firsts.get(pool.name);
    if (known !== undefined) return known ?? undefined;
    const [first] = openOfferings(pool, this.config, this.snapshot.state.offerings, this.snapshot.at);
    this.firsts.set(pool.name, first ?? null);
    return first;
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
