import { readFileSync } from 'node:fs';
import type { InvocationRequest, InvocationResult, WireOptions, WorldModel } from '../contract';
import { type Bundle, Sandbox, type Standby } from '../lambda/sandbox';
import type { Certificates } from './certificates';
import { type Endpoints, openEndpoints, type Protocols } from './endpoints';
import { invocationCall } from './faults';
import type { Front } from './front';
import { functionEnv } from './function-env';
import { Gate } from './gate';
import { Invocation } from './invocation';

/** A sandbox with its endpoints, and what runs in it; nobody while it is frozen. */
interface Environment {
  sandbox: Sandbox;
  endpoints: Endpoints;
  current: Invocation | undefined;
  /** Taken for an invocation that has not ended. */
  isTaken: boolean;
  /** Has code that is no longer asked for: it goes when its invocation has ended. */
  isOld: boolean;
}

/** The Lambda service: gives each invocation a sandbox, a warm one where there is one. */
export class LambdaFunction {
  private readonly gate: Gate;
  private readonly artifact: Bundle;
  /** In order of their making, so that the same one is taken in each run. */
  private environments: Environment[] = [];
  /** All that were made and not closed, spares too. */
  private readonly open = new Set<Environment>();
  private readonly burials: Promise<void>[] = [];
  private isStopped = false;
  private invocations = 0;
  /** What was loaded in the artifact's place. */
  private loaded: string | undefined;
  /** Path of a bundle that the next one is like. */
  private like: string | undefined;
  /** Waits for what is loaded next. */
  private spare: Promise<Environment> | undefined;

  constructor(
    private readonly model: WorldModel,
    private readonly options: WireOptions,
    private readonly front: Front,
    private readonly protocols: Protocols,
    private readonly certificates: Certificates,
  ) {
    this.gate = new Gate(model.clock);
    this.artifact = { path: options.bundle, code: readFileSync(options.bundle, 'utf8') };
  }

  /** All at the same virtual instant. The world is then as late as the last of them. */
  async invoke(requests: InvocationRequest[]): Promise<InvocationResult[]> {
    const environments = await this.take(requests.length);
    const now = this.model.clock.now();
    const invocations = requests.map((request, index) => this.begin(request, index, now, environments));
    const results = await Promise.all(invocations.map((invocation, i) => this.run(invocation, environments[i])));
    this.model.clock.advanceTo(Math.max(now, ...results.map(({ endedAt }) => endedAt)));
    await this.bury();
    if (this.front.defect !== undefined) throw this.front.defect;
    return results;
  }

  /** See `Wire.prepare`. */
  prepare(like: string): void {
    this.like = like;
    if (this.isStopped) return;
    this.spare ??= this.create({ like });
    // Who takes it is told.
    this.spare.catch(() => {});
  }

  /** See `Wire.load`. */
  async load(bundle: string): Promise<void> {
    const environment = await this.hatch(bundle);
    this.loaded = bundle;
    for (const each of this.environments) {
      each.isOld = true;
      if (!each.isTaken) void each.sandbox.terminate();
    }
    this.environments.push(environment);
    // Nobody waits for what is gone.
    this.burials.push(this.bury());
  }

  /** See `Wire.replan`. */
  async replan(recording: string): Promise<string> {
    if (this.loaded === undefined) throw new Error('Nothing was loaded yet: the artifact plans only in its ticks.');
    const isFit = ({ isOld, sandbox }: Environment) => !isOld && !sandbox.isEnded;
    const { sandbox } = this.environments.findLast(isFit) ?? (await this.add());
    return sandbox.replan(recording);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.spare?.catch(() => {});
    for (const { current } of this.open) current?.crash();
    await Promise.all([...this.burials, ...[...this.open].map((each) => this.close(each))]);
  }

  private begin(request: InvocationRequest, index: number, now: number, environments: Environment[]): Invocation {
    const environment = environments[index] as Environment;
    const { functionTimeoutMs } = this.model.options.config;
    environment.current = new Invocation(request, index, now, functionTimeoutMs, this.gate, environment.sandbox);
    return environment.current;
  }

