import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { Snapshot } from '../snapshot';
import { countWorkers, isAlive, isLaunch, isOpen, workersByZone } from './fleet-view';
import { type Offering, openOfferings, zonesByLoad } from './offerings';
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
  private readonly open = new Map<string, Offering[]>();
  private readonly loads = new Map<string, Map<string, number>>();
  /** Until the next node is planned: it is asked for every type of a pool. */
  private readonly refusals = new Map<string, PoolRefusal | 'none'>();

  constructor(
    private readonly snapshot: Snapshot,
    private readonly config: RuntimeConfig,
    private readonly spending = new Spending(snapshot, config),
  ) {
    this.counts = countWorkers(snapshot);
  }

  /** The same room, to plan in without taking of this one. */
  copy(): Room {
    const copy = new Room(this.snapshot, this.config, this.spending.copy());
    for (const [pool, count] of this.planned) copy.planned.set(pool, count);
    for (const [pool, load] of this.loads) copy.loads.set(pool, new Map(load));
    return copy;
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

  /**
   * One more is planned, where it may be had and the fewest of the pool are unless `zone` says where.
   *
   * @returns its zone
   */
  take(pool: RuntimePool, sort: Sort | undefined = this.first(pool), zone = this.zoneFor(pool, sort)): string {
    this.planned.set(pool.name, (this.planned.get(pool.name) ?? 0) + 1);
    this.refusals.clear();
    if (sort) this.spending.take(sort.type, sort.market);
    const load = this.load(pool);
    load.set(zone, (load.get(zone) ?? 0) + 1);
    return zone;
  }

  /** Of these zones, the one with the fewest workers of the pool first, planned ones among them. */
  zones(pool: RuntimePool, zones: readonly string[]): string[] {
    return zonesByLoad(zones, this.load(pool));
  }

  private zoneFor(pool: RuntimePool, sort: Sort | undefined): string {
    const open = this.offerings(pool).filter(({ type, market }) => type === sort?.type && market === sort.market);
    const zones = open.length > 0 ? open.map(({ zone }) => zone) : this.config.zones;
    return this.zones(pool, zones)[0] as string;
  }

  /** Workers of the pool by zone. */
  private load(pool: RuntimePool): Map<string, number> {
    let load = this.loads.get(pool.name);
    if (!load) {
      load = workersByZone(pool, this.snapshot);
      this.loads.set(pool.name, load);
    }
    return load;
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
    return this.offerings(pool)[0];
  }

  private offerings(pool: RuntimePool): Offering[] {
    let open = this.open.get(pool.name);
    if (!open) {
      open = openOfferings(pool, this.config, this.snapshot.state.offerings, this.snapshot.at);
      this.open.set(pool.name, open);
    }
    return open;
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
