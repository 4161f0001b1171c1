import { ConfigError } from '../../src/config/errors';
import { resolveConfig } from '../../src/config/resolve';
import { only } from './violation';

const pool = (settings: Record<string, unknown>) => ({ pools: { burst: settings } });
const policy = (settings: Record<string, unknown>) => ({ policy: settings });

describe('defaults', () => {
  it('are those that are documented', () => {
    expect(resolveConfig({}, 'x')).toEqual({
      region: 'us-east-1',
      zones: ['us-east-1a', 'us-east-1b'],
      vpcCidr: '10.0.0.0/16',
      network: { functionEgress: 'ipv6' },
      stages: { primary: 'prod', protected: ['prod'] },
      terraform: {},
      alarms: { enabled: false, emails: [], unknownTicks: 5 },
      schedule: { every: '2m' },
      function: { timeout: '60s', memoryMb: 512 },
      limits: { maxNodes: 10 },
      server: { instanceType: 't3.medium', dataVolumeGib: 20, apiCidrs: [] },
      baseWorkers: { count: 1, instanceType: 't3.medium' },
      pools: {
        burst: {
          instanceTypes: ['t3.medium', 't3a.medium'],
          market: 'on-demand',
          min: 0,
          max: 9,
          labels: {},
          taints: [],
          failedBoot: 'terminate',
        },
      },
      policy: {
        cpu: { up: 70, down: 30, window: '5m', downWindow: '10m' },
        signals: [],
        cooldown: { up: '3m', down: '10m' },
        settling: '15s',
        dataMaxAge: '90s',
        unneededFor: '10m',
        unneededBelow: 50,
        minAge: '10m',
        joinDeadline: '10m',
        drainDeadline: '10m',
        removalsAtOnce: 1,
        removalOrder: 'least-disruption',
        evict: { localStorage: false, barePods: false, systemPods: false },
        rebalance: 'cordon',
        offeringBackoff: { first: '3m', max: '30m' },
        placement: 'lowest-cost',
        headroom: { cores: 0, memory: '0', pods: 0 },
        calendar: [],
      },
    });
  });

  it('merge with what is given: objects by field, lists as a whole', () => {
    // WHEN
    const config = resolveConfig(
      { zones: ['us-east-1c'], policy: { cpu: { up: 80 } }, pools: { burst: { instanceTypes: ['m5.large'] } } },
      'x',
    );
    // THEN
    expect(config.zones).toEqual(['us-east-1c']);
    expect(config.policy.cpu).toEqual({ up: 80, down: 30, window: '5m', downWindow: '10m' });
    expect(config.pools.burst).toMatchObject({ instanceTypes: ['m5.large'], max: 9 });
  });

  it('keep the pool burst beside others, which a maximum of 0 switches off', () => {
    const config = resolveConfig({ pools: { web: { instanceTypes: ['c5.large'] }, burst: { max: 0 } } }, 'x');
    expect(Object.keys(config.pools)).toEqual(['burst', 'web']);
    expect(config.pools.burst?.max).toBe(0);
  });

  it('are not changed by what somebody did to an earlier result', () => {
    resolveConfig({}, 'x').pools.burst?.instanceTypes.push('t2.nano');
    expect(resolveConfig({}, 'x').pools.burst?.instanceTypes).toEqual(['t3.medium', 't3a.medium']);
  });
});

