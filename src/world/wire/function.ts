import type { InvocationRequest, InvocationResult, WireOptions, WorldModel } from '../contract';
import { Sandbox } from '../lambda/sandbox';
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
}

/** The Lambda service: gives each invocation a sandbox, a warm one where there is one. */
export class LambdaFunction {
  private readonly gate: Gate;
  /** In order of their making, so that the same one is taken in each run. */
  private environments: Environment[] = [];
  private invocations = 0;

  constructor(
    private readonly model: WorldModel,
    private readonly options: WireOptions,
    private readonly front: Front,
    private readonly protocols: Protocols,
    private readonly certificates: Certificates,
  ) {
    this.gate = new Gate(model.clock);
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

  async stop(): Promise<void> {
    for (const { sandbox, current } of this.environments) {
      current?.crash();
      await sandbox.terminate();
    }
    await this.bury();
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
      if (environment) environment.current = undefined;
    }
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
    const idle = this.environments.filter(({ sandbox, current }) => !current && !sandbox.isEnded).slice(0, count);
    while (idle.length < count) idle.push(await this.create());
    await Promise.all(idle.map(({ sandbox }) => sandbox.ready));
    return idle;
  }

  private async create(): Promise<Environment> {
    const { bundle, seed } = this.options;
    const environment: Partial<Environment> = {};
    const endpoints = await openEndpoints(this.front, this.protocols, this.certificates, () => environment.current);
    const sandbox = new Sandbox(
      {
        bundle,
        seed: String(seed),
        region: this.model.options.config.region,
        env: functionEnv(this.model.options, endpoints),
      },
      this.model.clock.now(),
    );
    const made = Object.assign(environment, { sandbox, endpoints, current: undefined });
    this.environments.push(made);
    return made;
  }

  /** Lets go of what died. */
  private async bury(): Promise<void> {
    const dead = this.environments.filter(({ sandbox }) => sandbox.isEnded);
    this.environments = this.environments.filter(({ sandbox }) => !sandbox.isEnded);
    await Promise.all(dead.flatMap(({ sandbox, endpoints }) => [sandbox.terminate(), endpoints.close()]));
  }
}
