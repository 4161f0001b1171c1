import { createDynamoClient } from '../../../src/adapters/dynamodb';
import { MailboxItems } from '../../../src/adapters/dynamodb-mailbox';
import { LaptopMailbox } from '../../../src/adapters/dynamodb-mailbox-laptop';
import type { Mode } from '../../../src/autoscaler/live/mailbox';
import { TAG } from '../../../src/autoscaler/names';
import { plan as ofThisCheckout } from '../../../src/autoscaler/planning/planner';
import { LOCAL_CLUSTER, resolveConfig, toRuntimeConfig } from '../../../src/config';
import { attach } from '../../../src/dev/live/attach';
import type { LiveEvent } from '../../../src/dev/live/events';
import { runSession } from '../../../src/dev/live/run';
import { type LaptopPlanner, LiveSession, type SessionOptions } from '../../../src/dev/live/session';
import type { InvocationResult } from '../../../src/world/contract';
import { resourcesOf } from '../../../src/world/resources';
import { startWire } from '../../../src/world/wire';
import { World } from '../../../src/world/world';
import { web } from '../../world/builders';

/** A deployed stage, over the wire: the artifact in its sandbox, and laptops that reach the same DynamoDB. */

export interface StageOptions {
  bundle: string;
  prometheus: string;
  isProtected?: true;
}

const timings = { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: 5_000, podStartMs: 5_000 };
const TIMEOUTS = { connectionMs: 5_000, requestMs: 10_000, deadlineMs: 20_000 };

/** One base worker, on which 20 pods have waited long enough to need nodes. */
export async function deployedStage({ bundle, prometheus, isProtected }: StageOptions) {
  const config = {
    ...toRuntimeConfig(resolveConfig({}, 'test'), { cluster: LOCAL_CLUSTER }),
    ...(isProtected && { isProtected }),
  };
  const resources = resourcesOf(config);
  const world = new World({ seed: 1, config, resources, baseWorkers: 1, timings });
  const wire = await startWire(world, { bundle, prometheus, scrapeMs: 15_000, seed: 1 });
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: wire.addresses.dynamodb,
  };
  Object.assign(process.env, env);
  const client = createDynamoClient(config.region, TIMEOUTS);
  world.workload(web(20));
  const wait = (ms: number) => world.clock.advanceTo(world.clock.now() + ms);
  wait(60_000);
  let count = 0;
  const closing: (() => Promise<unknown>)[] = [];

  /** As a schedule starts it. */
  const tick = async (): Promise<InvocationResult> => {
    count += 1;
    await wire.flushMetrics();
    const [result] = await wire.invoke([{ id: `r-${count}`, event: { trigger: 'schedule' } }]);
    return result as InvocationResult;
  };
  const launched = () => world.ec2.all().filter(({ tags }) => tags[TAG.role] === 'worker');
  const mailbox = {
    client,
    historyTable: resources.historyTable,
    cluster: config.cluster,
    now: Date.now,
    deadlineMs: TIMEOUTS.deadlineMs,
  };
  const mailboxOf = (skewMs: number) => new LaptopMailbox({ ...mailbox, now: () => Date.now() + skewMs });
  /** Whatever somebody with a laptop's rights writes there. */
  const items = new MailboxItems(mailbox);

  /** A laptop that is attached and does nothing by itself: the test makes each of its moves. */
  const byHand = async (options: Laptop = {}) => {
    const { owner = 'ana@mac', mode = 'live', plan = ofThisCheckout, skewMs = 0 } = options;
    const mailbox = mailboxOf(skewMs);
    const events: LiveEvent[] = [];
    const who = { owner, mode, nonce: `nonce-of-${owner}-${count}`, now: Date.now() + skewMs };
    const attached = await attach(mailbox, who, options.sleep ?? (() => new Promise(setImmediate)));
    const session: SessionOptions = {
      mailbox,
      attached,
      plan,
      monotonic: () => performance.now(),
      onEvent: (event) => events.push(event),
      ...(options.onRecording && { onRecording: options.onRecording }),
    };
    return { mailbox, attached, events, options: session, session: new LiveSession(session) };
  };

  /** A laptop that runs, as the command runs it. */
  const running = async (options: Laptop = {}) => {
    const hand = await byHand(options);
    const stop = new AbortController();
    let beaten = () => {};
    const ran = runSession(hand.options, stop.signal, () => beaten());
    closing.push(async () => {
      stop.abort();
      await ran;
    });
    /** Virtual minutes pass in no time, a heartbeat takes a real second: the next tick comes after the next one. */
    const nextBeat = async () => {
      for (let i = 0; i < 2; i += 1) {
        await new Promise<void>((resolve) => {
          beaten = resolve;
        });
      }
    };
    return { ...hand, stop, ran, nextBeat };
  };

  return {
    config,
    world,
    wire,
    wait,
    tick,
    launched,
    mailboxOf,
    items,
    byHand,
    running,
    close: async () => {
      await Promise.all(closing.splice(0).map((close) => close()));
      client.destroy();
      for (const name of Object.keys(env)) delete process.env[name];
      await wire.stop();
    },
  };
}

export interface Laptop {
  owner?: string;
  mode?: Mode;
  plan?: LaptopPlanner;
  /** Of its clock. */
  skewMs?: number;
  /** While it listens whether another laptop lives. */
  sleep?: (ms: number) => Promise<unknown>;
  onRecording?: SessionOptions['onRecording'];
}

interface Told {
  message?: string;
  plannedBy?: string;
}

/** What a tick said of laptops in its log, and who planned it. */
export function saidOf({ logs }: InvocationResult): { live: string[]; plannedBy: string[] } {
  const lines = logs as Told[];
  return {
    live: lines.flatMap(({ message }) => (message?.startsWith('live: ') ? [message] : [])),
    plannedBy: lines.flatMap(({ plannedBy }) => plannedBy ?? []),
  };
}

export const decisionOf = ({ value }: InvocationResult): string =>
  (value as { decision: { code: string } }).decision.code;
