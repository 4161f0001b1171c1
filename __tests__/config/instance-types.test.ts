import { INSTANCE_TYPES, typeCapacity } from '../../src/config/instance-types';
import type { Market } from '../../src/config/runtime';
import { dollarsPerHour } from '../../src/cost/compute-prices';
import { ROOT_VOLUME } from '../../src/infra/node-template';

const GIB = 1024 ** 3;

describe('the shipped instance types', () => {
  it('all have a price, in each market, and spot is the cheaper one', () => {
    const markets: Market[] = ['spot', 'on-demand'];
    for (const type of INSTANCE_TYPES.keys()) {
      const [spot, onDemand] = markets.map((market) => dollarsPerHour(type, market) ?? Number.NaN);
      expect({ type, cheaper: Number(spot) > 0 && Number(spot) < Number(onDemand) }).toEqual({ type, cheaper: true });
      expect(typeCapacity(type)?.usdPerHour['on-demand']).toBeCloseTo(Number(onDemand), 5);
    }
  });

  it.each([
    ['g4dn.xlarge', 4, 16, 1, 0.526],
    ['g4dn.12xlarge', 48, 192, 4, 3.912],
    ['g4dn.16xlarge', 64, 256, 1, 4.352],
    ['g5.2xlarge', 8, 32, 1, 1.212],
    ['g5.12xlarge', 48, 192, 4, 5.672],
    ['g6.4xlarge', 16, 64, 1, 1.3232],
    ['g6.12xlarge', 48, 192, 4, 4.6016],
  ])('%s has %d vCPU, %d GiB and %d GPU, for $%d and its volume and address', (type, vcpu, gib, gpus, usd) => {
    expect(INSTANCE_TYPES.get(type)).toEqual({ vcpu, memoryMib: gib * 1024, arch: 'amd64', gpus });
    expect(typeCapacity(type)?.others?.['nvidia.com/gpu']).toBe(gpus);
    expect(dollarsPerHour(type, 'on-demand')).toBeCloseTo(usd + 0.0072, 4);
  });

  it('all offer less of the root volume than the kubelet leaves with a threshold of 10 %, and most no GPU', () => {
    for (const type of INSTANCE_TYPES.keys()) {
      const offered = typeCapacity(type)?.others?.['ephemeral-storage'] ?? 0;
      expect(offered).toBe(17 * GIB);
      expect(offered).toBeLessThan(ROOT_VOLUME.gib * GIB * 0.9);
    }
    expect(typeCapacity('t3.medium')?.others).toEqual({ 'ephemeral-storage': 17 * GIB });
  });

  it('are told by architecture, and others are not known', () => {
    expect(typeCapacity('t4g.nano')?.arch).toBe('arm64');
    expect(typeCapacity('x9.huge')).toBeUndefined();
  });
});
