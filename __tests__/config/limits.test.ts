import { resolveConfig } from '../../src/config/resolve';
import { only } from './violation';

type Expected = { field: string; rule: RegExp; fix: RegExp };

const limits = (settings: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({
  limits: settings,
  ...rest,
});

/** Two pools and windows that set minima for them. */
const withWindows = (maxNodes: number, ...windows: [start: string, length: string, pool: string, min: number][]) => ({
  limits: { maxNodes },
  pools: { web: { instanceTypes: ['c5.large'] } },
  policy: {
    calendar: windows.map(([start, length, pool, min], index) => ({
      name: `w${index}`,
      start,
      for: length,
      pools: { [pool]: { min } },
    })),
  },
});

/** A base worker t3.medium is 2 vCPU, 3788 MiB and $0.0488 an hour with volume and address. */
describe('limits', () => {
  it.each<[string, unknown]>([
    ['none at all', {}],
    ['each as large as the base worker', limits({ cores: 2, memory: '3788Mi', usdPerHour: 0.049, usdPerMonth: 36 })],
    [
      'a pool whose smallest type fits, though the first does not',
      limits({ cores: 6 }, { pools: { burst: { min: 2, instanceTypes: ['m5.4xlarge', 'm5.large'] } } }),
    ],
    [
      'a pool whose cheapest market fits, though the other does not',
      limits({ usdPerHour: 0.1 }, { pools: { burst: { min: 2, market: 'spot-then-on-demand' } } }),
    ],
    [
      'minima of windows that never hold at once',
      withWindows(6, ['0 8 * * *', '8h', 'burst', 5], ['0 16 * * *', '8h', 'web', 5]),
    ],
    [
      'minima of two windows for one pool, which are not added',
      withWindows(6, ['0 8 * * *', '8h', 'burst', 5], ['0 9 * * *', '8h', 'burst', 5]),
    ],
  ])('that are enough are taken: %s', (_, partial) => {
    expect(() => resolveConfig(partial, 'x')).not.toThrow();
  });

  it.each<[string, unknown, Expected]>([
    ['no cores', limits({ cores: 0 }), { field: 'limits.cores', rule: /more than 0 \(vCPU\)/, fix: /64, or remove/ }],
    [
      'less than no money',
      limits({ usdPerHour: -1 }),
      { field: 'limits.usdPerHour', rule: /more than 0 \(USD\)/, fix: /2, or remove/ },
    ],
    [
      'no money in a month',
      limits({ usdPerMonth: 0 }),
      { field: 'limits.usdPerMonth', rule: /more than 0 \(USD\)/, fix: /500, or remove/ },
    ],
    ['cores as text', limits({ cores: '64' }), { field: 'limits.cores', rule: /must be a number \(vCPU\)/, fix: /64/ }],
    [
      'memory without its unit',
      limits({ memory: 64 }),
      { field: 'limits.memory', rule: /must be a quantity \(bytes\)/, fix: /64Gi/ },
    ],
    [
      'memory in a unit that there is not',
      limits({ memory: '64GB' }),
      { field: 'limits.memory', rule: /a quantity of Kubernetes/, fix: /'64Gi'/ },
    ],
    [
      'fewer cores than the base workers have',
      limits({ cores: 5 }, { baseWorkers: { count: 3 } }),
      { field: 'limits.cores', rule: /base workers \(6\) and the minima of all pools \(0\)/, fix: /write 6 or more/ },
    ],
    [
      'fewer cores than the smallest types of the minima have',
      limits({ cores: 5 }, { pools: { burst: { min: 2, instanceTypes: ['m5.xlarge', 'm5.large'] } } }),
      { field: 'limits.cores', rule: /\(2\) and the minima of all pools \(4\)/, fix: /write 6 or more/ },
    ],
    [
      'less memory than base workers and minima have',
      limits({ memory: '8Gi' }, { pools: { burst: { min: 2 } } }),
      { field: 'limits.memory', rule: /\(3\.7Gi\) and the minima of all pools \(7\.4Gi\)/, fix: /'11\.1Gi' or more/ },
    ],
    [
      'less money an hour than base workers and minima cost',
      limits({ usdPerHour: 0.1 }, { pools: { burst: { min: 2 } } }),
      {
        field: 'limits.usdPerHour',
        rule: /\(0\.049\) and the minima of all pools \(0\.09\)/,
        fix: /write 0\.139 or more/,
      },
    ],
    [
      'less money a month than base workers and minima cost',
      limits({ usdPerMonth: 100 }, { pools: { burst: { min: 2 } } }),
      {
        field: 'limits.usdPerMonth',
        rule: /\(35\.62\) and the minima of all pools \(65\.4\)/,
        fix: /write 101\.0\d or more/,
      },
    ],
    [
      'fewer nodes than windows that overlap for a minute ask for',
      withWindows(10, ['0 8 * * *', '8h', 'burst', 5], ['59 15 * * *', '8h', 'web', 5]),
      {
        field: 'limits.maxNodes',
        rule: /minima of all pools \(10\) while w0 and w1 of policy\.calendar hold/,
        fix: /write 11 or more/,
      },
    ],
    [
      'fewer nodes than windows ask for that meet once a year',
      withWindows(10, ['0 8 24 12 *', '10h', 'burst', 5], ['0 17 * * THU', '2h', 'web', 5]),
      { field: 'limits.maxNodes', rule: /\(10\) while w0 and w1/, fix: /11 or more/ },
    ],
    [
      'fewer nodes than one window asks for',
      withWindows(5, ['0 8 * * *', '8h', 'burst', 5], ['0 16 * * *', '8h', 'web', 4]),
      { field: 'limits.maxNodes', rule: /\(5\) while w0 of policy/, fix: /6 or more/ },
    ],
    [
      'fewer nodes than a window asks for that always holds, and one more',
      withWindows(10, ['*/5 * * * *', '10m', 'burst', 5], ['0 3 1 * *', '1h', 'web', 5]),
      { field: 'limits.maxNodes', rule: /\(10\) while w0 and w1/, fix: /11 or more/ },
    ],
  ])('that contradict themselves are one error: %s', (_, partial, expected) => {
    const violation = only(partial);
    expect(violation.field).toBe(expected.field);
    expect(violation.rule).toMatch(expected.rule);
    expect(violation.fix).toMatch(expected.fix);
  });

  it('can be raised to what the error says, and are taken then', () => {
    // GIVEN limits that are all too low
    const pools = { burst: { min: 3, market: 'spot-then-on-demand' } };
    for (const [limit, low] of [
      ['cores', 1],
      ['memory', '1Gi'],
      ['usdPerHour', 0.01],
      ['usdPerMonth', 1],
    ] as const) {
      // WHEN
      const { fix } = only({ limits: { [limit]: low }, pools });
      const [, text, number] = /write (?:'(.+)'|(\S+)) or more/.exec(fix) ?? [];
      // THEN
      expect(() => resolveConfig({ limits: { [limit]: text ?? Number(number) }, pools }, 'x')).not.toThrow();
    }
  });
});
