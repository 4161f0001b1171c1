import { askedBy } from '../../../handlers/event';
import { decodeState } from '../../adapters/dynamodb-item';
import { PARAMETER, TAG, workerNodeName } from '../../autoscaler/names';
import type { Notice } from '../../autoscaler/notices';
import type { Trigger } from '../../autoscaler/snapshot';
import { type ClusterState, emptyState } from '../../autoscaler/state';
import { tick } from '../../autoscaler/tick';
import { LOCAL_CLUSTER, resolveConfig, toRuntimeConfig } from '../../config';
import type { RuntimeConfig, RuntimeResources } from '../../config/runtime';
import { Deliveries } from '../../world/deliveries';
import { Random } from '../../world/random';
import { couldPlaceAllPending } from '../../world/report/spare-capacity';
import { resourcesOf } from '../../world/resources';
import { START, type WorldTimings } from '../../world/scenario/types';
import { World } from '../../world/world';
import type { CallRecord, Mishap } from './calls';
import { Conductor } from './conductor';
import { DynamoTables } from './dynamodb-tables';
import { Invocation } from './invocation';
import { Laptop, type LaptopManners } from './laptop';
import { type ForeignPlan, Sandbox, type Services } from './sandbox';
import { Scrapes } from './scrapes';

export interface FaceOptions {
  seed: number;
  /** Partial of `autoscaler.config.ts`. */
  config: Record<string, unknown>;
  timings?: Partial<WorldTimings>;
  /** Each way of a call, milliseconds; default 1–20. */
  latency?: (random: Random, now: number) => number;
  mishapOf?: (call: CallRecord) => Mishap | undefined;
  scrapeMs?: number;
  /** When an event of EC2's reaches the function, in milliseconds: once, not at all, or more than once. Default: never. */
  deliver?: () => readonly number[];
  /** That is attached, or will be. Default: none. */
  laptop?: LaptopManners;
}

export interface Asked {
  /** Of its own in the run. */
  id: string;
  /** Default: its id. A duplicate delivery comes with the same. */
  requestId?: string;
  trigger?: Trigger;
  notice?: Notice;
  skewMs?: number;
}

export interface LogLine {
  at: number;
  invocation: string;
  line: Record<string, unknown>;
}

const TIMINGS: WorldTimings = {
  launchMs: 20_000,
  bootMs: 40_000,
  shutdownMs: 30_000,
  describeLagMs: 5_000,
  podStartMs: 5_000,
};
const TOKEN = 'token-of-the-proof';

/**
 * The in-process face: the controller and its adapters as they are deployed, the world behind their clients, and one
 * conductor over every await. No socket, no timer, no thread.
 */
export class Face {
  readonly world: World;
  readonly config: RuntimeConfig;
  readonly conductor: Conductor;
  readonly scrapes: Scrapes;
  calls: CallRecord[] = [];
  invocations: Invocation[] = [];
  logs: LogLine[] = [];
  /** That were executed. */
  foreignPlans: ForeignPlan[] = [];
  readonly laptop: Laptop | undefined;
  #callCount = 0;
  #invocationCount = 0;
  #sandboxCount = 0;
  /** Instances launched while the world's own scheduler had room for every pending pod. */
  readonly roomAtLaunch = new Set<string>();
  /** Times at which the world changes of itself. */
  readonly changes: number[] = [];
  readonly tables: DynamoTables;
  readonly #resources: RuntimeResources;
  readonly #services: Services;
  #sandboxes: Sandbox[] = [];

  constructor(readonly options: FaceOptions) {
    const { seed, config: partial, timings, scrapeMs = 30_000 } = options;
    this.config = toRuntimeConfig(resolveConfig(partial, 'proof'), { cluster: LOCAL_CLUSTER, stage: 'proof' });
    this.#resources = {
      ...resourcesOf(this.config),
      prometheusUrl: 'http://prometheus.proof:30090',
      kubernetesUrl: 'https://kubernetes.proof:6443',
    };
    this.world = new World({
      seed,
      config: this.config,
      resources: this.#resources,
      baseWorkers: this.config.baseWorkers.count,
      timings: { ...TIMINGS, ...timings },
    });
    this.world.onEvent((event) => {
      if (event.kind !== 'instance-launched' || this.#awaitsInVain()) return;
      if (couldPlaceAllPending(this.world, event.instance)) this.roomAtLaunch.add(event.instance);
    });
    this.conductor = new Conductor(this.world.clock);
    const { deliver } = options;
    if (deliver) {
      const deliveries = new Deliveries(this.world);
      this.world.onEvent(() => this.#deliver(deliveries, deliver));
    }
    this.scrapes = new Scrapes(this.world, scrapeMs);
    const { table, historyTable } = this.#resources;
    this.tables = new DynamoTables({ [table]: ['cluster_id'], [historyTable]: ['cluster_id', 'at'] });
    this.#services = {
      world: this.world,
      tables: this.tables,
      scrapes: this.scrapes,
      parameters: new Map([
        [PARAMETER.controllerToken, TOKEN],
        [PARAMETER.ca, 'ca-of-the-proof'],
      ]),
      token: TOKEN,
      config: this.config,
      resources: this.#resources,
      ids: new Random(seed, 'controller ids'),
      log: (invocation, line) => this.logs.push({ at: this.conductor.now(), invocation, line }),
      onForeignPlan: (foreign) => this.foreignPlans.push(foreign),
    };
    const { conductor, tables } = this;
    const { cluster } = this.config;
    this.laptop =
      options.laptop &&
      new Laptop({
        ...options.laptop,
        ...{ seed, conductor, tables, historyTable, cluster },
        isAwaited: () => this.invocations.some(({ isOver }) => !isOver),
      });
  }

