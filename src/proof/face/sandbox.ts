import { DynamoStore } from '../../adapters/dynamodb';
import { DynamoMailbox } from '../../adapters/dynamodb-mailbox';
import { Ec2Fleet } from '../../adapters/ec2';
import { KubernetesCluster } from '../../adapters/kubernetes';
import { PrometheusSource } from '../../adapters/prometheus';
import { SsmSecrets } from '../../adapters/ssm';
import { type LiveMemory, LivePlanner } from '../../autoscaler/live/live-planner';
import type { Plan } from '../../autoscaler/plan';
import { plan } from '../../autoscaler/planning/planner';
import type { Look, Planner, Ports } from '../../autoscaler/ports';
import type { Snapshot } from '../../autoscaler/snapshot';
import { newMemory } from '../../autoscaler/telling/memory';
import type { RuntimeConfig, RuntimeResources } from '../../config/runtime';
import type { Random } from '../../world/random';
import type { World } from '../../world/world';
import { dynamoClient } from './dynamodb';
import type { DynamoTables } from './dynamodb-tables';
import { ec2Client } from './ec2';
import type { Invocation } from './invocation';
import { kubernetesHttp } from './kubernetes';
import { prometheusHttp } from './prometheus';
import type { Scrapes } from './scrapes';
import { ssmClient } from './ssm';

/** Timers of this machine must never end a call of the world: its deadlines are the conductor's. */
const NEVER_MS = 2 ** 31 - 1;

class PatientCluster extends KubernetesCluster {
  override observe(at: number): ReturnType<KubernetesCluster['observe']> {
    return super.observe(at, NEVER_MS);
  }
}

export interface Services {
  world: World;
  tables: DynamoTables;
  scrapes: Scrapes;
  parameters: ReadonlyMap<string, string>;
  token: string;
  config: RuntimeConfig;
  resources: RuntimeResources;
  ids: Random;
  log: (invocation: string, line: Record<string, unknown>) => void;
  /** Told of what a laptop planned, and is executed. */
  onForeignPlan: (foreign: ForeignPlan) => void;
}

/** A plan of a laptop's that the function took. */
export interface ForeignPlan {
  invocation: string;
  epoch: number;
  snapshot: Snapshot;
  plan: Plan;
}

/** A warm function: the adapters as they are deployed, on clients that reach the world without a socket. */
export class Sandbox {
  #current: Invocation | undefined;
  readonly #ports: Omit<Ports, 'clock' | 'planner'>;
  readonly #mailbox: DynamoMailbox;
  readonly #live: LiveMemory = {};

  /** @param nth of the run */
  constructor(
    private readonly services: Services,
    readonly nth: number,
  ) {
    const { world, tables, scrapes, parameters, token, config, resources, ids, log } = services;
    const caller = (): Invocation => this.#current as Invocation;
    const write = (line: Record<string, unknown>): void => log(caller().id, line);
    const { cluster, region, dualStack, policy } = config;
    const client = dynamoClient({ tables, table: resources.table, cluster }, caller);
    const { historyTable } = resources;
    const now = () => caller().clock.now();
    this.#mailbox = new DynamoMailbox({ client, historyTable, cluster, now, deadlineMs: NEVER_MS });
    this.#ports = {
      metrics: new PrometheusSource({
        url: resources.prometheusUrl,
        dataMaxAgeMs: policy.dataMaxAgeMs,
        upWindowMs: policy.cpu.windowMs,
        downWindowMs: policy.cpu.downWindowMs,
        // The face computes the five queries itself, and has no PromQL for a user's.
        signals: [],
        deadlineMs: NEVER_MS,
        http: prometheusHttp(scrapes, caller),
      }),
      cluster: new PatientCluster({
        url: resources.kubernetesUrl,
        secrets: new SsmSecrets({
          client: ssmClient(parameters, caller),
          now,
          deadlineMs: NEVER_MS,
        }),
        parameters: resources.parameters,
        writeDeadlineMs: NEVER_MS,
        http: kubernetesHttp(world, token, caller),
      }),
      fleet: new Ec2Fleet({
        region,
        cluster,
        dualStack,
        timeouts: { connectionMs: NEVER_MS, requestMs: NEVER_MS, deadlineMs: NEVER_MS },
        connect: (maxAttempts) => ec2Client(world, caller, maxAttempts),
      }),
      store: new DynamoStore({
        client,
        table: resources.table,
        historyTable,
        cluster,
        log: write,
        deadlineMs: NEVER_MS,
      }),
      memory: newMemory(),
      newId: () => ids.uuid(),
      log: write,
    };
  }

  get isFree(): boolean {
    return this.#current === undefined || (this.#current.isOver && this.#current.ending !== 'killed');
  }

  /** Lambda never uses one again that it had to kill. */
  get isDead(): boolean {
    return this.#current?.ending === 'killed';
  }

  begin(invocation: Invocation, run: (ports: Ports) => Promise<unknown>): void {
    this.#current = invocation;
    invocation.sandbox = this.nth;
    const ports = { ...this.#ports, clock: invocation.clock, planner: this.#plannerOf(invocation) };
    invocation.start(() => run(ports));
  }

  /** As the function's entrance makes it. */
  #plannerOf({ id, clock, waiting }: Invocation): Planner {
    const { config, log, onForeignPlan } = this.services;
    const live = new LivePlanner({
      own: (snapshot) => plan(snapshot, config),
      config,
      mailbox: this.#mailbox,
      clock,
      waiting,
      memory: this.#live,
      log: (line) => log(id, line),
    });
    return {
      plan: async (snapshot: Snapshot, look?: Look) => {
        const planned = await live.plan(snapshot, look);
        if (planned.by !== undefined)
          onForeignPlan({ invocation: id, epoch: look?.epoch ?? 0, snapshot, plan: planned });
        return planned;
      },
    };
  }
}
