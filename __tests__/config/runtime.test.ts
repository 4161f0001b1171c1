import { gunzipSync } from 'node:zlib';
import { toRuntimeConfig } from '../../src/config/convert';
import { encodeRuntimeConfig, MAX_ENCODED_BYTES } from '../../src/config/encode';
import { ConfigError } from '../../src/config/errors';
import { typeCapacity } from '../../src/config/instance-types';
import { resolveConfig } from '../../src/config/resolve';

const runtimeOf = (partial: unknown) => toRuntimeConfig(resolveConfig(partial, 'x'), { cluster: 'k3s-local' });

describe('the runtime configuration', () => {
  it('has milliseconds, and the capacity of every type that is named', () => {
    const runtime = runtimeOf({ pools: { burst: { instanceTypes: ['m5.large'] } } });
    expect(runtime).toMatchObject({
      cluster: 'k3s-local',
      scheduleMs: 120_000,
      functionTimeoutMs: 60_000,
      policy: {
        settlingMs: 15_000,
        cpu: { windowMs: 300_000 },
        offeringBackoff: { firstMs: 180_000, maxMs: 1_800_000 },
      },
    });
    expect(Object.keys(runtime.instanceTypes)).toEqual(['m5.large', 't3.medium']);
  });

  it.each([
    ['on-demand', ['on-demand']],
    ['spot', ['spot']],
    ['spot-then-on-demand', ['spot', 'on-demand']],
  ])('writes the market %s as an order', (market, order) => {
    expect(runtimeOf({ pools: { burst: { market } } }).pools[0]?.markets).toEqual(order);
  });

  it('takes 7.5 % off the memory, in whole MiB', () => {
    expect(typeCapacity('t3.medium')).toEqual({
      cpuMilli: 2000,
      memoryBytes: 3788 * 1_048_576,
      pods: 110,
      arch: 'amd64',
    });
    expect(typeCapacity('t4g.nano')?.arch).toBe('arm64');
    expect(typeCapacity('x9.huge')).toBeUndefined();
  });

  it('travels compressed, the same bytes each time', () => {
    const runtime = runtimeOf({});
    const encoded = encodeRuntimeConfig(runtime);
    expect(encodeRuntimeConfig(runtime)).toBe(encoded);
    expect(Buffer.from(encoded, 'base64').readUInt32LE(4)).toBe(0);
    expect(JSON.parse(gunzipSync(Buffer.from(encoded, 'base64')).toString())).toEqual(runtime);
  });

  it('that does not fit Lambda is refused, with the way out', () => {
    // GIVEN labels that do not compress
    const labels = Object.fromEntries(
      Array.from({ length: 400 }, (_, n) => [`example.com/l${n}`, `v${(n * 2_654_435_761) % 4_294_967_291}`]),
    );
    const runtime = runtimeOf({ pools: { burst: { labels } } });
    // THEN
    expect(() => encodeRuntimeConfig(runtime)).toThrow(ConfigError);
    expect(() => encodeRuntimeConfig(runtime)).toThrow(`must fit ${MAX_ENCODED_BYTES} bytes`);
    expect(() => encodeRuntimeConfig(runtime)).toThrow('use fewer pools');
  });
});
