import { createSsmClient, SsmSecrets } from '../../src/adapters/ssm';
import { type Loopback, loopback, type Reply } from './loopback';

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
    const client = createSsmClient('us-east-1', { connectionMs: 1_000, requestMs: 5_000, deadlineMs: 5_000 });
    return { clock, server, secrets: new SsmSecrets({ client, now: () => clock.now, deadlineMs }) };
  }
  const value = (text: string): Reply => ({ body: { Parameter: { Name: '/x', Value: text } } });

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

  it('does not remember a failure', async () => {
    const { secrets } = await given((count) => (count === 1 ? value('') : value('v')));
    await expect(secrets.get('/x')).rejects.toThrow(/\/x has no value/);
    expect(await secrets.get('/x')).toBe('v');
  });

  it('ends within its deadline on a silent server', async () => {
    const { secrets } = await given(() => ({ silent: true }), 200);
    await expect(secrets.get('/x')).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
