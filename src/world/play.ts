import { STATUS } from '../autoscaler/names';
import { LOCAL_CLUSTER, resolveConfig, toRuntimeConfig } from '../config';
import type { RuntimeConfig } from '../config/runtime';
import type { InvocationRequest, InvocationResult, Wire, WorldCounts, WorldEvent, WorldModel } from './contract';
import { Deliveries } from './deliveries';
import { refuseSignals, type WrittenSignals } from './prometheus/signals';
import { Random } from './random';
import { pictureOf } from './report/picture';
import type { Picture } from './report/picture-shape';
import { couldPlaceAllPending } from './report/spare-capacity';
import { resourcesOf } from './resources';
import { withBaseWorkers } from './scenario/parse';
import { type Scenario, START } from './scenario/types';
import { startWire } from './wire';
import { World } from './world';

/** Plays a scenario: moves the world's time, lets happen what the file says, and invokes the artifact. */

export interface PlayOptions {
  /** Path of the bundle that runs. */
  bundle: string;
  /** Path of the Prometheus program. */
  prometheus: string;
  /** Milliseconds between two scrapes. */
  scrapeMs?: number;
  /** In the scenario's place. */
  seed?: number;
  /** How many at once at each tick (from 0), in the scenario's place. */
  overlap?: (tick: number) => number;
  /** To be checked like the scenario's own, though they play no part. */
  signals?: WrittenSignals;
  /** Each tick with a picture of the world right after it, which costs time and room. */
  pictures?: boolean;
  /** Everything as it happens, in order. */
  onEvent?: (event: PlayEvent) => void;
  /**
   * Awaited for each stretch of virtual time; what it resolves to has passed then, the whole stretch or less. Without it
   * time runs as fast as it can.
   */
  pace?: (virtualMs: number) => Promise<number>;
  /** What runs, for those who want to interfere: before the first tick. */
  onRunning?: (running: RunningWorld) => void;
  /** Invocations that somebody asks for between those of the schedule. */
  asked?: Asked;
  /** Called at the scenario's end with what is recorded so far; then time goes on, and ticks with it, until `signal`. */
  onFinished?: (recording: Recording) => void;
  /** Ends the run early: `play` rejects with its reason when everything is stopped. */
  signal?: AbortSignal;
}

/** Like `Deliveries`: time does not pass by what waits. */
export interface Asked {
  isWaiting(): boolean;
  next(): InvocationRequest | undefined;
}

export interface RunningWorld {
  model: WorldModel;
  wire: Wire;
}

export type PlayEvent =
  | { kind: 'started'; at: number; addresses: Wire['addresses'] }
  | { kind: 'world'; event: WorldEvent }
  | { kind: 'tick'; tick: PlayedTick };

/** One invocation, by the schedule or by an event, and the world right after it. */
export interface PlayedTick {
  at: number;
  result: InvocationResult;
  counts: WorldCounts;
  /** Started by an event, and not by the schedule. */
  byEvent?: true;
  /** Only where `pictures` were asked for. */
  picture?: Picture;
}

/** All that a report is made of. */
export interface Recording {
  scenario: Scenario;
  seed: number;
  config: RuntimeConfig;
  start: number;
  end: number;
  ticks: PlayedTick[];
  events: WorldEvent[];
  /** Instances bought for pods while the world's scheduler had room for every pending pod. */
  roomAtLaunch: Set<string>;
  instances: ReturnType<WorldModel['ec2']['all']>;
  nodes: ReturnType<WorldModel['kubernetes']['list']>['items'];
  /** What people were told in the cluster: Events of the last hour, and the text of the status ConfigMap. */
  told: { events: ReturnType<WorldModel['kubernetes']['list']>['items']; status: string };
  counts: WorldCounts;
  calls: Record<string, number>;
  requestLog: Wire['requestLog'];
  wallMs: number;
}

const SCRAPE_MS = 15_000;
/** Stretch in which paced time passes: long enough to be cheap, short enough to look alive. */
const PACED_STRETCH_MS = 5_000;

/** @throws ConfigError for a signal whose query this Prometheus refuses, or answers with several values */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Recording> {
  const seed = options.seed ?? scenario.seed;
  const config = configOf(scenario);
  const model = new World({
    seed,
    config,
    resources: resourcesOf(config),
    baseWorkers: config.baseWorkers.count,
    timings: scenario.world,
  });
  const roomAtLaunch = watch(model, options);
  const deliveries = new Deliveries(model);
  const { bundle, prometheus, scrapeMs = SCRAPE_MS } = options;
  const wire = await startWire(model, { bundle, prometheus, scrapeMs, seed });
  try {
    options.onEvent?.({ kind: 'started', at: model.clock.now(), addresses: wire.addresses });
    options.onRunning?.({ model, wire });
    const began = performance.now();
    prepare(scenario, model, wire);
    const written = [
      { source: configSource(scenario), signals: config.policy.signals },
      ...(options.signals ? [options.signals] : []),
    ];
    const refuse = async () => {
      for (const one of written) await refuseSignals(wire.addresses.prometheus, model.clock.now(), one);
    };
    // What does not parse is told at once; how many values a query gives shows when there are some.
    await refuse();
    const recorded = (ticks: PlayedTick[]): Recording => ({
      scenario,
      seed,
      config,
      start: START,
      end: model.clock.now(),
      ticks,
      events: model.events,
      roomAtLaunch,
      instances: model.ec2.all(),
      nodes: model.kubernetes.list('nodes').items,
      told: toldIn(model),
      counts: model.counts(),
      calls: { ...wire.calls },
      requestLog: [...wire.requestLog],
      wallMs: performance.now() - began,
    });
    return recorded(await run(scenario, seed, model, wire, deliveries, options, refuse, recorded));
  } finally {
    await wire.stop();
  }
}

