import { AwsError, type InstanceRecord } from '../contract';

export interface Filter {
  name: string;
  values: string[];
}

/** What a filter of DescribeInstances compares with, by its name; undefined where EC2 has no such filter. */
function fieldOf(name: string): ((instance: InstanceRecord) => (string | undefined)[]) | undefined {
  if (name.startsWith('tag:')) return (instance) => [instance.tags[name.slice('tag:'.length)]];
  return FIELDS[name];
}

const FIELDS: Record<string, (instance: InstanceRecord) => (string | undefined)[]> = {
  'tag-key': (instance) => Object.keys(instance.tags),
  'instance-state-name': (instance) => [instance.state],
  'client-token': (instance) => [instance.clientToken],
  'instance-id': (instance) => [instance.id],
  'availability-zone': (instance) => [instance.zone],
  'instance-type': (instance) => [instance.type],
  'subnet-id': (instance) => [instance.subnetId],
  'private-ip-address': (instance) => [instance.privateIp],
  // EC2 knows the lifecycles spot, scheduled and capacity-block; an on-demand instance has none and never matches.
  'instance-lifecycle': (instance) => [instance.market === 'spot' ? 'spot' : undefined],
};

/** EC2's wildcards: `*` any text, `?` one character, `\` takes their meaning away. */
function pattern(value: string): RegExp {
  const source = value.replace(/\\([*?\\])|([*?])|([.+^${}()|[\]\\])/g, (_, literal, wild, special) =>
    wild ? (wild === '*' ? '.*' : '.') : `\\${literal ?? special}`,
  );
  return new RegExp(`^${source}$`, 's');
}

/**
 * All filters must match, any value of each.
 * @throws AwsError `InvalidParameterValue` for a name that EC2 does not have.
 */
export function matcher(filters: Filter[]): (instance: InstanceRecord) => boolean {
  const tests = filters.map(({ name, values }) => {
    const field = fieldOf(name);
    if (!field) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
    const patterns = values.map(pattern);
    return (instance: InstanceRecord) =>
      field(instance).some((text) => text !== undefined && patterns.some((p) => p.test(text)));
  });
  return (instance) => tests.every((test) => test(instance));
}
