import { wantsDualstack, withDeadline } from '../../src/adapters/aws';

describe('wantsDualstack', () => {
  it('asks for dual-stack only where no endpoint is set, as the SDK refuses both', () => {
    expect(wantsDualstack('EC2', {})).toBe(true);
    expect(wantsDualstack('EC2', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).toBe(false);
    expect(wantsDualstack('EC2', { AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1' })).toBe(false);
    expect(wantsDualstack('SSM', { AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1' })).toBe(true);
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
