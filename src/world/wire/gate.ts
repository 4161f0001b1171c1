import type { VirtualClock } from '../contract';

/** An invocation as the gate sees it. */
export interface Participant {
  /** Order among invocations of the same instant. */
  readonly index: number;
  /** Of its own clock, milliseconds since 1970. */
  now(): number;
  /** Moves its clock to the time at which its mutation takes effect. */
  moveTo(at: number): void;
  /** It waits for an answer that never comes, so nobody may wait for it. */
  isWithheld(): boolean;
}

interface Ticket {
  at: number;
  run: () => void | Promise<void>;
  done: () => void;
}

/**
 * Puts the mutations of invocations that run at once into one order that does not depend on how the machine
 * interleaves sockets: a mutation goes when every running invocation waits here, is withheld or has ended; then the
 * earliest clock goes first, among equals the lowest index. The world is advanced to that clock before the effect.
 *
 * Free of deadlock: whoever has not reached the gate is running (and is killed by its guard when it stalls), and as
 * soon as nobody runs, one ticket goes.
 */
export class Gate {
  private readonly waiting = new Map<Participant, Ticket[]>();
  private busy = false;

  constructor(private readonly clock: VirtualClock) {}

  begin(participant: Participant): void {
    this.waiting.set(participant, []);
  }

  /** Its waiting mutations never take effect. */
  end(participant: Participant): void {
    const tickets = this.waiting.get(participant) ?? [];
    this.waiting.delete(participant);
    for (const ticket of tickets) ticket.done();
    this.settle();
  }

  /** Call when an invocation became withheld: others may go on. */
  withheld(): void {
    this.settle();
  }

  /** Resolves when `run` has taken effect, or the invocation ended before its turn. */
  pass(participant: Participant, run: () => void | Promise<void>): Promise<void> {
    const tickets = this.waiting.get(participant);
    if (!tickets) return Promise.resolve();
    return new Promise((done) => {
      tickets.push({ at: participant.now(), run, done });
      this.settle();
    });
  }

  private settle(): void {
    if (this.busy) return;
    const next = this.next();
    if (!next) return;
    const [participant, ticket] = next;
    this.busy = true;
    this.clock.advanceTo(Math.max(ticket.at, this.clock.now()));
    participant.moveTo(this.clock.now());
    // `run` answers errors itself; what escapes is a defect and ends up as an unhandled rejection.
    void Promise.resolve(ticket.run()).finally(() => {
      this.busy = false;
      ticket.done();
      this.settle();
    });
  }

  /** Takes the ticket whose turn it is; undefined while somebody still runs, or nobody waits. */
  private next(): [Participant, Ticket] | undefined {
    let first: [Participant, Ticket[], Ticket] | undefined;
    for (const [participant, tickets] of this.waiting) {
      const ticket = tickets[0];
      if (!ticket) {
        if (participant.isWithheld()) continue;
        return undefined;
      }
      if (!first || isBefore(participant, ticket, first[0], first[2])) first = [participant, tickets, ticket];
    }
    first?.[1].shift();
    return first && [first[0], first[2]];
  }
}

const isBefore = (one: Participant, oneTicket: Ticket, other: Participant, otherTicket: Ticket): boolean =>
  oneTicket.at < otherTicket.at || (oneTicket.at === otherTicket.at && one.index < other.index);