  /** Milliseconds since the start of the run. */
  get sinceStart(): number {
    return this.conductor.now() - START;
  }

  /** At that many milliseconds after the start, the world changes. */
  change(atMs: number, run: () => void): void {
    this.changes.push(START + atMs);
    this.world.clock.schedule(START + atMs, run);
  }

  /** At that many milliseconds after the start, the function is invoked. */
  invokeAt(atMs: number, asked: Asked): void {
    this.conductor.at(START + atMs, () => this.invoke(asked));
  }

  invoke({ id, requestId = id, trigger = 'schedule', notice, skewMs = 0 }: Asked): Invocation {
    const { options, conductor, config } = this;
    const invocation = new Invocation({
      id,
      ...(notice && { notice }),
      skewMs,
      timeoutMs: config.functionTimeoutMs,
      conductor,
      random: new Random(options.seed, `invocation ${id} ${this.#invocationCount++}`),
      latency: options.latency ?? ((random) => 1 + Math.floor(random.next() * 20)),
      mishapOf: (call) => options.mishapOf?.(call),
      note: (call) => {
        const record = { n: ++this.#callCount, ...call };
        this.calls.push(record);
        return record;
      },
    });
    this.invocations.push(invocation);
    this.laptop?.wake();
    const why = { requestId, trigger, ...(notice && { notice }) };
    this.#freeSandbox().begin(invocation, (ports) => tick(ports, config, this.#resources, why));
    return invocation;
  }

  /** As EventBridge brings it: wrapped, and read by the function's own entrance. */
  #deliver(deliveries: Deliveries, when: () => readonly number[]): void {
    for (let request = deliveries.next(); request; request = deliveries.next()) {
      const { id, event } = request;
      for (const [nth, delayMs] of when().entries()) {
        this.conductor.at(this.conductor.now() + delayMs, () => {
          const asked = askedBy(event, this.conductor.now());
          if (asked.kind === 'tick') this.invoke({ ...asked, id: `${id}-${nth + 1}` });
        });
      }
    }
  }

  runUntil(atMs: number): Promise<void> {
    return this.conductor.runUntil(START + atMs);
  }

  /** What ended before then is forgotten: calls, lines, invocations, history and events of the world. */
  forgetBefore(time: number): void {
    this.tables.clear(this.#resources.historyTable);
    this.calls = this.calls.filter(({ issuedAt }) => issuedAt >= time);
    this.logs = this.logs.filter(({ at }) => at >= time);
    this.invocations = this.invocations.filter(({ startedAt }) => startedAt >= time);
    const { events } = this.world;
    events.splice(
      0,
      events.findIndex(({ at }) => at >= time),
    );
  }

  /** As a person does it, through the function. */
  pause(paused: boolean): void {
    this.tables.run('UpdateItem', {
      TableName: this.#resources.table,
      Key: { cluster_id: { S: this.config.cluster } },
      UpdateExpression: 'SET #paused = :paused',
      ExpressionAttributeNames: { '#paused': 'paused' },
      ExpressionAttributeValues: { ':paused': { BOOL: paused } },
    });
  }

  /** What the state item holds now. */
  get state(): ClusterState {
    const item = this.#item;
    return item ? decodeState(item as Parameters<typeof decodeState>[0]) : emptyState();
  }

  /** 0: it is free. */
  get leaseUntil(): number {
    return Number(this.#item?.lease_until?.N ?? 0);
  }

  get stateBytes(): number {
    return this.tables.bytesOf(this.#resources.table);
  }

  get #item() {
    return this.tables.read(this.#resources.table, this.config.cluster);
  }

  /** The world's scheduler counts on whatever is on its way, even on what should have joined long ago. */
  #awaitsInVain(): boolean {
    const { joinDeadlineMs } = this.config.policy;
    return this.world.ec2
      .all()
      .some(
        ({ id, state, launchedAt, tags }) =>
          (state === 'pending' || state === 'running') &&
          this.conductor.now() - launchedAt > joinDeadlineMs &&
          !this.world.kubernetes.store.find('nodes', workerNodeName(id)) &&
          tags[TAG.role] === 'worker',
      );
  }

  #freeSandbox(): Sandbox {
    this.#sandboxes = this.#sandboxes.filter((sandbox) => !sandbox.isDead);
    let free = this.#sandboxes.find((sandbox) => sandbox.isFree);
    if (!free) {
      free = new Sandbox(this.#services, ++this.#sandboxCount);
      this.#sandboxes.push(free);
    }
    return free;
  }
}
