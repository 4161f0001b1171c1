import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDynamoClient, DynamoStore } from '../src/adapters/dynamodb';
import { DynamoMailbox, MAILBOX_DEADLINE_MS } from '../src/adapters/dynamodb-mailbox';
import { Ec2Fleet } from '../src/adapters/ec2';
import { KubernetesCluster } from '../src/adapters/kubernetes';
import { PrometheusSource } from '../src/adapters/prometheus';
import { createSsmClient, SsmSecrets } from '../src/adapters/ssm';
import { type DryRun, dryRun, type Explanation, explain } from '../src/autoscaler/dry-run';
import { type LiveMemory, LivePlanner } from '../src/autoscaler/live/live-planner';
import type { Mailbox } from '../src/autoscaler/live/mailbox';
import { ignoredLine } from '../src/autoscaler/measures';
import { plan } from '../src/autoscaler/planning/planner';
import type { Ports } from '../src/autoscaler/ports';
import type { TickResult } from '../src/autoscaler/result';
import { type Retirement, retire } from '../src/autoscaler/retire';
import type { Snapshot } from '../src/autoscaler/snapshot';
import { newMemory } from '../src/autoscaler/telling/memory';
import { tick } from '../src/autoscaler/tick';
import { type Environment, readEnvironment } from './environment';
import { type Asked, askedBy } from './event';

/** What is used of Lambda's context. */
export interface InvocationContext {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** The answer to a call of the URL, in the shape that Lambda makes an HTTP answer of. */
interface UrlAnswer {
  statusCode: number;
  body: string;
}

export type Answer = TickResult | Retirement | DryRun | Explanation | UrlAnswer | { status: string };

/**
 * The function's entrance: event → what is asked, environment → adapters → one tick, what a person asked for, or the last
 * call of a destroy.
 * Whatever is thrown fails the invocation, so that the function's error metric and its alarm see it.
 */
export async function handler(event: unknown, context: InvocationContext): Promise<Answer> {
  const asked = askedBy(event, Date.now());
  // Before anything is composed: a stack that is made or changed must not depend on what the function can reach.
  if (asked.kind === 'lifecycle' && asked.action !== 'delete') return { status: 'nothing to do' };

  const kept = warm();
  const { environment } = kept;
  const ports = { ...kept.ports, ...ofInvocation(context, kept) };
  const { config, resources } = environment;
  const requestId = context.awsRequestId;
  if (asked.kind === 'lifecycle') return retire(ports, config, { requestId });
  if (asked.kind !== 'tick') return withoutTick(asked, ports, environment);
  const { byUrl, kind: _, ...why } = asked;
  const result = await tick(ports, config, resources, { requestId, ...why });
  return byUrl ? ACCEPTED : result;
}

async function withoutTick(
  asked: Exclude<Asked, { kind: 'tick' | 'lifecycle' }>,
  ports: Ports,
  { config, resources }: Environment,
): Promise<Answer> {
  switch (asked.kind) {
    case 'dryRun':
      return dryRun(ports, config, resources);
    case 'explain':
      return explain(await dryRun(ports, config, resources), asked);
    case 'pause':
    case 'resume':
      await ports.store.pause(asked.kind === 'pause');
      ports.log({ message: `A person asked to ${asked.kind}.` });
      return { status: asked.kind === 'pause' ? 'paused' : 'resumed' };
    case 'ignored':
      ports.log({ message: `Ignored an event: ${asked.why}.` });
      if (config.metrics) ports.log(ignoredLine(config.cluster, ports.clock.now()));
      return { status: 'ignored' };
  }
}

/** Names of nodes, pods and instances are nobody's business who may only ask for a look. */
const ACCEPTED: UrlAnswer = { statusCode: 202, body: '{"status":"accepted"}' };

interface Warm {
  environment: Environment;
  ports: Omit<Ports, 'clock' | 'planner'>;
  mailbox: Mailbox;
  live: LiveMemory;
}

let kept: Warm | undefined;

/** Made by the first invocation of a sandbox and kept for the next ones: connections, credentials and secrets. */
function warm(): Warm {
  kept ??= compose(readEnvironment());
  return kept;
}

function compose(environment: Environment): Warm {
  const { config, resources } = environment;
  const { region, cluster, dualStack, policy } = config;
  const { table, historyTable, parameters } = resources;
  const client = createDynamoClient(region);
  return {
    environment,
    mailbox: new DynamoMailbox({ client, historyTable, cluster, now: Date.now, deadlineMs: MAILBOX_DEADLINE_MS }),
    live: {},
    ports: {
      metrics: new PrometheusSource({
        url: resources.prometheusUrl,
        dataMaxAgeMs: policy.dataMaxAgeMs,
        upWindowMs: policy.cpu.windowMs,
        downWindowMs: policy.cpu.downWindowMs,
        signals: policy.signals,
      }),
      cluster: new KubernetesCluster({
        url: resources.kubernetesUrl,
        secrets: new SsmSecrets({ client: createSsmClient({ region, dualStack }) }),
        parameters,
      }),
      fleet: new Ec2Fleet({ region, cluster, dualStack }),
      store: new DynamoStore({ client, table, historyTable, cluster, log: write }),
      memory: newMemory(),
      newId: randomUUID,
      log: write,
    },
  };
}

/** What each invocation has of its own. */
function ofInvocation(context: InvocationContext, warm: Warm): Pick<Ports, 'clock' | 'log' | 'planner'> {
  const clock = { now: () => Date.now(), remaining: () => context.getRemainingTimeInMillis() };
  const log: Ports['log'] = (line) => write({ ...line, requestId: context.awsRequestId });
  const { mailbox, live: memory } = warm;
  const { config } = warm.environment;
  const waiting = { monotonic: () => performance.now(), sleep };
  const own = (snapshot: Snapshot) => plan(snapshot, config);
  return { clock, log, planner: new LivePlanner({ own, config, mailbox, clock, waiting, memory, log }) };
}

/**
 * One JSON object a line and nothing before it: Lambda's `console.log` puts time, request id and level in front, and
 * CloudWatch makes metrics only of a line that is JSON from its first character to its last.
 */
function write(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