  private async run(invocation: Invocation, environment: Environment | undefined): Promise<InvocationResult> {
    const seed = `${this.options.seed}/${invocation.id}/${this.invocations++}`;
    try {
      return this.refusal(invocation) ?? (await invocation.run(seed));
    } finally {
      if (environment) this.release(environment);
    }
  }

  private release(environment: Environment): void {
    environment.current = undefined;
    environment.isTaken = false;
    if (environment.isOld) void environment.sandbox.terminate();
  }

  /** Faults of Lambda itself, before a line of the function has run. */
  private refusal(invocation: Invocation): InvocationResult | undefined {
    const mishap = this.front.faults.take(invocationCall, invocation.now());
    switch (mishap?.kind) {
      case 'error':
        return invocation.refuse({ name: mishap.code, message: `${mishap.code} (injected by the scenario)` });
      case 'down':
        return invocation.refuse({ name: 'ServiceException', message: 'Lambda is down (injected by the scenario)' });
      case 'crash':
        invocation.crash();
        return undefined;
      case 'hang':
        if (mishap.byMs === undefined) invocation.timeOut();
        else invocation.spend(mishap.byMs);
        return undefined;
      case 'slow':
        invocation.spend(mishap.byMs);
        return undefined;
      default:
        return undefined;
    }
  }

  /** Resolves when all have loaded the bundle: nobody's patience is spent on another's cold start. */
  private async take(count: number): Promise<Environment[]> {
    const isFree = ({ sandbox, isTaken, isOld }: Environment) => !isTaken && !isOld && !sandbox.isEnded;
    const taken = this.environments.filter(isFree).slice(0, count);
    for (const each of taken) each.isTaken = true;
    while (taken.length < count) {
      const added = await this.add();
      added.isTaken = true;
      taken.push(added);
    }
    await Promise.all(taken.map(({ sandbox }) => sandbox.ready));
    return taken;
  }

  /** One more, with the code of now. */
  private async add(): Promise<Environment> {
    const { loaded } = this;
    const added = loaded === undefined ? await this.create(this.artifact) : await this.hatch(loaded);
    // Something newer may have come meanwhile.
    added.isOld = loaded !== this.loaded;
    this.environments.push(added);
    return added;
  }

  /** The spare with this bundle, and then the next spare. */
  private async hatch(bundle: string): Promise<Environment> {
    const like = this.like ?? bundle;
    const spare = this.spare ?? this.create({ like });
    this.spare = undefined;
    const environment = await spare;
    try {
      await environment.sandbox.load(bundle, this.model.clock.now());
      this.prepare(bundle);
    } catch (error) {
      this.prepare(like);
      await this.close(environment);
      throw error;
    }
    return environment;
  }

  private async create(bundle: Bundle | Standby): Promise<Environment> {
    const environment: Partial<Environment> = {};
    const endpoints = await openEndpoints(this.front, this.protocols, this.certificates, () => environment.current);
    const sandbox = new Sandbox(
      {
        bundle,
        seed: String(this.options.seed),
        region: this.model.options.config.region,
        env: functionEnv(this.model.options, endpoints),
      },
      this.model.clock.now(),
    );
    const made = Object.assign(environment, { sandbox, endpoints, current: undefined, isTaken: false, isOld: false });
    this.open.add(made);
    return made;
  }

  /** Lets go of what died. */
  private async bury(): Promise<void> {
    const dead = this.environments.filter(({ sandbox }) => sandbox.isEnded);
    this.environments = this.environments.filter(({ sandbox }) => !sandbox.isEnded);
    await Promise.all(dead.map((each) => this.close(each)));
  }

  private async close(environment: Environment): Promise<void> {
    this.open.delete(environment);
    await Promise.all([environment.sandbox.terminate(), environment.endpoints.close()]);
  }
}
