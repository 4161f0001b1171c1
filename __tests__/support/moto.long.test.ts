import { CreateTableCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { until } from '../e2e/support/until';
import { type Moto, missingMoto, startMoto } from './moto';
import { itOrSkip } from './skips';

/** What AWS documents and moto does not do by itself; `moto/corrections` says each with its source. */

const missing = missingMoto();

describe('the pretended AWS', () => {
  let moto: Moto;
  let ec2: EC2Client;
  let dynamo: DynamoDBClient;
  let subnets: string[];

  beforeAll(async () => {
    if (missing !== undefined) return;
    moto = await startMoto({ launchSeconds: 3, shutdownSeconds: 3 });
    const options = {
      region: 'us-east-1',
      endpoint: moto.endpoint,
      credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' },
      maxAttempts: 1,
    };
    ec2 = new EC2Client(options);
    dynamo = new DynamoDBClient(options);
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
    const made = ['us-east-1a', 'us-east-1b'].map(async (AvailabilityZone, i) => {
      const input = { VpcId: Vpc?.VpcId, CidrBlock: `10.9.${i}.0/24`, AvailabilityZone };
      return (await ec2.send(new CreateSubnetCommand(input))).Subnet?.SubnetId ?? '';
    });
    subnets = await Promise.all(made);
  });

  afterAll(async () => {
    ec2?.destroy();
    dynamo?.destroy();
    await moto?.stop();
  });

  const asked = (more: Partial<RunInstancesCommandInput>): RunInstancesCommandInput => ({
    ImageId: 'ami-1',
    InstanceType: 't3.medium',
    SubnetId: subnets[0],
    MinCount: 1,
    MaxCount: 1,
    ...more,
  });

  async function launch(more: Partial<RunInstancesCommandInput>): Promise<string[]> {
    const { Instances = [] } = await ec2.send(new RunInstancesCommand(asked(more)));
    return Instances.map(({ InstanceId }) => InstanceId ?? '');
  }

  async function states(ids: string[]): Promise<(string | undefined)[]> {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
  }

  itOrSkip(missing, 'gives a lease to one of ten that ask at once, each time', async () => {
    // GIVEN
    const key = { AttributeName: 'id', AttributeType: 'S' } as const;
    const KeySchema = [{ AttributeName: 'id', KeyType: 'HASH' } as const];
    await dynamo.send(
      new CreateTableCommand({
        TableName: 'leases',
        AttributeDefinitions: [key],
        KeySchema,
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const take = (id: string) =>
      dynamo.send(
        new UpdateItemCommand({
          TableName: 'leases',
          Key: { id: { S: id } },
          UpdateExpression: 'SET taken = :t',
          ConditionExpression: 'attribute_not_exists(taken)',
          ExpressionAttributeValues: { ':t': { BOOL: true } },
        }),
      );
    for (let round = 0; round < 50; round++) {
      // WHEN
      const takers = Array.from({ length: 10 }, () => take(`${round}`));
      const won = (await Promise.allSettled(takers)).filter(({ status }) => status === 'fulfilled');
      // THEN
      expect(won).toHaveLength(1);
    }
  });

  itOrSkip(missing, 'launches as many as the maximum says', async () => {
    expect(await launch({ MinCount: 1, MaxCount: 3 })).toHaveLength(3);
  });

  itOrSkip(missing, 'launches once for a client token, however many ask at once', async () => {
    const same = await Promise.all([1, 2, 3, 4].map(() => launch({ ClientToken: 'once', MaxCount: 2 })));
    expect(new Set(same.flat()).size).toBe(2);
  });

  itOrSkip(missing, 'launches again for the same client token in another zone', async () => {
    const first = await launch({ ClientToken: 'zonal' });
    expect(await launch({ ClientToken: 'zonal', SubnetId: subnets[1] })).not.toEqual(first);
  });

  itOrSkip(missing, 'refuses a client token with other parameters', async () => {
    await launch({ ClientToken: 'other' });
    await expect(launch({ ClientToken: 'other', InstanceType: 't3.large' })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
  });

  itOrSkip(
    missing,
    'shows an instance pending, running, shutting down and terminated, then refuses its token',
    async () => {
      // WHEN
      const ids = await launch({ ClientToken: 'ended' });
      // THEN
      expect(await states(ids)).toEqual(['pending']);
      const becomes = (state: string) =>
        until(state, async () => (await states(ids))[0] === state, { withinMs: 30_000 });
      await becomes('running');
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
      expect(await states(ids)).toEqual(['shutting-down']);
      await becomes('terminated');
      await expect(launch({ ClientToken: 'ended' })).rejects.toMatchObject({ name: 'IdempotentInstanceTerminated' });
    },
  );

  itOrSkip(missing, 'answers late while it is told to, and for the named service alone', async () => {
    const timeOf = async (ask: () => Promise<unknown>) => {
      const begun = performance.now();
      await ask();
      return performance.now() - begun;
    };
    const look = () => ec2.send(new DescribeInstancesCommand({}));
    moto.slow({ ec2: 1.5 });
    expect(await timeOf(look)).toBeGreaterThan(1_500);
    moto.slow({ dynamodb: 1.5 });
    expect(await timeOf(look)).toBeLessThan(1_500);
    moto.slow({});
  });
});
