import type { InstanceRecord, VirtualClock } from './contract';
import type { ServiceFault } from './scenario/types';

interface Active {
  fault: ServiceFault;
  from: number;
  left: number;
}

/** Machines that boot and never join. */
export class NodeFaults {
  readonly #clock: VirtualClock;
  readonly #active: Active[] = [];
  readonly #silent = new Set<string>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** @param from milliseconds @throws for a fault that no node can have. */
  add(fault: ServiceFault, from: number): void {
    if (fault.service !== 'node' || fault.fault !== 'never-joins') {
      throw new Error(
        `world: a node cannot have the fault "${fault.service}: ${fault.fault ?? fault.error}"; never-joins is the one there is, the others belong to the wire`,
      );
    }
    // Without a count and with a time span it holds for all of the span.
    const left = fault.times ?? (fault.forMs === undefined ? 1 : Number.POSITIVE_INFINITY);
    this.#active.push({ fault, from, left });
  }

  /** Decided at the launch, so that it does not matter when it boots. */
  launched(instance: InstanceRecord, pool: string | undefined): void {
    const match = this.#active.find((active) => this.#matches(active, instance, pool));
    if (!match) return;
    match.left--;
    this.#silent.add(instance.id);
  }

  neverJoins(id: string): boolean {
    return this.#silent.has(id);
  }

  #matches({ fault, from, left }: Active, { market, zone, type }: InstanceRecord, pool: string | undefined): boolean {
    const now = this.#clock.now();
    if (left <= 0 || now < from || (fault.forMs !== undefined && now >= from + fault.forMs)) return false;
    const attributes: Record<string, string | undefined> = { market, zone, type, pool };
    return Object.entries(fault.when ?? {}).every(([name, value]) => attributes[name] === value);
  }
}