const configSource = ({ name }: Scenario): string => `${name}: cluster.config`;

function configOf(scenario: Scenario): RuntimeConfig {
  const partial = withBaseWorkers(scenario.cluster.config, scenario.cluster.baseWorkers);
  return toRuntimeConfig(resolveConfig(partial, configSource(scenario)), { cluster: LOCAL_CLUSTER });
}

function watch(model: WorldModel, { onEvent }: PlayOptions): Set<string> {
  const roomAtLaunch = new Set<string>();
  model.onEvent((event) => {
    if (event.kind === 'instance-launched' && couldPlaceAllPending(model, event.instance)) {
      roomAtLaunch.add(event.instance);
    }
    onEvent?.({ kind: 'world', event });
  });
  return roomAtLaunch;
}

function toldIn({ kubernetes }: WorldModel): Recording['told'] {
  const { data } = kubernetes.get('configmaps', STATUS.name, STATUS.namespace);
  return { events: kubernetes.list('events').items, status: (data as { status?: string } | undefined)?.status ?? '' };
}

function prepare(scenario: Scenario, model: WorldModel, wire: Wire): void {
  for (const step of scenario.workloads) {
    model.clock.schedule(START + step.atMs, () => (step.kind === 'load' ? model.load(step) : model.workload(step)));
  }
  wire.addFaults(scenario.faults);
}

async function run(
  scenario: Scenario,
  seed: number,
  model: WorldModel,
  wire: Wire,
  deliveries: Deliveries,
  options: PlayOptions,
  onFirstScrapes: () => Promise<void>,
  recorded: (ticks: PlayedTick[]) => Recording,
): Promise<PlayedTick[]> {
  const ticks: PlayedTick[] = [];
  let isFinished = false;
  const invoke = async (at: number, requests: InvocationRequest[], by: Pick<PlayedTick, 'byEvent'> = {}) => {
    await wire.flushMetrics();
    if (ticks.length === 0) await onFirstScrapes();
    const results = await wire.invoke(requests);
    const after = { counts: model.counts(), ...(options.pictures && { picture: pictureOf(model) }) };
    for (const result of results) {
      const tick = { at, result, ...after, ...by };
      // A world that goes on may do so for days, and nobody asks what was recorded any more.
      if (!isFinished) ticks.push(tick);
      options.onEvent?.({ kind: 'tick', tick });
    }
  };
  /** One after the other, each as soon as it happened; while an invocation runs they wait. */
  const pass = async (to: number): Promise<void> => {
    const isWaiting = () => deliveries.isWaiting() || options.asked?.isWaiting() === true;
    const next = () => deliveries.next() ?? options.asked?.next();
    do {
      await passTo(to, model, options, isWaiting);
      for (let told = next(); told; told = next()) {
        await invoke(model.clock.now(), [told], { byEvent: true });
      }
    } while (model.clock.now() < to);
  };
  for (const [index, at] of invocationTimes(scenario, seed).entries()) {
    await pass(at);
    await invoke(at, requestsOf(index, at, options.overlap?.(index) ?? scenario.invocations.overlap));
  }
  await pass(START + scenario.durationMs);
  if (!options.onFinished) return ticks;
  options.onFinished(recorded(ticks));
  isFinished = true;
  const { everyMs } = scenario.invocations;
  // At the schedule's own times still: an invocation takes some too, which would add up.
  let at = START + Math.floor(scenario.durationMs / everyMs) * everyMs;
  for (let index = ticks.length; ; index += 1) {
    at += everyMs;
    await pass(at);
    await invoke(at, requestsOf(index, at, 1));
  }
}

/** The first at `every`, each later one at its place in the schedule plus its jitter, never before the one before it. */
export function invocationTimes(scenario: Pick<Scenario, 'durationMs' | 'invocations'>, seed: number): number[] {
  const { everyMs, jitterMs } = scenario.invocations;
  const random = new Random(seed, 'invocations');
  const times: number[] = [];
  for (let planned = everyMs; planned <= scenario.durationMs; planned += everyMs) {
    const jitter = planned === everyMs ? 0 : Math.floor(random.next() * (jitterMs + 1));
    const at = Math.max(planned + jitter, times.at(-1) ?? 0);
    if (at <= scenario.durationMs) times.push(at);
  }
  return times.map((at) => START + at);
}

/** As EventBridge Scheduler sends them. */
function requestsOf(index: number, at: number, overlap: number): InvocationRequest[] {
  const event = { trigger: 'schedule', time: new Date(at).toISOString() };
  const name = `tick-${String(index + 1).padStart(4, '0')}`;
  return Array.from({ length: overlap }, (_, i) => ({ id: overlap === 1 ? name : `${name}-${i + 1}`, event }));
}

/** Up to that time, or to the moment at which `until` holds. */
async function passTo(
  at: number,
  model: WorldModel,
  { pace, signal }: PlayOptions,
  until: () => boolean,
): Promise<void> {
  signal?.throwIfAborted();
  while (pace && model.clock.now() < at && !until()) {
    const from = model.clock.now();
    const passed = await pace(Math.min(at - from, PACED_STRETCH_MS));
    signal?.throwIfAborted();
    model.clock.advanceTo(from + passed, until);
  }
  // An invocation that took long may have carried the world past this time already.
  if (model.clock.now() <= at) model.clock.advanceTo(at, until);
}
