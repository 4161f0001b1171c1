import { type Role, SERVER_NODE, TAG } from '../autoscaler/names';
import { Clock } from './clock';
import type { InstanceRecord, Sample, WorldCounts, WorldEvent, WorldModel, WorldOptions } from './contract';
import { countWorld, nodeNameOf } from './counts';
import { Ec2, type EndedBy } from './ec2/ec2';
import { NodeFaults } from './faults';
import { Cluster } from './kubernetes/cluster';
import type { Node } from './kubernetes/objects';
import { Scraper } from './metrics/scrape';
import { coresOf, Usage } from './metrics/usage';
import { Random } from './random';
import { type Fault, type LoadStep, START, type WorkloadStep } from './scenario/types';

/** What the world starts with is this old: warm, and past every settling time. */
const AGE_AT_START_MS = 3_600_000;
/** A kubelet registers its Node this long before it reports Ready, or half the boot where that is less. */
const REGISTER_LEAD_MS = 5_000;
/** The type of the server where the configuration of the function does not tell it: the function never needs it. */
const SERVER_TYPE = 't3.medium';

/** AWS and K3s in memory: machines become nodes, nodes take pods, pods use CPU. Nothing moves but by the clock. */
export class World implements WorldModel {
  readonly clock: Clock;
  readonly ec2: Ec2;
  readonly kubernetes: Cluster;
  readonly parameters: WorldModel['parameters'] = new Map();
  readonly events: WorldEvent[] = [];
  readonly #listeners: ((event: WorldEvent) => void)[] = [];
  readonly #usage: Usage;
  readonly #scraper: Scraper;
  readonly #faults: NodeFaults;

  constructor(readonly options: WorldOptions) {
    const { seed, config, resources, timings } = options;
    this.clock = new Clock(START - AGE_AT_START_MS);
    const emit = (event: WorldEvent): void => this.#emit(event);
    this.kubernetes = new Cluster({ seed, config, podStartMs: timings.podStartMs, clock: this.clock, emit });
    this.#faults = new NodeFaults(this.clock);
    this.#usage = new Usage(this.kubernetes, this.clock);
    this.#scraper = new Scraper(this.kubernetes, this.#usage, this.clock);
    this.ec2 = new Ec2({
      config,
      resources,
      timings,
      clock: this.clock,
      random: new Random(seed, 'ec2'),
      emit,
      hooks: {
        launched: (instance, pool) => this.#faults.launched(instance, pool),
        running: (instance, pool) => this.#boot(instance, pool),
        stopping: (instance, by) => this.#powerOff(instance, by),
      },
    });
    this.kubernetes.bootstrap(() => this.#putFirstMachines());
    this.clock.advanceTo(START);
    // What happened before the start is nobody's news.
    this.events.length = 0;
  }

  onEvent(listener: (event: WorldEvent) => void): void {
    this.#listeners.push(listener);
  }

  workload(step: WorkloadStep): void {
    this.kubernetes.act(() => this.kubernetes.workloads.apply(step));
    this.#usage.refresh();
  }

  /** @throws when `nodes` names none that there is. */
  load({ nodes, cpu, forMs }: LoadStep): void {
    for (const node of this.#loadTargets(nodes)) this.#usage.load(node.metadata.name, cpu, forMs);
  }

  nodeFault(fault: Fault): void {
    if (fault.kind === 'service') {
      this.#faults.add(fault, START + fault.atMs);
      return;
    }
    const strike = (): void => {
      for (const { id } of this.#interruptionTargets(fault.target)) this.ec2.interrupt(id);
    };
    if (this.clock.now() >= START + fault.atMs) strike();
    else this.clock.schedule(START + fault.atMs, strike);
  }

  scrape(): Sample[] {
    return this.#scraper.scrape();
  }

  counts(): WorldCounts {
    return countWorld(this.kubernetes, this.ec2);
  }

  #emit(event: WorldEvent): void {
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  #putFirstMachines(): void {
    const { config, baseWorkers } = this.options;
    this.#putMachine('server', SERVER_TYPE, config.zones[0] as string);
    for (let i = 0; i < baseWorkers; i++)
      this.#putMachine('base', config.baseWorkers.instanceType, config.zones[i % config.zones.length] as string);
  }

  #putMachine(role: Role, type: string, zone: string): void {
    const tags = { [TAG.cluster]: this.options.config.cluster, [TAG.role]: role };
    const instance = this.ec2.give({ type, zone, launchedAt: this.clock.now(), tags });
    this.#register(instance, undefined);
    this.#becomeReady(instance);
  }

  #boot(instance: InstanceRecord, pool: string | undefined): void {
    // Without our template there is no user data, and so nobody who would install K3s.
    if (pool === undefined || this.#faults.neverJoins(instance.id)) return;
    const { bootMs } = this.options.timings;
    this.kubernetes.later(bootMs - Math.min(REGISTER_LEAD_MS, bootMs / 2), () =>
      this.#ifRunning(instance, () => this.#register(instance, pool)),
    );
    this.kubernetes.later(bootMs, () => this.#ifRunning(instance, () => this.#becomeReady(instance)));
  }

  #ifRunning(instance: InstanceRecord, act: () => void): void {
    if (instance.state === 'running') act();
  }

  #register(instance: InstanceRecord, pool: string | undefined): void {
    const node = this.kubernetes.nodes.join(instance, pool);
    this.#usage.machineStarted(node.metadata.name, coresOf(node), this.clock.now());
    this.#emit({ at: this.clock.now(), kind: 'node-joined', node: node.metadata.name, instance: instance.id });
  }

