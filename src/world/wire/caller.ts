import type { VirtualClock } from '../contract';
import type { Transport } from './http';

/** Who sends a request: an invocation with a clock of its own, or somebody outside who sees the world's. */
export interface Caller {
  readonly id: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** It is dead or done: nobody reads an answer. */
  readonly isOver: boolean;
  /** A request of its has arrived. Resolves when it may be looked at. */
  arrived(): Promise<void>;
  /** Runs it when it is the caller's turn to change the world. */
  pass(run: () => Promise<void>): Promise<void>;
  /** Moves its clock by an answer's latency; may end it, when its time is over. */
  spend(ms: number): void;
  crash(): void;
  /** The answer never comes. Costs `byMs`, else as long as the caller is patient. */
  withhold(transport: Transport, byMs: number | undefined): void;
}

/** Tests and people: no latency, no turn to wait for, nothing to kill. */
export const outsider = (clock: VirtualClock): Caller => ({
  id: 'outside',
  now: () => clock.now(),
  isOver: false,
  arrived: () => Promise.resolve(),
  pass: (run) => run(),
  spend: () => {},
  crash: () => {},
  withhold: () => {},
});
