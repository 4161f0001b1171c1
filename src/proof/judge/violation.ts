/**
 * What must never happen, whatever is killed, lost, late or wrong. The judge sees the truth of the world and every
 * call, and believes nothing that the controller says of itself but which operation it was about.
 */
export const INVARIANTS = {
  orphans: 'a live instance of ours that no operation and no Ready Node accounts for, or a Node whose instance is gone',
  doubleLaunches:
    'an instance beyond what its operation asked for, or launched while every pending pod had room, and alive two ticks later',
  launchedTooMany: 'the same, however short its life, where no sandbox was frozen across a call',
  beyondLimit:
    'more workers than the limit, or than the maximum of their pool, where no sandbox was frozen across a call',
  needlessReturns: 'a worker launched or taken away to go back to spot, which nothing on demand gave a reason for',
  overdue: 'an operation that is open long after its deadline',
  forgottenCordons: 'a node cordoned with our mark and no open removal of it',
  leaseHeld: 'a lease that is still held when nobody runs',
  leaseKept: 'a lease that an invocation did not give back when it failed',
  staleWrites: 'a state write that was accepted though a newer epoch had been given out, or the lease was given back',
  lostWakeUps: 'a wake mark after which neither the holder nor the one who left it looked, though there was time',
  unheededNotices: 'a spot worker whose warning reached the function in time, and which was neither drained nor ended',
  pdbViolations: 'healthy pods below the desired number by an eviction or termination of ours',
  podsMadePending: 'a replacement of an evicted pod that was unschedulable',
  podsKilled: 'a pod that ended because its instance was terminated, not because it was evicted',
  foreignTouched: 'a machine without our tag, or one that is no autoscaled worker, changed by us',
  personsCordon: 'a cordon of a person written over or taken back',
  nodeBeforeInstance: 'a Node deleted while its instance lives',
  actedWithoutLease: 'a machine, a Node or a pod changed by an invocation that was never given the lease',
  actedAfterLoss:
    'the same by one whose lease had been given to another, but for the call in which its sandbox stood still',
  wrongEviction: 'a pod evicted from a node that does not bear our mark',
  oldLook: 'a launch or a cordon stored later than data may be old after the look it was planned from',
  removalOnDoubt: 'a cordon or an eviction in a look at which a source had failed',
  strangersPlan: 'a laptop’s plan done that was no answer to this very look, or of one that may not plan',
  unlawfulPlan: 'a laptop’s plan done that a doubt, a limit, a minimum, a cool-down or a person forbids',
  lostTicks: 'a tick that had a laptop and came to no decision, or not in its time, though its sandbox was not stopped',
  waitedInVain: 'a laptop waited for longer than it may be, or asked again though it was dead',
  podsNotRunning: 'a pod that does not run at the end, though nothing keeps it',
  standstill: 'a decision that was due and was never carried out',
  failures: 'an invocation that failed though nothing was done to it',
  memoryGrowth: 'a process whose heap grows with time',
  stateGrowth: 'a state item that grows with time',
  directionChanges: 'more than two changes of direction in an hour',
} as const;

export type Invariant = keyof typeof INVARIANTS;

export interface Violation {
  invariant: Invariant;
  /** What was seen, with names and virtual times. */
  detail: string;
}

export const violation = (invariant: Invariant, detail: string): Violation => ({ invariant, detail });

export const clockTime = (at: number): string => new Date(at).toISOString().slice(11, 23);
