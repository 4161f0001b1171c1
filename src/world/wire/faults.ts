import type { Call, WorldModel } from '../contract';
import { type Fault, type Service, type ServiceFault, START } from '../scenario/types';

/** What befalls one call. */
export type Mishap =
  | { kind: 'error'; code: string }
  | { kind: 'slow'; byMs: number }
  /** Without `byMs` the caller's patience, or the rest of the function's time. */
  | { kind: 'hang'; byMs?: number }
  | { kind: 'crash'; when: 'before' | 'after' }
  | { kind: 'lost-response' | 'down' | 'empty' | 'garbage' | 'stale' };

interface Live {
  fault: ServiceFault;
  from: number;
  until: number;
  /** Infinity: only its window ends it. */
  left: number;
}

/** By default `slow` is as slow as a service that is about to fail: shorter than the usual client timeouts. */
const SLOW_BY_MS = 2_000;

/** The faults of a run: which one befalls a call, and how often they still may. Those of nodes go to the model. */
export class Faults {
  private readonly live: Live[] = [];

  constructor(private readonly model: WorldModel) {}

  add(faults: Fault[]): void {
    for (const fault of faults) {
      if (fault.kind === 'service' && fault.service !== 'node') this.live.push(liveOf(fault));
      else this.scheduleOnNodes(fault);
    }
  }

  /** The first active fault in the order of the scenario that matches; it counts as used once. */
  take(call: Call, at: number): Mishap | undefined {
    const hit = this.live.find((live) => isActive(live, at) && matches(live.fault, call));
    if (!hit) return undefined;
    hit.left -= 1;
    return mishapOf(hit.fault);
  }

  /**
   * Whether a fault that is used up by counting could befall this call: then the call waits at the gate even when it
   * only reads, so that it does not depend on sockets which of several invocations is hit.
   */
  countsOn(call: Call, at: number): boolean {
    return this.live.some((live) => live.left !== Infinity && isActive(live, at) && matches(live.fault, call));
  }

  /** Scrapes of this instant never reach Prometheus. */
  isStale(at: number): boolean {
    return this.live.some(({ fault, ...live }) => fault.fault === 'stale' && isActive({ fault, ...live }, at));
  }

  private scheduleOnNodes(fault: Fault): void {
    const at = START + fault.atMs;
    if (at <= this.model.clock.now()) this.model.nodeFault(fault);
    else this.model.clock.schedule(at, () => this.model.nodeFault(fault));
  }
}

const liveOf = (fault: ServiceFault): Live => {
  const from = START + fault.atMs;
  return {
    fault,
    from,
    until: fault.forMs === undefined ? Infinity : from + fault.forMs,
    left: fault.times ?? (fault.forMs === undefined ? 1 : Infinity),
  };
};

const isActive = ({ from, until, left }: Live, at: number): boolean => left > 0 && at >= from && at < until;

const matches = (fault: ServiceFault, call: Call): boolean =>
  matchesPoint(fault, call) &&
  Object.entries(fault.when ?? {}).every(([name, value]) => call.attributes[name] === String(value));

/** A crash at a call is a fault of the function, told by the call; all others are told by service and operation. */
const matchesPoint = (fault: ServiceFault, call: Call): boolean => {
  const point = fault.after ?? fault.before;
  if (fault.fault === 'crash' && point !== undefined) return point === `${call.service}.${call.operation}`;
  return fault.service === call.service && (fault.operation === undefined || fault.operation === call.operation);
};

const mishapOf = (fault: ServiceFault): Mishap | undefined => {
  if (fault.error !== undefined) return { kind: 'error', code: String(fault.error) };
  switch (fault.fault) {
    case 'slow':
      return { kind: 'slow', byMs: fault.byMs ?? SLOW_BY_MS };
    case 'hang':
      return fault.byMs === undefined ? { kind: 'hang' } : { kind: 'hang', byMs: fault.byMs };
    case 'crash':
      return { kind: 'crash', when: fault.after === undefined ? 'before' : 'after' };
    case 'never-joins':
    case undefined:
      return undefined;
    default:
      return { kind: fault.fault };
  }
};

/** A start of the function as a call, so that `service: lambda` faults without a point match it. */
export const invocationCall: Call = {
  service: 'lambda' satisfies Service,
  operation: 'Invoke',
  mutates: true,
  attributes: {},
};
