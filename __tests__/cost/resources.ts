import type { PricedResource } from '../../src/cost/plan-costs';

/** As in `planned_values`: blocks are lists. */
export const resource = (address: string, values: Record<string, unknown> = {}): PricedResource => ({
  address,
  type: address.split('.')[0] ?? '',
  values,
});

export const template = (role: string, gib = 20) =>
  resource(`aws_launch_template.${role}`, {
    tags: { 'k3s-autoscaler:role': role },
    block_device_mappings: [{ ebs: [{ volume_size: gib, volume_type: 'gp3' }] }],
  });

/** Not applied yet: what template and subnet it will have is not known. */
export const instance = (name: string, role: string, values: Record<string, unknown> = {}) =>
  resource(`aws_instance.${name}`, { instance_type: 't3.medium', tags: { 'k3s-autoscaler:role': role }, ...values });

export const publicSubnet = resource('aws_subnet.public', { map_public_ip_on_launch: true });

export const everyTwoMinutes = resource('aws_scheduler_schedule.tick', { schedule_expression: 'rate(2 minutes)' });