  #becomeReady(instance: InstanceRecord): void {
    const node = nodeNameOf(instance);
    // Somebody may have deleted the Node meanwhile; a kubelet registers only when it starts.
    if (!this.kubernetes.store.find('nodes', node)) return;
    this.kubernetes.nodes.ready(node);
    this.#emit({ at: this.clock.now(), kind: 'node-ready', node, instance: instance.id });
  }

  /** The operating system shuts down at once: its pods end, and its kubelet falls silent. */
  #powerOff(instance: InstanceRecord, by: EndedBy): void {
    const node = nodeNameOf(instance);
    const stop = (): void => {
      this.#usage.machineStopped(node);
      this.kubernetes.nodes.machineStopped(node, () =>
        this.#emit({ at: this.clock.now(), kind: 'node-lost', node, instance: instance.id }),
      );
    };
    // A termination that EC2 decided is not ours, so no budget is violated by us.
    if (by === 'call') this.kubernetes.disrupt(`terminate ${instance.id}`, stop);
    else this.kubernetes.act(stop);
  }

  #loadTargets(nodes: string): Node[] {
    const workers = this.kubernetes.store
      .list<Node>('nodes')
      .filter(({ metadata }) => metadata.name !== SERVER_NODE && this.kubernetes.pods.hasMachine(metadata.name));
    if (nodes === 'all') return workers;
    if (nodes === 'oldest') return workers.slice(0, 1);
    if (nodes === 'base') return workers.filter(({ metadata }) => this.#roleOf(metadata.name) === 'base');
    return [this.kubernetes.node(nodes)];
  }

  #roleOf(node: string): string | undefined {
    return this.ec2.all().find((instance) => nodeNameOf(instance) === node)?.tags[TAG.role];
  }

  /** Whatever its market: a scenario that asks for an interruption gets it. The server and base workers stay. */
  #interruptionTargets(target: string | number): InstanceRecord[] {
    const workers = this.ec2
      .all()
      .filter(({ tags, state }) => tags[TAG.role] === 'worker' && (state === 'pending' || state === 'running'));
    if (typeof target === 'number') return workers.slice(0, target);
    return target === 'oldest'
      ? workers.slice(0, 1)
      : workers.filter((instance) => nodeNameOf(instance) === target || instance.id === target);
  }
}