describe('one field', () => {
  it.each(['203.0.113.0/24', '0.0.0.0/0', '::/0', '2001:db8:1::/48', '2001:db8::1/128', '1:2:3:4:5:6:7:0/112'])(
    'takes %s for a network that may reach the API',
    (cidr) => {
      expect(resolveConfig({ server: { apiCidrs: [cidr] } }, 'the test').server.apiCidrs).toEqual([cidr]);
    },
  );

  it.each<[string, unknown, { field: string; value: unknown; rule: RegExp; fix: RegExp }]>([
    [
      'unknown, near a known one',
      policy({ cpuu: {} }),
      { field: 'policy.cpuu', value: {}, rule: /is not a field; there are: cpu, /, fix: /did you mean 'cpu'/ },
    ],
    [
      'unknown, near nothing',
      { helicopters: 3 },
      { field: 'helicopters', value: 3, rule: /is not a field/, fix: /remove it/ },
    ],
    [
      'a stage that no name can be',
      { stages: { protected: ['prod', 'Live'] } },
      { field: 'stages.protected[1]', value: 'Live', rule: /2 to 16 of a-z/, fix: /./ },
    ],
    [
      'a bucket that no name can be',
      { terraform: { stateBucket: 's3://mine' } },
      { field: 'terraform.stateBucket', value: 's3://mine', rule: /name of an S3 bucket/, fix: /./ },
    ],
    [
      'an address that is none',
      { alarms: { emails: ['ana'] } },
      { field: 'alarms.emails[0]', value: 'ana', rule: /e-mail address/, fix: /./ },
    ],
    [
      'a duration without unit',
      policy({ settling: '15' }),
      { field: 'policy.settling', value: '15', rule: /must be a duration/, fix: /'15s'/ },
    ],
    [
      'a duration as a number',
      { schedule: { every: 120 } },
      { field: 'schedule.every', value: 120, rule: /must be a duration/, fix: /"2m"/ },
    ],
    [
      'a duration below its least',
      { schedule: { every: '30s' }, function: { timeout: '30s' } },
      { field: 'schedule.every', value: '30s', rule: /at least '1m'/, fix: /'1m'/ },
    ],
    [
      'a percentage above 100',
      policy({ cpu: { up: 170 } }),
      { field: 'policy.cpu.up', value: 170, rule: /at most 100 \(percent\)/, fix: /100 or less/ },
    ],
    [
      'half a node',
      { limits: { maxNodes: 2.5 } },
      { field: 'limits.maxNodes', value: 2.5, rule: /a whole number \(nodes\)/, fix: /10/ },
    ],
    [
      'a market that there is not',
      pool({ market: 'spott' }),
      { field: 'pools.burst.market', value: 'spott', rule: /'spot-then-on-demand'/, fix: /did you mean 'spot'/ },
    ],
    [
      'a taint of another shape',
      pool({ taints: [{ key: 'dedicated', effect: 'NoEntry' }] }),
      { field: 'pools.burst.taints[0].effect', value: 'NoEntry', rule: /one of 'NoSchedule'/, fix: /'NoSchedule'/ },
    ],
    [
      'a pool with no type',
      { pools: { web: {} } },
      { field: 'pools.web.instanceTypes', value: undefined, rule: /is needed: a list/, fix: /t3\.medium/ },
    ],
    [
      'a pool with an empty list of types',
      pool({ instanceTypes: [] }),
      { field: 'pools.burst.instanceTypes', value: [], rule: /at least 1/, fix: /add one/ },
    ],
    [
      'a region that is none',
      { region: 'Virginia' },
      { field: 'region', value: 'Virginia', rule: /a region of AWS/, fix: /us-east-1/ },
    ],
    [
      'not an object at all',
      'ten',
      { field: '(the whole configuration)', value: 'ten', rule: /an object/, fix: /docs/ },
    ],
  ])('%s is one error with field, value, rule and fix', (_, partial, expected) => {
    const violation = only(partial);
    expect(violation.field).toBe(expected.field);
    expect(violation.value).toEqual(expected.value);
    expect(violation.rule).toMatch(expected.rule);
    expect(violation.fix).toMatch(expected.fix);
  });
});

