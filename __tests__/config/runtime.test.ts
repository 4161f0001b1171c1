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

  it('says of a protected stage that it is, and of no other', () => {
    const config = resolveConfig({ stages: { protected: ['prod'] } }, 'x');
    expect(toRuntimeConfig(config, { cluster: 'k3s-prod', stage: 'prod' }).isProtected).toBe(true);
    expect(toRuntimeConfig(config, { cluster: 'k3s-dev', stage: 'dev' })).not.toHaveProperty('isProtected');
    expect(toRuntimeConfig(config, { cluster: 'k3s-local' })).not.toHaveProperty('isProtected');
  });

  it.each([
    ['on-demand', ['on-demand']],
    ['spot', ['spot']],
    ['spot-then-on-demand', ['spot', 'on-demand']],
  ])('writes the market %s as an order', (market, order) => {
    expect(runtimeOf({ pools: { burst: { market } } }).pools[0]?.markets).toEqual(order);
  });

  it('takes 7.5 % off the memory, in whole MiB', () => {
    expect(typeCapacity('t3.medium')).toMatchObject({
      cpuMilli: 2000,
      memoryBytes: 3788 * 1_048_576,
      pods: 110,
      arch: 'amd64',
    });
  });

  it('has limits only where they were set, memory in bytes', () => {
    expect(runtimeOf({}).limits).toEqual({ maxNodes: 10 });
    expect(
      runtimeOf({
        limits: { cores: 64.5, memory: '1.5Gi', usdPerHour: 2, usdPerMonth: 900 },
        baseWorkers: { count: 0 },
      }).limits,
    ).toEqual({ maxNodes: 10, cores: 64.5, memoryBytes: 1_610_612_736, usdPerHour: 2, usdPerMonth: 900 });
  });

  it('has placement, headroom, calendar and signals in plain numbers', () => {
    // GIVEN
    const policy = {
      placement: 'least-waste',
      headroom: { cores: 0.57, memory: '4Gi', pods: 10 },
      calendar: [
        { name: 'night', start: '0 22 * * *', for: '8h' },
        {
          name: 'day',
          start: '0 8 * * MON-FRI',
          timeZone: 'Europe/Berlin',
          for: '10h30m',
          pools: { burst: { min: 2 } },
          headroom: { pods: 5 },
        },
      ],
      signals: [
        { name: 'queue', query: 'sum(queue)', above: 100 },
        { name: 'load', query: 'load', above: 2.5, below: -1, window: '90s' },
      ],
    };
    // WHEN
    const runtime = runtimeOf({ policy }).policy;
    // THEN
    expect(runtime.placement).toBe('least-waste');
    expect(runtime.headroom).toEqual({ cpuMilli: 570, memoryBytes: 4 * 1024 ** 3, pods: 10 });
    expect(runtime.calendar).toEqual([
      {
        name: 'night',
        start: '0 22 * * *',
        timeZone: 'UTC',
        durationMs: 28_800_000,
        min: {},
        headroom: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
      },
      {
        name: 'day',
        start: '0 8 * * MON-FRI',
        timeZone: 'Europe/Berlin',
        durationMs: 37_800_000,
        min: { burst: 2 },
        headroom: { cpuMilli: 0, memoryBytes: 0, pods: 5 },
      },
    ]);
    expect(runtime.signals).toEqual([
      { name: 'queue', query: 'sum(queue)', above: 100, windowMs: 300_000 },
      { name: 'load', query: 'load', above: 2.5, below: -1, windowMs: 90_000 },
    ]);
  });

  it('of 20 types, with all that a policy can say, fits Lambda', () => {
    // GIVEN 20 types in four pools, five windows and three signals
    const families = ['m5', 'c5', 'r5', 'g5'];
    const sizes = ['xlarge', '2xlarge', '4xlarge', '12xlarge', '16xlarge'];
    const sizesOf = (family: string) =>
      family === 'c5' ? ['xlarge', '2xlarge', '4xlarge', '12xlarge', '24xlarge'] : sizes;
    const runtime = runtimeOf({
      baseWorkers: { instanceType: 'm5.xlarge' },
      pools: Object.fromEntries(
        families.map((family) => [
          `pool-${family}`,
          { instanceTypes: sizesOf(family).map((size) => `${family}.${size}`), market: 'spot-then-on-demand' },
        ]),
      ),
      policy: {
        calendar: [1, 2, 3, 4, 5].map((day) => ({
          name: `day-${day}`,
          start: `${day} 8 * * ${day}`,
          timeZone: 'Europe/Berlin',
          for: '10h',
          pools: { 'pool-m5': { min: day } },
          headroom: { cores: day },
        })),
        signals: ['web', 'jobs', 'mail'].map((name) => ({
          name,
          query: `sum(rate(http_requests_total{service="${name}",code!~"5.."}[2m])) / 60`,
          above: 100,
          below: 20,
        })),
      },
    });
    expect(Object.keys(runtime.instanceTypes).length).toBeGreaterThanOrEqual(20);
    // WHEN
    const encoded = encodeRuntimeConfig(runtime);
    // THEN there is room for as much again
    expect(encoded.length).toBeLessThan(MAX_ENCODED_BYTES / 1.5);
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
