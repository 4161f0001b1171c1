import { randomUUID } from 'node:crypto';
import { createDynamoClient, DynamoStore } from '../src/adapters/dynamodb';
import { Ec2Fleet } from '../src/adapters/ec2';
import { KubernetesCluster } from '../src/adapters/kubernetes';
import { PrometheusSource } from '../src/adapters/prometheus';
import { createSsmClient, SsmSecrets } from '../src/adapters/ssm';
import { plan } from '../src/autoscaler/planning/planner';
import type { Ports } from '../src/autoscaler/ports';
import { tick } from '../src/autoscaler/tick';
import { type Environment, readEnvironment } from './environment';
import { triggerOf } from './trigger';

/** What is used of Lambda's context. */
export interface InvocationContext {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

type Tick = typeof tick;

/**
 * The function's entrance: event → trigger, environment → adapters → one tick. Whatever is thrown fails the
 * invocation, so that the function's error metric and its alarm see it.
 */
export async function handler(event: unknown, context: InvocationContext): ReturnType<Tick> {
  const { environment, ports } = warm();
  const clock = { now: () => Date.now(), remaining: () => context.getRemainingTimeInMillis() };
  return tick({ ...ports, clock }, environment.config, environment.resources, {
    requestId: context.awsRequestId,
    trigger: triggerOf(event),
  });
}

interface Warm {
  environment: Environment;
  ports: Omit<Ports, 'clock'>;
}

let kept: Warm | undefined;

/** Made by the first invocation of a sandbox and kept for the next ones: connections, credentials and secrets. */
function warm(): Warm {
  kept ??= compose(readEnvironment());
  return kept;
}

function compose(environment: Environment): Warm {
  const { config, resources } = environment;
  const { region, cluster, policy } = config;
  return {
    environment,
    ports: {
      metrics: new PrometheusSource({
        url: resources.prometheusUrl,
        dataMaxAgeMs: policy.dataMaxAgeMs,
        upWindowMs: policy.cpu.windowMs,
        downWindowMs: policy.cpu.downWindowMs,
      }),
      cluster: new KubernetesCluster({
        url: resources.kubernetesUrl,
        secrets: new SsmSecrets({ client: createSsmClient(region) }),
        parameters: resources.parameters,
      }),
      fleet: new Ec2Fleet({ region, cluster }),
      store: new DynamoStore({ client: createDynamoClient(region), table: resources.table, cluster, log }),
      planner: { plan: async (snapshot) => plan(snapshot, config) },
      newId: randomUUID,
      log,
    },
  };
}

/** One JSON object a line: what CloudWatch Logs Insights reads by itself. */
function log(line: Record<string, unknown>): void {
  console.log(JSON.stringify(line));
}
