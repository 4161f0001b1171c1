import { KubernetesCluster } from '../../src/adapters/kubernetes';
import { createSsmClient, SsmSecrets } from '../../src/adapters/ssm';
import { type Loopback, loopback, type Reply } from './loopback';

const value = (text: string): Reply => ({ body: { Parameter: { Name: '/x', Value: text } } });
const missing: Reply = { status: 400, body: { __type: 'ParameterNotFound', message: '' } };

describe('SsmSecrets', () => {
  let server: Loopback | undefined;
  beforeEach(() => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  });
  afterEach(async () => {
    delete process.env.AWS_ENDPOINT_URL_SSM;
    await server?.close();
  });

  async function given(respond: (count: number) => Reply, deadlineMs = 10_000) {
    let count = 0;
    server = await loopback(() => respond(++count));
    process.env.AWS_ENDPOINT_URL_SSM = server.url;
    const clock = { now: 0 };
    const timeouts = { connectionMs: 1_000, requestMs: 5_000, deadlineMs: 5_000 };
    const client = createSsmClient({ region: 'us-east-1', dualStack: true, timeouts });
    return { clock, server, secrets: new SsmSecrets({ client, now: () => clock.now, deadlineMs }) };
  }

  it('reads decrypted, once in five minutes, and again when it is told to', async () => {
    const { secrets, clock, server } = await given((count) => value(`v${count}`));
    expect(await Promise.all([secrets.get('/x'), secrets.get('/x')])).toEqual(['v1', 'v1']);
    clock.now = 5 * 60_000;
    expect(await secrets.get('/x')).toBe('v1');
    clock.now += 1;
    expect(await secrets.get('/x')).toBe('v2');
    expect(await secrets.get('/x', { fresh: true })).toBe('v3');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ Name: '/x', WithDecryption: true });
  });

  it.each<[string, Reply, RegExp]>([
    [
      "'pending', as Terraform makes it",
      value('pending'),
      /\/x holds 'pending': the K3s server has not written it yet/,
    ],
    ['nothing', value(''), /\/x is empty: the K3s server/],
    ['blanks', value(' \n'), /\/x is empty: the K3s server/],
    ['no parameter', missing, /\/x does not exist: the K3s server/],
  ])('takes %s for not yet, and never remembers it', async (_, reply, message) => {
    // GIVEN a parameter that the server writes between two calls
    const { secrets } = await given((count) => (count === 1 ? reply : value('v')));
    // WHEN / THEN
    await expect(secrets.get('/x')).rejects.toMatchObject({
      reason: 'not-yet',
      message: expect.stringMatching(message),
    });
    expect(await secrets.get('/x')).toBe('v');
  });

  it('makes Kubernetes unknown with that reason, until the server has written it', async () => {
    // GIVEN a cluster whose server has not started
    const { secrets } = await given(() => value('pending'));
    const parameters = { controllerToken: '/k3s/controller-token', ca: '/k3s/ca' };
    const cluster = new KubernetesCluster({ url: 'https://127.0.0.1:1', secrets, parameters });
    // THEN
    expect(await cluster.observe(0, 5_000)).toEqual({
      known: false,
      reason: 'not-yet',
      detail: expect.stringMatching(/^Kubernetes: SSM parameter \/k3s\/\S+ holds 'pending': the K3s server has not/),
    });
    await cluster.close();
  });

  it('takes a refusal for what it is, and does not remember it either', async () => {
    const denied: Reply = { status: 400, body: { __type: 'AccessDeniedException', message: 'no' } };
    const { secrets } = await given((count) => (count === 1 ? denied : value('v')));
    await expect(secrets.get('/x')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await secrets.get('/x')).toBe('v');
  });

  it('ends within its deadline on a silent server', async () => {
    const { secrets } = await given(() => ({ silent: true }), 200);
    await expect(secrets.get('/x')).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
