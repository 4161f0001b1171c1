import { resolveConfig } from '../../src/config/resolve';
import { only } from './violation';

type Expected = { field: string; rule: RegExp; fix: RegExp };

const policy = (settings: Record<string, unknown>) => ({ policy: settings });
const window = (settings: Record<string, unknown>) =>
  policy({ calendar: [{ name: 'day', start: '0 8 * * *', for: '10h', ...settings }] });
const signal = (settings: Record<string, unknown>) =>
  policy({ signals: [{ name: 'queue', query: 'sum(queue)', above: 10, ...settings }] });
const FIVE_FIELDS = /must be five fields of cron/;

describe('placement, headroom, calendar and signals', () => {
  it('are taken as written, with defaults for what is left out', () => {
    // WHEN
    const config = resolveConfig(
      policy({
        placement: 'priority',
        headroom: { cores: 0.5 },
        calendar: [{ name: 'day', start: '0 8 * * MON-FRI', for: '7d' }],
        signals: [{ name: 'queue', query: 'sum(queue)', above: 10, below: 2 }],
      }),
      'x',
    );
    // THEN
    expect(config.policy).toMatchObject({
      placement: 'priority',
      headroom: { cores: 0.5, memory: '0', pods: 0 },
      calendar: [{ timeZone: 'UTC', pools: {}, headroom: { cores: 0, memory: '0', pods: 0 } }],
      signals: [{ window: '5m' }],
    });
  });

  it.each(['*/15 * * * *', '0 8 * * 1-5', '0 8 1,15 * *', '0 0 L * *', '30 7 * JAN-MAR MON#1', '0 0 29 2 *'])(
    "takes '%s' for a start",
    (start) => {
      expect(() => resolveConfig(window({ start }), 'x')).not.toThrow();
    },
  );

  it.each<[string, unknown, Expected]>([
    [
      'a placement that there is not',
      policy({ placement: 'lowest_cost' }),
      { field: 'policy.placement', rule: /one of 'lowest-cost', 'least-waste', 'priority'/, fix: /'lowest-cost'/ },
    ],
    [
      'headroom that is less than none',
      policy({ headroom: { cores: -1 } }),
      { field: 'policy.headroom.cores', rule: /at least 0 \(vCPU\)/, fix: /0 or more/ },
    ],
    [
      'headroom in a unit that there is not',
      policy({ headroom: { memory: '4GiB' } }),
      { field: 'policy.headroom.memory', rule: /a quantity of Kubernetes/, fix: /'4Gi'/ },
    ],
    [
      'half a pod',
      policy({ headroom: { pods: 1.5 } }),
      { field: 'policy.headroom.pods', rule: /whole number/, fix: /0/ },
    ],
    ...['Mars/Olympus', '', '+01:00', 'Berlin'].map((timeZone): [string, unknown, Expected] => [
      `the time zone '${timeZone}'`,
      window({ timeZone }),
      { field: 'policy.calendar[0].timeZone', rule: /IANA/, fix: /'Europe\/Berlin'/ },
    ]),
    ...(
      [
        ['', FIVE_FIELDS],
        ['08:00', FIVE_FIELDS],
        ['0 8 * *', FIVE_FIELDS],
        ['0 0 8 * * *', FIVE_FIELDS],
        ['@daily', FIVE_FIELDS],
        ['? 8 * * *', FIVE_FIELDS],
        ['61 8 * * *', /can be read: Invalid value for minute: 61/],
        ['0 8 * * 5-1', /can be read: From value is larger than to value/],
        ['0 8 * * WORKDAYS', FIVE_FIELDS],
        ['0 0 31 2 *', /must name a time that comes/],
      ] as const
    ).map(([start, rule]): [string, unknown, Expected] => [
      `the start '${start}'`,
      window({ start }),
      { field: 'policy.calendar[0].start', rule, fix: /'0 8 \* \* MON-FRI'/ },
    ]),
    [
      'a window without length',
      window({ for: undefined }),
      { field: 'policy.calendar[0].for', rule: /is needed: a duration/, fix: /10h/ },
    ],
    [
      'a window of more than a week',
      window({ for: '7d1s' }),
      { field: 'policy.calendar[0].for', rule: /at most '7d'/, fix: /'7d' or less/ },
    ],
    [
      'a window of no time',
      window({ for: '0s' }),
      { field: 'policy.calendar[0].for', rule: /at least '1m'/, fix: /'1m' or more/ },
    ],
    [
      'a name that two windows have',
      policy({ calendar: ['a', 'b', 'a'].map((name) => ({ name, start: '0 8 * * *', for: '1h' })) }),
      { field: 'policy.calendar[2].name', rule: /name of a window before/, fix: /differently/ },
    ],
    [
      'a pool of the calendar that there is not',
      window({ pools: { burts: { min: 1 } } }),
      {
        field: 'policy.calendar[0].pools.burts',
        rule: /must be a pool; there are: burst/,
        fix: /did you mean 'burst'/,
      },
    ],
    [
      'a pool of the calendar by a name that every object has',
      window({ pools: { constructor: { min: 1 } } }),
      { field: 'policy.calendar[0].pools.constructor', rule: /must be a pool/, fix: /remove it/ },
    ],
    [
      'a minimum of the calendar above the maximum of its pool',
      { ...window({ pools: { burst: { min: 4 } } }), pools: { burst: { max: 3 } } },
      { field: 'policy.calendar[0].pools.burst.min', rule: /pool's max \(3\)/, fix: /pools\.burst\.max to 4/ },
    ],
    [
      'a name that two signals have',
      policy({ signals: ['q', 'q'].map((name) => ({ name, query: 'x', above: 1 })) }),
      { field: 'policy.signals[1].name', rule: /name of a signal before/, fix: /differently/ },
    ],
    ...['Queue', '1st', 'a_b', '', `q${'x'.repeat(30)}`].map((name): [string, unknown, Expected] => [
      `a signal named '${name}'`,
      signal({ name }),
      { field: 'policy.signals[0].name', rule: /1 to 30 of a-z, 0-9 and -, starting with a letter/, fix: /queue/ },
    ]),
    ...['', '  \n'].map((query): [string, unknown, Expected] => [
      `the query ${JSON.stringify(query)}`,
      signal({ query }),
      { field: 'policy.signals[0].query', rule: /a query of PromQL/, fix: /sum\(queue_length\)/ },
    ]),
    ...[10, 11].map((below): [string, unknown, Expected] => [
      `a signal that lets go from ${below} on and adds from 10 on`,
      signal({ below }),
      { field: 'policy.signals[0].below', rule: /below its own above \(10\)/, fix: /lower below/ },
    ]),
    [
      'a signal without threshold',
      signal({ above: undefined }),
      { field: 'policy.signals[0].above', rule: /is needed: a number/, fix: /100/ },
    ],
    [
      'a threshold of a name that there is not',
      signal({ under: 3 }),
      { field: 'policy.signals[0].under', rule: /there are: name, query, above, below, window/, fix: /remove it/ },
    ],
  ])('%s is one error with field, rule and fix', (_, partial, expected) => {
    const violation = only(partial);
    expect(violation.field).toBe(expected.field);
    expect(violation.rule).toMatch(expected.rule);
    expect(violation.fix).toMatch(expected.fix);
  });
});
