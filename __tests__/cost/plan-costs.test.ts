import { type MonthlyCost, monthlyUsd } from '../../src/cost/plan-costs';
import { QUIET_TICK } from '../../src/cost/usage';
import { synthesized } from '../infra/support';
import { everyTwoMinutes, instance, publicSubnet, resource, template } from './resources';

const sumOf = ({ lines }: MonthlyCost, address: string): number =>
  lines.filter((line) => line.address === address).reduce((sum, { usd }) => sum + usd, 0);

/** A stack as it is synthesized. */
const stackOf = (partial: unknown = {}) =>
  Object.entries(synthesized(partial).resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, values]) => ({ address: `${type}.${name}`, type, values })),
  );

describe('what stands', () => {
  it('is, for an instance, itself, its root volume and its address', () => {
    // GIVEN a t3.medium at 0.0416 an hour, 20 GiB at 0.08 a month, an address at 0.005 an hour
    const cost = monthlyUsd([instance('base-0', 'base'), template('base'), publicSubnet], 'us-east-1');

    // THEN 730 × 0.0416 = 30.368; 20 × 0.08 = 1.6; 730 × 0.005 = 3.65
    expect(cost.lines.filter(({ usd }) => usd > 0).map(({ usd }) => Number(usd.toFixed(4)))).toEqual([
      30.368, 1.6, 3.65,
    ]);
    expect(cost.usd).toBeCloseTo(35.618, 6);
    expect(cost.unpriced).toEqual([]);
  });

  it('is, for a volume of its own, its size: 50 × 0.08 = 4', () => {
    const cost = monthlyUsd([resource('aws_ebs_volume.data', { size: 50, type: 'gp3' })], 'us-east-1');
    expect(cost.usd).toBeCloseTo(4, 9);
  });

  it('has no address where the subnet gives none or the instance refuses it', () => {
    const subnet = resource('aws_subnet.inner', { id: 'subnet-1', map_public_ip_on_launch: false });
    const own = instance('a', 'base', { subnet_id: 'subnet-1' });
    const refuses = instance('b', 'base', { associate_public_ip_address: false });
    const { lines } = monthlyUsd([own, refuses, subnet, publicSubnet, template('base')], 'us-east-1');
    expect(lines.filter(({ what }) => what.includes('address'))).toEqual([]);
  });

  it('says that an address depends on a subnet that a plan does not know yet', () => {
    const { lines } = monthlyUsd([instance('a', 'base'), template('base'), publicSubnet], 'us-east-1');
    expect(lines.map(({ what }) => what)).toContain('public IPv4 address, if its subnet is one that gives them');
  });

  it('is, for an instance that exists, the disk that it has and not the one of its template', () => {
    const has = instance('a', 'base', { root_block_device: [{ volume_size: 100, volume_type: 'gp3' }] });
    // 100 × 0.08 = 8
    expect(
      monthlyUsd([has, template('base'), publicSubnet], 'us-east-1').lines.find(({ what }) => /root/.test(what))?.usd,
    ).toBeCloseTo(8, 9);
  });
});

describe('the function', () => {
  const lambda = resource('aws_lambda_function.f', { memory_size: 512, architectures: ['arm64'] });

  it('costs its calls and its billed time', () => {
    // GIVEN a tick each two minutes, 730 × 30 = 21 900 a month, of 400 ms at half a GB
    const usage = { ...QUIET_TICK, tickBilledMs: 400, decryptions: 0 };
    const cost = monthlyUsd([lambda, everyTwoMinutes], 'us-east-1', usage);

    // THEN 21 900 × (0.2 ÷ 10⁶ + 0.4 × 0.5 × 0.0000133334) = 0.00438 + 0.0584003
    expect(sumOf(cost, lambda.address)).toBeCloseTo(0.06278, 5);
    // and its schedule 21 900 ÷ 10⁶
    expect(sumOf(cost, everyTwoMinutes.address)).toBeCloseTo(0.0219, 6);
  });

  it('gets less of a core with less memory, so its own work takes longer', () => {
    // GIVEN 100 ms on a whole core, which is 1769 MB, and 50 ms of waiting
    const usage = { ...QUIET_TICK, tickCpuMs: 100, tickWaitMs: 50 };
    const words = (memory: number) =>
      monthlyUsd([resource('aws_lambda_function.f', { memory_size: memory }), everyTwoMinutes], 'us-east-1', usage)
        .lines[0]?.what;

    // THEN 100 × 1769 ÷ 512 + 50 = 395.5; with more than a core no less than 150
    expect(words(512)).toBe('21900 ticks of 396 ms at 512 MB');
    expect(words(3008)).toBe('21900 ticks of 150 ms at 3008 MB');
  });

  it('is unpriced where nothing says how often it ticks', () => {
    const cost = monthlyUsd([lambda], 'us-east-1');
    expect(cost.unpriced[0]).toMatch(/^aws_lambda_function\.f: an unknown number of ticks/);
    expect(cost.usd).toBe(0);
    const odd = resource('aws_scheduler_schedule.odd', { schedule_expression: 'cron(0 8 * * ? *)' });
    expect(monthlyUsd([lambda, odd], 'us-east-1').unpriced).toHaveLength(3);
  });

  it('keeps its state, its history and its log', () => {
    const usage = { ...QUIET_TICK, stateWriteUnits: 4, historyWriteUnits: 2, historyBytes: 1000, logBytes: 2000 };
    const table = { billing_mode: 'PAY_PER_REQUEST', hash_key: 'cluster_id' };
    const resources = [
      everyTwoMinutes,
      resource('aws_dynamodb_table.state', table),
      resource('aws_dynamodb_table.history', { ...table, range_key: 'at' }),
      resource('aws_cloudwatch_log_group.log', { retention_in_days: 30 }),
    ];
    const cost = monthlyUsd(resources, 'us-east-1', usage);

    // THEN 21 900 × 4 × 0.625 ÷ 10⁶ = 0.05475, and 2 kB at 0.45 a GB are nothing
    expect(sumOf(cost, 'aws_dynamodb_table.state')).toBeCloseTo(0.05475, 5);
    // 21 900 × 2 × 0.625 ÷ 10⁶ = 0.027375; 21.9 MB × 14 ÷ (730 ÷ 24) days × 0.25 = 0.00252;
    // who is attached: 21 900 × 0.5 × 0.125 ÷ 10⁶ = 0.00137
    expect(sumOf(cost, 'aws_dynamodb_table.history')).toBeCloseTo(0.031264, 5);
    // 43.8 MB × (0.5 + 30 ÷ (730 ÷ 24) × 0.03) = 0.0219 + 0.0012960
    expect(sumOf(cost, 'aws_cloudwatch_log_group.log')).toBeCloseTo(0.023196, 6);
  });
});

