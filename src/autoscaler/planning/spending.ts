import { HOURS_A_MONTH, type Market, type RuntimeConfig, type RuntimeLimits } from '../../config/runtime';
import type { Snapshot } from '../snapshot';
import { isAlive, isLaunch, isOpen, unseen } from './fleet-view';

/** Limits on what workers are, beside how many they are. */
export type Spent = Exclude<keyof RuntimeLimits, 'maxNodes'>;

/** vCPUs, bytes and dollars an hour. */
type Amounts = Record<'cores' | 'memoryBytes' | 'usdPerHour', number>;

/** What all workers together take of the limits on cores, memory and money, kept as nodes are planned. */
export class Spending {
  private readonly used: Amounts = { cores: 0, memoryBytes: 0, usdPerHour: 0 };
  /** A type whose size and price are not known: what it takes of a limit cannot be told. */
  private unknown: string | undefined;
  private readonly limits: Spent[];

  constructor(
    private readonly snapshot: Pick<Snapshot, 'instances' | 'state'>,
    private readonly config: RuntimeConfig,
  ) {
    this.limits = Object.keys(config.limits).filter((key): key is Spent => key !== 'maxNodes');
    const shown = (snapshot.instances.known ? snapshot.instances.value : []).filter(isAlive);
    for (const { role, type, market } of shown) if (role === 'worker' || role === 'base') this.take(type, market);
    for (const operation of snapshot.state.operations.filter(isLaunch).filter(isOpen)) {
      const { instanceType, market } = operation.request;
      const coming = unseen(operation, shown);
      if (coming > 0) this.take(instanceType, market, coming);
    }
  }

  copy(): Spending {
    const copy = new Spending(this.snapshot, this.config);
    Object.assign(copy.used, this.used);
    copy.unknown = this.unknown;
    return copy;
  }

  /** The limit that one more of the type would break, or `count` more. */
  refusal(type: string, market: Market, count = 1): Spent | undefined {
    if (this.limits.length === 0) return undefined;
    const more = this.amountsOf(type, market);
    // What a limit has left is not known, and unknown is never room.
    if (this.unknown !== undefined || !more) return this.limits[0];
    return this.limits.find((limit) => this.left(limit) < count * more[amountOf(limit)]);
  }

  take(type: string, market: Market, count = 1): void {
    const amounts = this.amountsOf(type, market);
    if (!amounts) this.unknown = type;
    else for (const key of Object.keys(this.used) as (keyof Amounts)[]) this.used[key] += count * amounts[key];
  }

  inWords(limit: Spent): string {
    if (this.unknown !== undefined) {
      return `limits.${NAMES[limit]} cannot be kept: a worker is a ${this.unknown}, which the configuration does not name.`;
    }
    const used = this.used[amountOf(limit)];
    if (limit === 'memoryBytes') return `limits.memory: ${gib(used)} of ${gib(this.config.limits.memoryBytes ?? 0)}.`;
    const unit = limit === 'cores' ? '' : '$';
    const shown = limit === 'usdPerMonth' ? used * HOURS_A_MONTH : used;
    return `limits.${NAMES[limit]}: ${unit}${Number(shown.toFixed(4))} of ${unit}${this.config.limits[limit]}.`;
  }

  private left(limit: Spent): number {
    const most = this.config.limits[limit] ?? Number.POSITIVE_INFINITY;
    // Sums of prices are not exact, and a limit that is met to the last digit is met.
    return (limit === 'usdPerMonth' ? most / HOURS_A_MONTH : most) - this.used[amountOf(limit)] + 1e-9;
  }

  private amountsOf(type: string, market: Market): Amounts | undefined {
    const capacity = this.config.instanceTypes[type];
    if (!capacity) return undefined;
    const { cpuMilli, memoryBytes, usdPerHour } = capacity;
    return { cores: cpuMilli / 1000, memoryBytes, usdPerHour: usdPerHour[market] };
  }
}

const NAMES: Record<Spent, string> = {
  cores: 'cores',
  memoryBytes: 'memory',
  usdPerHour: 'usdPerHour',
  usdPerMonth: 'usdPerMonth',
};

const amountOf = (limit: Spent): keyof Amounts => (limit === 'usdPerMonth' ? 'usdPerHour' : limit);

const gib = (bytes: number): string => `${Number((bytes / 2 ** 30).toFixed(1))}Gi`;
