import { createDynamoClient } from '../src/adapters/dynamodb';
import { LaptopMailbox } from '../src/adapters/dynamodb-mailbox-laptop';
import { plan } from '../src/autoscaler/planning/planner';
import { attach } from '../src/dev/live/attach';
import { runSession } from '../src/dev/live/run';
import type { InvocationResult, Wire } from '../src/world/contract';
import { readScenario } from '../src/world/scenario/parse';
import { startWorld } from './world';

/** What a laptop that plans adds to a tick, in milliseconds of the wall clock, with nothing but this machine between them. */
export interface HandOverMeasures {
  /** Ticks without a laptop. */
  alone: number[];
  /** Ticks that a laptop planned. */
  handedOver: number[];
}

export interface HandOverOptions {
  /** Of each sort. */
  ticks: number;
  bundle: string;
  prometheus: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

const TICK_MS = 120_000;
const TIMEOUTS = { connectionMs: 5_000, requestMs: 10_000, deadlineMs: 20_000 };
/** Fifty replicas that need nodes. */
const SCENARIO = 'scenarios/fifty-replicas.yaml';

/** Ticks of a stage that no laptop is attached to, then of the same stage with one that runs as `dev --live` runs it. */
export async function benchHandOver(options: HandOverOptions): Promise<HandOverMeasures> {
  const stage = await startWorld(options);
  const { world, wire } = stage;
  try {
    for (const step of readScenario(SCENARIO).workloads) if (step.kind !== 'load') world.workload(step);
    let count = 0;
    const timed = async (isForeign: boolean): Promise<number> => {
      options.signal.throwIfAborted();
      world.clock.advanceTo(world.clock.now() + TICK_MS);
      await wire.flushMetrics();
      const began = performance.now();
      const [result] = await wire.invoke([{ id: `r-${count++}`, event: { trigger: 'schedule' } }]);
      const ms = performance.now() - began;
      if (isPlannedElsewhere(result) !== isForeign) throw new Error(`tick ${count}: ${JSON.stringify(result)}`);
      return ms;
    };
    // The first one is a cold start.
    await timed(false);
    const alone: number[] = [];
    for (let tick = 0; tick < options.ticks; tick++) alone.push(await timed(false));
    options.log(`${options.ticks} ticks without a laptop`);
    const handedOver = await withLaptop(stage, async (nextBeat) => {
      const measured: number[] = [];
      for (let tick = 0; tick < options.ticks; tick++) {
        // Minutes pass in no time here, and a heartbeat is a second: the function shall find another one than before.
        await nextBeat();
        measured.push(await timed(true));
      }
      return measured;
    });
    return { alone, handedOver };
  } finally {
    await wire.stop();
  }
}

const isPlannedElsewhere = (result: InvocationResult | undefined): boolean =>
  JSON.stringify((result?.value as { actions?: string[] })?.actions ?? []).includes('not by the function');

async function withLaptop<T>(
  { wire, config, resources }: Awaited<ReturnType<typeof startWorld>>,
  use: (nextBeat: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const client = clientOf(wire, config.region);
  const { historyTable } = resources;
  const { cluster } = config;
  const mailbox = new LaptopMailbox({ client, historyTable, cluster, now: Date.now, deadlineMs: 20_000 });
  const stop = new AbortController();
  let beaten = () => {};
  const nextBeat = () =>
    new Promise<void>((resolve) => {
      beaten = resolve;
    });
  const who = { owner: 'bench', mode: 'live', nonce: 'bench', now: Date.now() } as const;
  const attached = await attach(mailbox, who, async () => {});
  const monotonic = () => performance.now();
  const ran = runSession({ mailbox, attached, plan, monotonic, onEvent: () => {} }, stop.signal, () => beaten());
  try {
    return await use(async () => {
      await nextBeat();
      await nextBeat();
    });
  } finally {
    stop.abort();
    await ran;
    client.destroy();
  }
}

function clientOf(wire: Wire, region: string) {
  process.env.AWS_ACCESS_KEY_ID = 'nobody';
  process.env.AWS_SECRET_ACCESS_KEY = 'nothing';
  process.env.AWS_ENDPOINT_URL_DYNAMODB = wire.addresses.dynamodb;
  return createDynamoClient(region, TIMEOUTS);
}
