import {
  DescribeInstancesCommand,
  EC2Client,
  type Instance as Ec2Instance,
  type Filter,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { TAG } from '../autoscaler/names';
import type { Fleet, LaunchOutcome, TerminateOutcome } from '../autoscaler/ports';
import type { Instance, Observed } from '../autoscaler/snapshot';
import type { LaunchRequest } from '../autoscaler/state';
import { AWS_TIMEOUTS, type AwsTimeouts, handlerOptions, wantsDualstack, withDeadline } from './aws';
import { launchFailure } from './ec2-errors';
import { tagsOf, toInstance } from './ec2-instances';
import { toRunInstancesInput } from './ec2-launch';
import { codeOf, describe, toUnknown } from './errors';

export interface Ec2Options {
  region: string;
  /** Value of the tag `k3s-autoscaler:cluster`. */
  cluster: string;
  /** Ask at the dual-stack name, where no endpoint is set. */
  dualStack: boolean;
  timeouts?: AwsTimeouts;
  /** In our own client's place, by how often the SDK may ask. */
  connect?: (maxAttempts: number) => EC2Client;
}

export const createEc2Client = (
  { region, dualStack, timeouts = AWS_TIMEOUTS }: Omit<Ec2Options, 'cluster' | 'connect'>,
  maxAttempts: number,
): EC2Client =>
  new EC2Client({
    region,
    maxAttempts,
    // Throttled calls are repeated after a random part of a growing pause, all within the deadline of the call. Not
    // `adaptive`: it slows down by what earlier calls met, and a function remembers nothing between two invocations.
    retryMode: 'standard',
    useDualstackEndpoint: wantsDualstack('EC2', dualStack),
    requestHandler: handlerOptions(timeouts),
  });

/** The instances of one cluster, told by their tag. */
export class Ec2Fleet implements Fleet {
  readonly #client: EC2Client;
  /** RunInstances is repeated by the next tick, under the stored attempt, and by nobody else. */
  readonly #launcher: EC2Client;
  readonly #cluster: string;
  readonly #timeouts: AwsTimeouts;

  constructor(options: Ec2Options) {
    this.#cluster = options.cluster;
    this.#timeouts = options.timeouts ?? AWS_TIMEOUTS;
    const connect = options.connect ?? ((maxAttempts) => createEc2Client(options, maxAttempts));
    this.#client = connect(3);
    this.#launcher = connect(1);
  }

  async observe(at: number): Promise<Observed<Instance[]>> {
    try {
      return { known: true, at, value: await this.#describe({ Name: `tag:${TAG.cluster}`, Values: [this.#cluster] }) };
    } catch (error) {
      return toUnknown('EC2 DescribeInstances', error);
    }
  }

  async find(ids: readonly string[], at: number): Promise<Observed<Instance[]>> {
    if (ids.length > MAX_FILTER_VALUES) {
      const detail = `EC2's list lacks ${ids.length} instances, more than can be asked for by id`;
      return { known: false, reason: 'incomplete', detail };
    }
    try {
      // A filter, because ids that are named as such are refused altogether where one of them is not there.
      return { known: true, at, value: await this.#describe({ Name: 'instance-id', Values: [...ids] }) };
    } catch (error) {
      return toUnknown('EC2 DescribeInstances', error);
    }
  }

  async launch(request: LaunchRequest, clientToken: string): Promise<LaunchOutcome> {
    try {
      const command = new RunInstancesCommand(toRunInstancesInput(request, clientToken));
      const answer = await withDeadline('EC2 RunInstances', this.#timeouts.deadlineMs, (abortSignal) =>
        this.#launcher.send(command, { abortSignal }),
      );
      const instances = (answer.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []);
      if (instances.length === 0) return { outcome: 'unknown', detail: 'RunInstances succeeded but named no instance' };
      return { outcome: 'launched', instances };
    } catch (error) {
      return launchFailure(error);
    }
  }

  async terminate(instanceId: string): Promise<TerminateOutcome> {
    try {
      const found = await this.#describeOne(instanceId);
      if (found === undefined) return { outcome: 'not-found' };
      if (found.State?.Name === 'terminated') return { outcome: 'done' };
      const foreign = this.#foreign(found);
      if (foreign !== undefined) return { outcome: 'foreign', detail: `${instanceId} ${foreign}` };
      await withDeadline('EC2 TerminateInstances', this.#timeouts.deadlineMs, (abortSignal) =>
        this.#client.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal }),
      );
      return { outcome: 'done' };
    } catch (error) {
      return isNotFound(error) ? { outcome: 'not-found' } : { outcome: 'failed', detail: describe(error) };
    }
  }

  async #describe(filter: Filter): Promise<Instance[]> {
    const found = await withDeadline('EC2 DescribeInstances', this.#timeouts.deadlineMs, async (abortSignal) => {
      const instances: Ec2Instance[] = [];
      let NextToken: string | undefined;
      do {
        const page = await this.#client.send(
          new DescribeInstancesCommand({
            Filters: [filter],
            MaxResults: 1000,
            NextToken,
          }),
          { abortSignal },
        );
        instances.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
        NextToken = page.NextToken || undefined;
      } while (NextToken !== undefined);
      return instances;
    });
    return found.map((instance) => toInstance(instance, this.#cluster));
  }

  async #describeOne(instanceId: string): Promise<Ec2Instance | undefined> {
    const answer = await withDeadline('EC2 DescribeInstances', this.#timeouts.deadlineMs, (abortSignal) =>
      this.#client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal }),
    );
    return answer.Reservations?.flatMap((reservation) => reservation.Instances ?? [])[0];
  }

  /** Why it must not be touched; undefined for a worker that this autoscaler launched. */
  #foreign(instance: Ec2Instance): string | undefined {
    const tags = tagsOf(instance);
    if (tags[TAG.cluster] !== this.#cluster) {
      return `has tag ${TAG.cluster}=${tags[TAG.cluster] ?? '(none)'}, not ${this.#cluster}`;
    }
    if (tags[TAG.role] !== 'worker') return `has tag ${TAG.role}=${tags[TAG.role] ?? '(none)'}, not worker`;
    return undefined;
  }
}

/** EC2 takes no more values in one filter (`DescribeInstances`, Filter.Values). */
const MAX_FILTER_VALUES = 200;

const isNotFound = (error: unknown): boolean => codeOf(error) === 'InvalidInstanceID.NotFound';
