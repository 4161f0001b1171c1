import type { Call, Wire, WorldModel } from '../contract';
import type { Caller } from './caller';
import { Faults, type Mishap } from './faults';
import { type Answer, garbage, type HttpRequest, json, type Transport } from './http';
import { type Exchange, latencyOf, type Protocol } from './protocol';

/** The way of each request through the world: turn, fault, effect, latency, answer. */
export class Front {
  readonly faults: Faults;
  readonly requestLog: Wire['requestLog'] = [];
  /** The first defect of the world itself; an invocation that met it proves nothing. */
  defect: unknown;
  private readonly counts = new Map<string, number>();

  constructor(model: WorldModel) {
    this.faults = new Faults(model);
  }

  /** In the order of names, for the order of arrival differs from run to run. */
  get calls(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async handle(protocol: Protocol, caller: Caller, request: HttpRequest, transport: Transport): Promise<void> {
    try {
      await caller.arrived();
      const exchange = protocol.decode(request);
      this.count(exchange.call);
      const answer = () => this.answer(exchange, caller, transport);
      if (this.waitsForTurn(exchange.call, caller)) await caller.pass(answer);
      else await answer();
    } catch (error) {
      this.fail(error, caller, transport);
    }
  }

  private waitsForTurn(call: Call, caller: Caller): boolean {
    return call.mutates || this.faults.countsOn(call, caller.now());
  }

  private async answer(exchange: Exchange, caller: Caller, transport: Transport): Promise<void> {
    try {
      await this.play(exchange, this.faults.take(exchange.call, caller.now()), caller, transport);
    } catch (error) {
      this.fail(error, caller, transport);
    }
  }

  private async play(
    exchange: Exchange,
    mishap: Mishap | undefined,
    caller: Caller,
    transport: Transport,
  ): Promise<void> {
    const note = this.note(exchange.call, caller);
    if (mishap?.kind === 'hang') {
      note('hang');
      return caller.withhold(transport, mishap.byMs);
    }
    if (mishap?.kind === 'crash' && mishap.when === 'before') {
      note('crash before');
      return caller.crash();
    }
    const answer = await effectOf(exchange, mishap);
    note(outcomeOf(mishap, answer));
    if (caller.isOver) return;
    caller.spend(latencyOf(exchange.call) + (mishap?.kind === 'slow' ? mishap.byMs : 0));
    if (caller.isOver) return;
    if (mishap?.kind === 'crash') return caller.crash();
    if (mishap?.kind === 'down' || mishap?.kind === 'lost-response') transport.destroy();
    else transport.send(answer, caller.now());
  }

  private count({ service, operation }: Call): void {
    const name = `${service}.${operation}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Takes a launch down with the time at which it took effect. */
  private note(call: Call, caller: Caller): (outcome: string) => void {
    const at = caller.now();
    return (outcome) => {
      if (call.operation === 'RunInstances') this.requestLog.push({ at, invocation: caller.id, call, outcome });
    };
  }

  private fail(error: unknown, caller: Caller, transport: Transport): void {
    this.defect ??= error;
    transport.send(json(500, { message: `the world failed: ${(error as Error)?.stack ?? error}` }), caller.now());
  }
}

const effectOf = (exchange: Exchange, mishap: Mishap | undefined): Answer | Promise<Answer> => {
  switch (mishap?.kind) {
    case 'error':
      return exchange.refuse(mishap.code);
    case 'empty':
      return exchange.empty();
    case 'garbage':
    case 'down':
      return garbage;
    default:
      return exchange.perform();
  }
};

/** For the log of launches: the fault that befell it, the error that EC2 answered, or `ok`. */
const outcomeOf = (mishap: Mishap | undefined, answer: Answer): string => {
  if (mishap?.kind === 'error') return mishap.code;
  if (mishap?.kind === 'crash') return 'crash after';
  if (mishap && mishap.kind !== 'slow' && mishap.kind !== 'stale') return mishap.kind;
  if (answer.status < 400) return 'ok';
  return /<Code>([^<]+)</.exec(String(answer.body))?.[1] ?? String(answer.status);
};
