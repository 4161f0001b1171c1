/** A resource of a synthesized stack or of a plan. */
export interface PricedResource {
  /** `aws_instance.server`. */
  address: string;
  type: string;
  /**
   * Its arguments as Terraform names them: those of `planned_values`, where what is known only after apply is absent, or
   * those of a `cdk.tf.json`, where it is a reference (`${aws_subnet.public.id}`).
   */
  values: Record<string, unknown>;
}

/** All arguments that a price is found by: of a plan that is handed over, these are kept. */
export const PRICED_VALUES: ReadonlySet<string> = new Set([
  'architectures',
  'associate_public_ip_address',
  'billing_mode',
  'block_device_mappings',
  'hash_key',
  'id',
  'instance_market_options',
  'instance_type',
  'iops',
  'key_id',
  'launch_template',
  'map_public_ip_on_launch',
  'memory_size',
  'namespace',
  'range_key',
  'retention_in_days',
  'root_block_device',
  'schedule_expression',
  'size',
  'subnet_id',
  'subnet_ids',
  'tags',
  'throughput',
  'tier',
  'type',
  'vpc_endpoint_type',
]);

/** A block: the object itself where it is synthesized, the first of a list in a plan; empty where there is none. */
export function block(values: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = values[name];
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {};
}

/** A number, also where it is written as a text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The address in `${aws_subnet.public.id}`. */
const referred = (value: unknown): string | undefined =>
  typeof value === 'string' ? /^\$\{(\w+\.[\w-]+)\.\w+\}$/.exec(value)?.[1] : undefined;

/** The resource of that type that a value names, by reference or by its id. */
export function named(resources: readonly PricedResource[], type: string, value: unknown): PricedResource | undefined {
  if (typeof value !== 'string') return undefined;
  const address = referred(value);
  return resources.find(
    (each) => each.type === type && (address === undefined ? each.values.id === value : each.address === address),
  );
}
