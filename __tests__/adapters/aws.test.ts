import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { wantsDualstack, withDeadline } from '../../src/adapters/aws';
import { createDynamoClient } from '../../src/adapters/dynamodb';
import { createEc2Client } from '../../src/adapters/ec2';
import { createSsmClient } from '../../src/adapters/ssm';

describe('wantsDualstack', () => {
  it('asks for dual-stack only where no endpoint is set, as the SDK refuses both', () => {
    expect(wantsDualstack('EC2', true, {})).toBe(true);
    expect(wantsDualstack('EC2', true, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).toBe(false);
    expect(wantsDualstack('EC2', true, { AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1' })).toBe(false);
    expect(wantsDualstack('SSM', true, { AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1' })).toBe(true);
  });

  it('never does where the way out is an interface endpoint, which has no such name', () => {
    expect(wantsDualstack('EC2', false, {})).toBe(false);
    expect(wantsDualstack('SSM', false, {})).toBe(false);
  });
});

describe('the clients', () => {
  const before = { ...process.env };
  beforeEach(() => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
    for (const name of ['', '_EC2', '_SSM', '_DYNAMODB']) delete process.env[`AWS_ENDPOINT_URL${name}`];
  });
  afterAll(() => {
    process.env = before;
  });

  /** The host that a call would go to; nothing is sent. */
  async function hostOf(client: { config: { requestHandler: unknown } }, send: () => Promise<unknown>) {
    let host = '';
    client.config.requestHandler = {
      handle: async (request: { hostname: string }) => {
        host = request.hostname;
        throw new Error('not sent');
      },
    };
    await expect(send()).rejects.toThrow('not sent');
    return host;
  }

  it.each([
    [true, 'ec2.us-east-1.api.aws', 'ssm.us-east-1.api.aws'],
    [false, 'ec2.us-east-1.amazonaws.com', 'ssm.us-east-1.amazonaws.com'],
  ])('with dualStack %s call %s and %s, and the table always by its IPv4 name', async (dualStack, ...names) => {
    // GIVEN
    const region = 'us-east-1';
    const ec2 = createEc2Client({ region, dualStack }, 1);
    const ssm = createSsmClient({ region, dualStack });
    const dynamodb = createDynamoClient(region);
    // WHEN
    const get = new GetItemCommand({ TableName: 't', Key: { cluster_id: { S: 'x' } } });
    const hosts = [
      await hostOf(ec2, () => ec2.send(new DescribeInstancesCommand({}))),
      await hostOf(ssm, () => ssm.send(new GetParameterCommand({ Name: '/x' }))),
      await hostOf(dynamodb, () => dynamodb.send(get)),
    ];
    // THEN
    expect(hosts).toEqual([...names, 'dynamodb.us-east-1.amazonaws.com']);
  });
});

describe('withDeadline', () => {
  it('ends a call that never does, aborts it, and names it', async () => {
    let signal: AbortSignal | undefined;
    const call = withDeadline('EC2 DescribeInstances', 20, (given) => {
      signal = given;
      return new Promise<never>(() => {});
    });
    await expect(call).rejects.toMatchObject({
      name: 'TimeoutError',
      message: expect.stringMatching(/^EC2 Desc.*20 ms/),
    });
    expect(signal?.aborted).toBe(true);
  });

  it('passes on what the call gives or throws', async () => {
    expect(await withDeadline('x', 1_000, async () => 7)).toBe(7);
    await expect(withDeadline('x', 1_000, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
