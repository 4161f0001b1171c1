import type { Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { type Role, TAG } from '../autoscaler/names';
import type { Instance } from '../autoscaler/snapshot';
import { SourceError } from './errors';

const STATES = ['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped'] as const;
const ROLES: readonly Role[] = ['server', 'base', 'worker'];

/** EC2 tags what it launches from a template by itself (EC2 user guide, "Launch instances from a launch template"). */
const TEMPLATE_VERSION = 'aws:ec2launchtemplate:version';

/** Throws `SourceError` 'invalid' that names the instance: one that cannot be counted makes the count doubtful. */
export function toInstance(instance: Ec2Instance, cluster: string): Instance {
  const id = instance.InstanceId;
  if (!id) throw new SourceError('invalid', 'an instance has no InstanceId');
  const tags = tagsOf(instance);
  const launched = instance.LaunchTime?.getTime();
  if (launched === undefined || Number.isNaN(launched)) throw new SourceError('invalid', `${id} has no LaunchTime`);
  return {
    id,
    state: oneOf(STATES, instance.State?.Name, id, 'state'),
    type: text(instance.InstanceType, id, 'InstanceType'),
    zone: text(instance.Placement?.AvailabilityZone, id, 'AvailabilityZone'),
    // InstanceLifecycle is absent for on-demand.
    market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    launchedAt: launched,
    role: tags[TAG.cluster] === cluster ? oneOf(ROLES, tags[TAG.role], id, `tag ${TAG.role}`) : 'foreign',
    ...(tags[TAG.pool] === undefined ? {} : { pool: tags[TAG.pool] }),
    ...(tags[TAG.operation] === undefined ? {} : { operation: tags[TAG.operation] }),
    ...(tags[TEMPLATE_VERSION] === undefined ? {} : { templateVersion: tags[TEMPLATE_VERSION] }),
  };
}

export const tagsOf = (instance: Ec2Instance): Record<string, string> =>
  Object.fromEntries((instance.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));

function oneOf<T extends string>(allowed: readonly T[], value: string | undefined, id: string, what: string): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new SourceError('invalid', `${id} has ${what} ${JSON.stringify(value)}, not one of ${allowed.join(', ')}`);
}

function text(value: string | undefined, id: string, what: string): string {
  if (!value) throw new SourceError('invalid', `${id} has no ${what}`);
  return value;
}
