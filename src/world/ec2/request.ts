import type { RuntimeConfig, RuntimeResources } from '../../config/runtime';
import { AwsError, type RunInstancesInput } from '../contract';
import { MACHINE_TYPES } from '../instance-types';

/** A RunInstances request with all that it leaves to the launch template filled in. */
export interface ResolvedRequest {
  type: string;
  zone: string;
  subnetId: string;
  /** Of the launch template; undefined: no template, so no user data, so the machine never joins. */
  pool?: string;
  templateId?: string;
  templateVersion?: string;
  market: RunInstancesInput['market'];
  minCount: number;
  maxCount: number;
  tags: Record<string, string>;
}

/** @throws AwsError with EC2's own code for what does not exist or cannot be. */
export function resolveRequest(
  input: RunInstancesInput,
  config: RuntimeConfig,
  resources: RuntimeResources,
): ResolvedRequest {
  checkCounts(input);
  const template = findTemplate(input, resources);
  const pool = config.pools.find(({ name }) => name === template?.pool);
  const type = input.instanceType ?? pool?.instanceTypes[0];
  if (type === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter InstanceType');
  if (!MACHINE_TYPES.has(type))
    throw new AwsError('InvalidParameterValue', `Invalid value '${type}' for InstanceType.`);
  return {
    type,
    ...findSubnet(input.subnetId, resources),
    ...(template ? { pool: template.pool, templateId: template.id, templateVersion: template.version } : {}),
    market: input.market,
    minCount: input.minCount,
    maxCount: input.maxCount,
    tags: { ...input.tags.instance },
  };
}

function checkCounts({ minCount, maxCount }: RunInstancesInput): void {
  if (!Number.isInteger(minCount) || minCount < 1) {
    throw new AwsError('InvalidParameterValue', `Value (${minCount}) for parameter minCount is invalid.`);
  }
  if (!Number.isInteger(maxCount) || maxCount < minCount) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${maxCount}) for parameter maxCount is invalid. It must be at least minCount (${minCount}).`,
    );
  }
}

function findTemplate(
  input: RunInstancesInput,
  resources: RuntimeResources,
): { pool: string; id: string; version: string } | undefined {
  // The resources name templates by id only, so none is known by name.
  if (input.templateName !== undefined) {
    throw new AwsError(
      'InvalidLaunchTemplateName.NotFoundException',
      `The specified launch template, with template name ${input.templateName}, does not exist.`,
    );
  }
  if (input.templateId === undefined) return undefined;
  const found = Object.entries(resources.launchTemplates).find(([, { id }]) => id === input.templateId);
  if (!found) {
    throw new AwsError(
      'InvalidLaunchTemplateId.NotFound',
      `The specified launch template, with template ID ${input.templateId}, does not exist.`,
    );
  }
  const [pool, { id, version: latest }] = found;
  return { pool, id, version: findVersion(id, latest, input.templateVersion) };
}

/** Versions count from 1 to the latest; `$Default` is the latest, as the project's stack sets it. */
function findVersion(id: string, latest: string, asked = '$Default'): string {
  if (asked === '$Latest' || asked === '$Default') return latest;
  if (/^[1-9]\d*$/.test(asked) && Number(asked) <= Number(latest)) return asked;
  throw new AwsError(
    'InvalidLaunchTemplateId.VersionNotFound',
    `Could not find the specified version ${asked} for the launch template with ID ${id}.`,
  );
}

function findSubnet(subnetId: string | undefined, resources: RuntimeResources): { zone: string; subnetId: string } {
  if (subnetId === undefined) {
    throw new AwsError(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    );
  }
  const zone = Object.keys(resources.subnets).find((name) => resources.subnets[name] === subnetId);
  if (!zone) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
  return { zone, subnetId };
}
