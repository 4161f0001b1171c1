import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  type EC2Client,
  type Instance as Ec2Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { AWS_TIMEOUTS } from '../../adapters/aws';
import { TAG, workerNodeName } from '../../autoscaler/names';
import { AwsError, type InstanceRecord, type RunInstancesInput } from '../../world/contract';
import { controllerOf, isActive, type Pod } from '../../world/kubernetes/objects';
import type { World } from '../../world/world';
import type { Call, Truth } from './calls';
import { ask, isRetriedBySdk } from './client';
import { serviceError } from './dynamodb-tables';
import type { Invocation, Service } from './invocation';

/** The SDK's client as `Ec2Fleet` uses it, in front of the world. */
export const ec2Client = (world: World, caller: () => Invocation, attempts: number): EC2Client => {
  const manners = { attempts, patienceMs: AWS_TIMEOUTS.deadlineMs, isRetried: isRetriedBySdk };
  let before: object = { Reservations: [] };
  const send = async (command: unknown): Promise<unknown> => {
    const { call, perform, refused, isKnown } = decode(world, command);
    const service: Service<object> = {
      perform: () => orSdkError(perform),
      ...(isKnown && { isKnown }),
      refuse: (code) => {
        refused?.();
        throw serviceError(code, `${code} (by the proof)`, STATUS[code] ?? 400);
      },
      garbage: () => ({ Reservations: [{ Instances: [{}] }], Instances: [{}] }),
      stale: () => before,
      partial: withoutLast,
    };
    const answer = await ask(caller, call, service, manners);
    if (call.operation === 'DescribeInstances' && call.target === 'cluster') before = answer;
    return answer;
  };
  return { send } as unknown as EC2Client;
};

/** Capacity and throttling come as server errors. */
const STATUS: Record<string, number> = {
  InsufficientInstanceCapacity: 500,
  InternalError: 500,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
};

interface Decoded {
  call: Call;
  perform: () => { answer: object; truth?: Truth };
  /** It was refused by the proof, not by the world. */
  refused?: () => void;
  /** Its token has launched: EC2 answers as it did then, whatever capacity there is now. */
  isKnown?: () => boolean;
}

/** Requests that were refused, by their tokens. That such a token is free again is nowhere promised: here it is not. */
const refusedRequests = new WeakMap<World, Map<string, string>>();

function decode(world: World, command: unknown): Decoded {
  if (command instanceof DescribeInstancesCommand) return describe(world, command.input);
  if (command instanceof RunInstancesCommand) return launch(world, command.input);
  if (command instanceof TerminateInstancesCommand) return terminate(world, command.input.InstanceIds ?? []);
  throw new Error(`the proof's EC2 has no ${(command as object)?.constructor.name}; teach it in face/ec2.ts`);
}

const call = (operation: string, mutates: boolean, target: string): Call => ({
  service: 'ec2',
  operation,
  mutates,
  target,
});

function describe(world: World, { InstanceIds, Filters }: DescribeInstancesCommandInput): Decoded {
  const ids = InstanceIds ?? Filters?.find(({ Name }) => Name === 'instance-id')?.Values;
  return {
    call: call('DescribeInstances', false, ids?.join() ?? 'cluster'),
    perform: () => {
      const found = world.ec2.describeInstances({
        ...(InstanceIds && { ids: InstanceIds }),
        ...(Filters && { filters: Filters.map(({ Name = '', Values = [] }) => ({ name: Name, values: Values })) }),
      });
      return { answer: { Reservations: found.map((record) => ({ Instances: [toSdk(record)] })) } };
    },
  };
}

function launch(world: World, input: RunInstancesCommandInput): Decoded {
  const request: RunInstancesInput = {
    ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }),
    ...(input.LaunchTemplate?.LaunchTemplateId !== undefined && { templateId: input.LaunchTemplate.LaunchTemplateId }),
    ...(input.LaunchTemplate?.Version !== undefined && { templateVersion: input.LaunchTemplate.Version }),
    ...(input.InstanceType !== undefined && { instanceType: input.InstanceType }),
    ...(input.SubnetId !== undefined && { subnetId: input.SubnetId }),
    market: input.InstanceMarketOptions?.MarketType === 'spot' ? 'spot' : 'on-demand',
    minCount: input.MinCount ?? 0,
    maxCount: input.MaxCount ?? 0,
    tags: Object.fromEntries(
      (input.TagSpecifications ?? []).map(({ ResourceType = '', Tags = [] }) => [
        ResourceType,
        Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
      ]),
    ),
  };
  return {
    call: call('RunInstances', true, `${request.market} ${request.instanceType} ${request.subnetId}`),
    isKnown: () => world.ec2.all().some(({ clientToken }) => clientToken === request.clientToken),
    refused: () => {
      const known = refusedRequests.get(world) ?? new Map<string, string>();
      refusedRequests.set(world, known.set(request.clientToken ?? '', JSON.stringify(request)));
    },
    perform: () => {
      const before = refusedRequests.get(world)?.get(request.clientToken ?? '');
      if (before !== undefined && before !== JSON.stringify(request)) {
        throw serviceError('IdempotentParameterMismatch', 'this token was of another request', 400);
      }
      const { instances } = world.ec2.runInstances(request);
      const answer = { Instances: instances.map(toSdk) };
      return { answer, truth: { kind: 'launch', instances: instances.map(({ id }) => id) } };
    },
  };
}

function terminate(world: World, ids: string[]): Decoded {
  return {
    call: call('TerminateInstances', true, ids.join()),
    perform: () => {
      const tags = world.ec2.all().find(({ id }) => ids.includes(id))?.tags ?? {};
      const truth: Truth = {
        kind: 'instance',
        cluster: tags[TAG.cluster],
        role: tags[TAG.role],
        evictablePods: ids.flatMap((id) => podsOf(world, id)),
      };
      const changes = world.ec2.terminateInstances(ids);
      return { answer: { TerminatingInstances: changes.map(({ id }) => ({ InstanceId: id })) }, truth };
    },
  };
}

/** Workload pods that would die with the instance. */
const podsOf = (world: World, instance: string): string[] =>
  world.kubernetes.store
    .podsOn(workerNodeName(instance))
    .filter((pod: Pod) => isActive(pod) && world.kubernetes.isWorkload(pod) && controllerOf(pod)?.kind !== 'DaemonSet')
    .map(({ metadata }) => metadata.name);

const toSdk = (record: InstanceRecord): Ec2Instance => ({
  InstanceId: record.id,
  State: { Name: record.state },
  InstanceType: record.type as NonNullable<Ec2Instance['InstanceType']>,
  Placement: { AvailabilityZone: record.zone },
  LaunchTime: new Date(record.launchedAt),
  ...(record.market === 'spot' && { InstanceLifecycle: 'spot' as const }),
  Tags: Object.entries(record.tags).map(([Key, Value]) => ({ Key, Value })),
});

function orSdkError<T>(perform: () => T): T {
  try {
    return perform();
  } catch (error) {
    if (error instanceof AwsError) throw serviceError(error.code, error.message, error.status);
    throw error;
  }
}

/** EC2's lists are eventually consistent: one may lack an instance. */
const withoutLast = (answer: object): object =>
  'Reservations' in answer ? { Reservations: (answer.Reservations as unknown[]).slice(0, -1) } : answer;
