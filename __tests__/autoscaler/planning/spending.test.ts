import { Spending } from '../../../src/autoscaler/planning/spending';
import { emptyState } from '../../../src/autoscaler/state';
import type { RuntimeLimits } from '../../../src/config/runtime';
import { config, instance, launching, MI, scene, typeOf } from '../builders';

/** Limits on what workers are. The base worker is a t3.medium: 2 cores, 3788Mi, 0.0488 $ an hour, 35.624 $ a month. */

const instanceTypes = { ...config.instanceTypes, 'm5.large': typeOf(2000, 8000, 0.1) };
const spending = (limits: Partial<RuntimeLimits>, over: Parameters<typeof scene>[0] = {}) =>
  new Spending(scene(over), { ...config, instanceTypes, limits: { maxNodes: 10, ...limits } });

describe('a limit', () => {
  it.each<[string, Partial<RuntimeLimits>, Partial<RuntimeLimits>, string]>([
    ['cores', { cores: 4 }, { cores: 3.9 }, 'limits.cores: 2 of 3.9.'],
    ['memory', { memoryBytes: 2 * 3788 * MI }, { memoryBytes: 2 * 3788 * MI - 1 }, 'limits.memory: 3.7Gi of 7.4Gi.'],
    ['dollars an hour', { usdPerHour: 0.0976 }, { usdPerHour: 0.0975 }, 'limits.usdPerHour: $0.0488 of $0.0975.'],
    ['dollars a month', { usdPerMonth: 71.248 }, { usdPerMonth: 71.2 }, 'limits.usdPerMonth: $35.624 of $71.2.'],
  ])(
    'on %s lets a second node come that meets it to the last digit, and none that breaks it',
    (_, met, broken, text) => {
      const [limit] = Object.keys(met);
      expect(spending(met).refusal('t3.medium', 'on-demand')).toBeUndefined();
      const refusing = spending(broken);
      const refused = refusing.refusal('t3.medium', 'on-demand');
      expect(refused).toBe(limit);
      expect(refused && refusing.inWords(refused)).toBe(text);
    },
  );

  it('that is broken first is named where there are several', () => {
    const both = spending({ cores: 40, usdPerHour: 0.1 });
    expect(both.refusal('m5.large', 'on-demand')).toBe('usdPerHour');
    expect(both.refusal('m5.large', 'spot')).toBeUndefined();
  });

  it('counts what is taken while nodes are planned', () => {
    const left = spending({ cores: 6 });
    left.take('t3.medium', 'on-demand');
    expect(left.refusal('t3.medium', 'on-demand')).toBeUndefined();
    left.take('t3.medium', 'on-demand');
    expect(left.refusal('t3.medium', 'on-demand')).toBe('cores');
    expect(left.inWords('cores')).toBe('limits.cores: 6 of 6.');
  });

  it('is asked for several at once', () => {
    const left = spending({ cores: 6 });
    expect(left.refusal('t3.medium', 'on-demand', 2)).toBeUndefined();
    expect(left.refusal('t3.medium', 'on-demand', 3)).toBe('cores');
    left.take('t3.medium', 'on-demand', 2);
    expect(left.refusal('t3.medium', 'on-demand')).toBe('cores');
  });

  it('counts workers that EC2 shows and those that it does not show yet, but neither the server, strangers nor the dead', () => {
    const used = spending(
      { cores: 100 },
      {
        instances: [
          instance('i-a'),
          instance('i-dead', { state: 'terminated' }),
          instance('i-server', { role: 'server' }),
          instance('i-x', { role: 'foreign' }),
        ],
        snapshot: { state: { ...emptyState(), operations: [launching({ instances: ['i-1', 'i-2'] })] } },
      },
    );
    // THEN base, i-a, i-1, i-2
    expect(used.inWords('cores')).toBe('limits.cores: 8 of 100.');
  });

  it('that cannot be kept, because a worker is of a type that is not known, refuses every node and says so', () => {
    const unknown = spending({ cores: 100 }, { instances: [instance('i-a', { type: 'x9.huge' })] });
    expect(unknown.refusal('t3.medium', 'on-demand')).toBe('cores');
    expect(unknown.inWords('cores')).toBe(
      'limits.cores cannot be kept: a worker is a x9.huge, which the configuration does not name.',
    );
  });

  it('that is not set refuses nothing, not even what is not known', () => {
    expect(
      spending({}, { instances: [instance('i-a', { type: 'x9.huge' })] }).refusal('y1.tiny', 'spot'),
    ).toBeUndefined();
  });
});