describe('alarms', () => {
  it('cost 0.1 each, and the metrics that the function writes for them 0.3 each, once', () => {
    const alarm = (name: string, namespace: string) => resource(`aws_cloudwatch_metric_alarm.${name}`, { namespace });
    const all = [alarm('a', 'AWS/Lambda'), alarm('b', 'k3s-autoscaler'), alarm('c', 'k3s-autoscaler')];
    // 3 × 0.1 + 7 × 0.3
    expect(monthlyUsd(all, 'us-east-1').usd).toBeCloseTo(2.4, 9);
  });
});

describe('what has no price', () => {
  it('is named and is in no sum', () => {
    const strange = [
      resource('aws_nat_gateway.nat'),
      resource('aws_ebs_volume.fast', { size: 20, type: 'io2' }),
      resource('aws_ebs_volume.busy', { size: 20, type: 'gp3', iops: 9000 }),
      resource('aws_ssm_parameter.big', { tier: 'Advanced' }),
      resource('aws_dynamodb_table.other', { billing_mode: 'PROVISIONED', hash_key: 'cluster_id' }),
      resource('aws_vpc_endpoint.ec2', { vpc_endpoint_type: 'Interface' }),
      instance('huge', 'base', { instance_type: 'x99.huge', associate_public_ip_address: false }),
    ];
    const cost = monthlyUsd(strange, 'us-east-1');
    expect(cost.usd).toBe(0);
    for (const { address } of strange) expect(cost.unpriced.join('\n')).toContain(`${address}: `);
    expect(cost.unpriced).toContain('aws_instance.huge: root volume, unknown GiB of unknown type');
  });

  it('is all that is not free in another region', () => {
    const cost = monthlyUsd([instance('a', 'base'), template('base'), publicSubnet], 'eu-west-1');
    expect(cost.usd).toBe(0);
    expect(cost.unpriced).toContain('aws_instance.a: t3.medium on-demand, 730 h, no price for eu-west-1');
    expect(cost.lines.map(({ address }) => address)).toEqual(['aws_launch_template.base', 'aws_subnet.public']);
  });

  it('is nothing of what this project makes, whatever is configured', () => {
    const config = {
      alarms: { enabled: true, emails: ['a@example.com'] },
      network: { functionEgress: 'interface-endpoints' },
      baseWorkers: { count: 2, instanceType: 't4g.small' },
    };
    for (const stack of [stackOf(), stackOf(config)]) {
      const cost = monthlyUsd(stack, 'us-east-1');
      expect(cost.unpriced).toEqual([]);
      expect(new Set(cost.lines.map(({ address }) => address))).toEqual(new Set(stack.map(({ address }) => address)));
    }
  });
});

describe('the stack as it is configured by default', () => {
  it('costs what docs/infrastructure.md says', () => {
    const cost = monthlyUsd(stackOf(), 'us-east-1');
    const instances = cost.lines.filter(({ address }) => /^aws_(instance|ebs_volume)/.test(address));

    // THEN 2 × 30.368 + 3 × 1.6 + 2 × 3.65 = 72.836
    expect(instances.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(72.836, 6);
    // and all the rest, which is there for the autoscaler, is at most a quarter
    expect(cost.usd - 72.836).toBeGreaterThan(0.05);
    expect(cost.usd - 72.836).toBeLessThanOrEqual(0.25);
  });
});
