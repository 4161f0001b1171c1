/** What the stack uses where it is paid for by use: an idle cluster, which only ticks. */
export interface Usage {
  /** A tick's time on a whole core, milliseconds; it is CPU, and Lambda gives less of it to a small function. */
  tickCpuMs: number;
  /** What a tick waits for others, milliseconds. */
  tickWaitMs: number;
  /** A tick's whole duration, milliseconds, as Lambda billed it: in place of what the two above would give. */
  tickBilledMs?: number;
  /** Units a tick. */
  stateWriteUnits: number;
  stateBytes: number;
  historyWriteUnits: number;
  /** Whether a laptop is attached: the history table is asked once, eventually consistent. */
  historyReadUnits: number;
  historyBytes: number;
  logBytes: number;
  /** Decryptions of the controller's token, a tick. */
  decryptions: number;
}

/**
 * Measured with `npm run -s simulate -- scenarios/quiet.yaml --json`: thirty ticks of an idle cluster, played by the bytes
 * that are deployed. `wall.tickMs.p50` is the CPU's share, on one core of a small cloud machine, November 2026. The waits
 * are those of `calls` at the latencies that the world models (src/world/wire/protocol.ts), one after the other although
 * most are side by side: 4 × 5 ms DynamoDB, 80 EC2, 5 × 15 Kubernetes, 5 × 10 Prometheus, ⅔ × 20 SSM. No tick was ever
 * timed on AWS: a measured one is `npm run cost -- --tick-ms`.
 *
 * Of the same run: two updates of a state below 1 kB; a history item of 340 bytes, and once an hour one of 3.5 kB; 340
 * bytes of log, and about as many that Lambda writes itself.
 */
export const QUIET_TICK: Usage = {
  tickCpuMs: 43,
  tickWaitMs: 238,
  stateWriteUnits: 2,
  stateBytes: 1000,
  historyWriteUnits: 1.1,
  historyReadUnits: 0.5,
  historyBytes: 450,
  logBytes: 700,
  decryptions: 1 / 3,
};

/** A function has a whole core from this on (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
export const MB_OF_A_CORE = 1769;

/** Milliseconds that a tick is billed at this memory. */
export const billedMs = (usage: Usage, memoryMb: number): number =>
  usage.tickBilledMs ?? usage.tickCpuMs * Math.max(1, MB_OF_A_CORE / memoryMb) + usage.tickWaitMs;