describe('contradictions', () => {
  it.each<[string, unknown, { field: string; rule: RegExp; fix: RegExp }]>([
    [
      'min above max',
      pool({ min: 4, max: 3 }),
      { field: 'pools.burst.min', rule: /exceed max \(3\)/, fix: /max to 4/ },
    ],
    [
      'a lease longer than the schedule',
      { schedule: { every: '1m' } },
      {
        field: 'function.timeout',
        rule: /lease .* must not be longer than schedule.every \('1m'\)/,
        fix: /'30s' or less/,
      },
    ],
    [
      'a schedule of broken minutes',
      { schedule: { every: '2m30s' } },
      { field: 'schedule.every', rule: /whole minutes/, fix: /'3m'/ },
    ],
    [
      'thresholds the wrong way round',
      policy({ cpu: { down: 70 } }),
      { field: 'policy.cpu.down', rule: /below policy.cpu.up \(70\)/, fix: /30/ },
    ],
    [
      'a zone of another region',
      { region: 'eu-west-1', zones: ['eu-west-1a', 'us-east-1b'] },
      { field: 'zones[1]', rule: /zone of the region 'eu-west-1'/, fix: /eu-west-1b/ },
    ],
    [
      'a zone named twice',
      { zones: ['us-east-1a', 'us-east-1a'] },
      { field: 'zones[1]', rule: /second time/, fix: /once/ },
    ],
    [
      'an instance type that is not shipped',
      pool({ instanceTypes: ['t3.medum'] }),
      { field: 'pools.burst.instanceTypes[0]', rule: /instance-types\.ts/, fix: /'t3\.medium'/ },
    ],
    [
      'two architectures in one pool',
      pool({ instanceTypes: ['t3.medium', 't4g.medium'] }),
      { field: 'pools.burst.instanceTypes', rule: /one architecture/, fix: /one pool for amd64/ },
    ],
    [
      'minima that do not fit the limit',
      { limits: { maxNodes: 3 }, baseWorkers: { count: 2 }, pools: { burst: { min: 2 } } },
      { field: 'limits.maxNodes', rule: /base workers \(2\) and the minima of all pools \(2\)/, fix: /4 or more/ },
    ],
    [
      'a pool name that is none',
      { pools: { Web_1: { instanceTypes: ['t3.medium'] } } },
      { field: 'pools.Web_1', rule: /a-z, 0-9/, fix: /burst/ },
    ],
    [
      'a pool named like a role',
      { pools: { base: { instanceTypes: ['t3.medium'] } } },
      { field: 'pools.base', rule: /not server or base/, fix: /burst/ },
    ],
    [
      'a label that a kubelet may not set',
      pool({ labels: { 'node-role.kubernetes.io/worker': 'true' } }),
      {
        field: 'pools.burst.labels["node-role.kubernetes.io/worker"]',
        rule: /cannot join/,
        fix: /'example\.com\/worker'/,
      },
    ],
    [
      'a label of this project',
      pool({ labels: { 'k3s-autoscaler/pool': 'x' } }),
      { field: 'pools.burst.labels["k3s-autoscaler/pool"]', rule: /this project/, fix: /example\.com/ },
    ],
    [
      'a server that is too small for K3s',
      { server: { instanceType: 't2.small' } },
      { field: 'server.instanceType', rule: /2 vCPU and 2 GiB/, fix: /t3\.medium/ },
    ],
    ...[
      '0.0.0.0',
      '203.0.113.7/33',
      '203.0.113.7/24',
      '2001:db8::/129',
      '2001:db8::1/64',
      '::ffff:10.0.0.0/128',
      'home',
      '10.0.0.0/8/8',
    ].map((cidr): [string, unknown, { field: string; rule: RegExp; fix: RegExp }] => [
      `the network '${cidr}' for the API`,
      { server: { apiCidrs: ['203.0.113.7/32', '::/0', cidr] } },
      { field: 'server.apiCidrs[2]', rule: /IPv4 or IPv6 network/, fix: /203\.0\.113\.7\/32/ },
    ]),
    [
      'an alarm that looks back for longer than CloudWatch does',
      { schedule: { every: '30m' }, alarms: { enabled: true, unknownTicks: 49 } },
      { field: 'alarms.unknownTicks', rule: /one day at most, which is 48 intervals/, fix: /48 or less/ },
    ],
    [
      'a schedule that no alarm can watch',
      { schedule: { every: '57h' }, alarms: { enabled: true } },
      { field: 'schedule.every', rule: /3 intervals must fit the 7 days/, fix: /'56h' or less/ },
    ],
    [
      'an address for alarms that are off',
      { alarms: { emails: ['ops@example.org'] } },
      { field: 'alarms.emails', rule: /nobody is told/, fix: /alarms\.enabled/ },
    ],
    [
      'an address that is told twice',
      { alarms: { enabled: true, emails: ['ops@example.org', 'ops@example.org'] } },
      { field: 'alarms.emails[1]', rule: /address a second time/, fix: /once/ },
    ],
    [
      'a network that is let in twice',
      { server: { apiCidrs: ['203.0.113.7/32', '203.0.113.7/32'] } },
      { field: 'server.apiCidrs[1]', rule: /network a second time/, fix: /once/ },
    ],
    [
      'a network without addresses for all nodes',
      { vpcCidr: '10.0.0.0/20', limits: { maxNodes: 22 } },
      { field: 'vpcCidr', rule: /limits\.maxNodes \(22\) and the server, and has 22 in 2 zone/, fix: /larger network/ },
    ],
    ...['10.42.0.0/16', '10.43.0.0/16', '8.8.0.0/16', '127.0.0.0/16'].map(
      (vpcCidr): [string, unknown, { field: string; rule: RegExp; fix: RegExp }] => [
        `the network ${vpcCidr}`,
        { vpcCidr },
        { field: 'vpcCidr', rule: /must be private .* K3s gives to pods/, fix: /10\.0\.0\.0/ },
      ],
    ),
    [
      'a region without dual stack',
      { region: 'ap-northeast-3', zones: ['ap-northeast-3a'] },
      { field: 'network.functionEgress', rule: /no dual-stack name/, fix: /interface-endpoints/ },
    ],
    [
      'a region without URLs',
      { region: 'eu-central-2', zones: ['eu-central-2a'] },
      { field: 'region', rule: /URLs/, fix: /us-east-1/ },
    ],
    [
      'a network that is too small',
      { vpcCidr: '10.0.0.0/24' },
      { field: 'vpcCidr', rule: /\/16 and \/20/, fix: /\/16/ },
    ],
    [
      'a network with host bits',
      { vpcCidr: '10.0.0.1/16' },
      { field: 'vpcCidr', rule: /host bits/, fix: /10\.0\.0\.0/ },
    ],
  ])('%s is one error', (_, partial, expected) => {
    const violation = only(partial);
    expect(violation.field).toBe(expected.field);
    expect(violation.rule).toMatch(expected.rule);
    expect(violation.fix).toMatch(expected.fix);
  });

  it('are listed all at once, readable, without a stack', () => {
    // GIVEN two mistakes
    const bad = { schedule: { every: '1m' }, policy: { cpu: { down: 90 } } };
    // WHEN
    let caught: unknown;
    try {
      resolveConfig(bad, 'a.config.ts');
    } catch (error) {
      caught = error;
    }
    // THEN
    expect(caught).toBeInstanceOf(ConfigError);
    const error = caught as ConfigError;
    expect(error.violations).toHaveLength(2);
    expect(error.message.split('\n')).toHaveLength(8);
    expect(error.message).toContain('a.config.ts: policy.cpu.down\n    value: 90\n    rule:  must be below');
    expect(error.stack).toBe(error.message);
    expect(error.exitCode).toBe(2);
  });
});
